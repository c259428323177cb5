"""How a row is laid over a customer who exists: what the file says wins, what it leaves blank stays."""

from datetime import datetime
from typing import Any, cast

from crmweb.accounts.actor import Actor
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.reaching.emails import EmailFlaw, ReadEmail
from crmweb.customers.reaching.phones import PhoneFlaw, ReadPhone
from crmweb.imports.entries import Entry
from crmweb.names import fold

MOVABLE_PINS = (None, "import", "geocoded")
"""Sources of pins that a file may move; one that a person set in the field outranks every file."""


def merged_lists(customer: Customer, entry: Entry) -> dict[str, Any]:
    """The phones, emails and tags that differ from the customer's, as `Customer.change` takes them.

    The file's numbers take the first places; those at later places, of which it does not speak, stay. Tags
    are only added.
    """
    phones, emails = _merged_phones(customer, entry), _merged_emails(customer, entry)
    lists: dict[str, Any] = {}
    if [phone.typed for phone in phones] != [row.typed for row in customer.phones]:
        lists["phones"] = phones
    if [email.typed for email in emails] != [row.typed for row in customer.emails]:
        lists["emails"] = emails
    if not set(entry.tags) <= set(customer.tags):
        lists["tags"] = sorted({*customer.tags, *entry.tags})
    return lists


def place(customer: Customer, entry: Entry, *, by: Actor | None, at: datetime) -> bool:
    """Take over the row's pin, and say whether that changed anything. A bad pin never replaces a good one."""
    pin = entry.pin
    if pin is None or (pin.flaw and customer.has_pin):
        return False
    if pin.lat is None or pin.lng is None:
        return _flag(customer, pin.flaw or "missing")
    if (customer.lat, customer.lng) == (pin.lat, pin.lng):
        return False
    if customer.has_pin and customer.pin_source not in MOVABLE_PINS:
        entry.flags.append("pin kept as set by hand")
        return False
    customer.move_pin(pin.lat, pin.lng, source="import", by=by, at=at, flaw=pin.flaw)
    return True


def introduce(customer: Customer, entry: Entry, *, at: datetime) -> bool:
    """Add the row's contact person unless the customer has one of that name."""
    if not entry.contact or fold(entry.contact) in {fold(row.contact.name) for row in customer.contacts}:
        return False
    contact = Contact(name=entry.contact, created_at=at)
    customer.contacts.append(CustomerContact(contact=contact, position=len(customer.contacts)))
    customer.file()
    return True


def _flag(customer: Customer, flaw: str) -> bool:
    if customer.lat is not None or customer.pin_flaw == flaw:
        return False
    customer.flag_pin(flaw)
    return True


def _merged_phones(customer: Customer, entry: Entry) -> list[ReadPhone]:
    given = {phone.e164 or phone.typed for phone in entry.phones}
    later = customer.phones[len(entry.phones) :]
    kept = [ReadPhone(row.typed, row.e164, cast(PhoneFlaw | None, row.flaw)) for row in later]
    return [*entry.phones, *(phone for phone in kept if (phone.e164 or phone.typed) not in given)]


def _merged_emails(customer: Customer, entry: Entry) -> list[ReadEmail]:
    given = {email.address or email.typed for email in entry.emails}
    later = customer.emails[len(entry.emails) :]
    kept = [ReadEmail(row.typed, row.address, cast(EmailFlaw | None, row.flaw)) for row in later]
    return [*entry.emails, *(email for email in kept if (email.address or email.typed) not in given)]
