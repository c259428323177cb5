"""To whom a follow-up can go: the people at a customer, and the shop's own number and address."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from crmweb.customers.models import Customer
from crmweb.customers.reaching.emails import read_email
from crmweb.followups.message_templates import EMAIL

_MOBILE: Final = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@dataclass(frozen=True)
class Addressee:
    """A person at the customer, or the shop itself where `contact_id` is None. What cannot be reached is empty."""

    contact_id: uuid.UUID | None
    name: str
    sms: str | None
    email: str | None
    landline: bool = False

    @property
    def key(self) -> str:
        """How a form names them."""
        return str(self.contact_id) if self.contact_id else "shop"

    def address(self, channel: str) -> str | None:
        """Where a channel reaches them."""
        return self.email if channel == EMAIL else self.sms


def addressees(customer: Customer) -> list[Addressee]:
    """The contacts in their order, then the shop."""
    people = [
        _addressee(place.contact_id, place.contact.name, [place.contact.phone_e164], [place.contact.email])
        for place in customer.contacts
    ]
    numbers, emails = [row.e164 for row in customer.phones], [row.address for row in customer.emails]
    return [*people, _addressee(None, customer.name, numbers, emails)]


def addressee(customer: Customer, contact_id: uuid.UUID | None) -> Addressee | None:
    """The one with that id, if they stand at this customer."""
    return next((each for each in addressees(customer) if each.contact_id == contact_id), None)


def _addressee(
    contact_id: uuid.UUID | None, name: str, numbers: list[str | None], emails: list[str | None]
) -> Addressee:
    known = [number for number in numbers if number]
    mobile = next((number for number in known if is_mobile(number)), None)
    email = next((found for typed in emails if typed and (found := read_email(typed).address)), None)
    return Addressee(contact_id, name, mobile, email, landline=bool(known) and mobile is None)


def is_mobile(e164: str) -> bool:
    """Whether an SMS can arrive there."""
    try:
        return phonenumbers.number_type(phonenumbers.parse(e164)) in _MOBILE
    except NumberParseException:
        return False
