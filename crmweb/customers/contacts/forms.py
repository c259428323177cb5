"""What people type about somebody who works at a customer."""

from __future__ import annotations

from datetime import date
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, ValidationError

from crmweb.customers.contacts.models import CONTACT_ROLES, Contact
from crmweb.customers.fields import Choice, Line, Lines, a_name, read_date, typed_date
from crmweb.customers.reaching.emails import flaw_words as email_words
from crmweb.customers.reaching.emails import read_email
from crmweb.customers.reaching.phone_words import flaw_words as phone_words
from crmweb.customers.reaching.phones import read_phone
from crmweb.customers.words import role_name
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

OLDEST = 1900


class ContactForm(Form):
    """A person, and what they are to the customer on whose page the form stands."""

    name = Line(_("Name"), [a_name], most=200)
    role = Choice(_("Role"), default="other")
    phone = Line(_("Phone"), most=120)
    email = Line(_("Email"), most=254)
    birthday = Line(_("Birthday"), most=40)
    birthday_lunar = BooleanField(_("By the lunar calendar"))
    preferences = Lines(_("Preferences"), most=2000)

    def __init__(
        self, sent: MultiDict[str, str] | None = None, *, today: date, data: dict[str, Any] | None = None
    ) -> None:
        super().__init__(sent, data=data)
        self.today, self.known = today, data or {}
        made_up = self.role.data if data and self.role.data not in CONTACT_ROLES else None
        roles = [*CONTACT_ROLES, *filter(None, [made_up])]
        self.role.choices = options((role, role_name(role)) for role in roles)

    @classmethod
    def of(cls, contact: Contact, role: str, *, today: date) -> ContactForm:
        """As it opens."""
        return cls(today=today, data=_shown(contact, role))

    @classmethod
    def changing(cls, sent: MultiDict[str, str], contact: Contact, role: str, *, today: date) -> ContactForm:
        """As it comes back: what was flawed before may stay as it is."""
        return cls(sent, today=today, data=_shown(contact, role))

    def validate_phone(self, field: Any) -> None:
        number = read_phone(field.data or "")
        if field.data and number.flaw and field.data != self.known.get("phone"):
            raise ValidationError(str(phone_words(number.flaw, number.typed)))

    def validate_email(self, field: Any) -> None:
        email = read_email(field.data or "")
        if field.data and email.flaw and field.data != self.known.get("email"):
            raise ValidationError(str(email_words(email.flaw)))

    def validate_birthday(self, field: Any) -> None:
        try:
            birthday = read_date(field.data or "")
        except ValueError:
            raise ValidationError(gettext("A birthday looks like 20/11/1990.")) from None
        if birthday and not birthday.year >= OLDEST:
            raise ValidationError(gettext("Nobody here was born before %(year)s.", year=OLDEST))
        if birthday and birthday > self.today:
            raise ValidationError(gettext("This day is still to come."))

    def fill(self, contact: Contact) -> None:
        """Write what was typed into the contact."""
        number, email = read_phone(self.phone.data or ""), read_email(self.email.data or "")
        contact.name = self.name.data or ""
        contact.phone, contact.phone_e164 = self.phone.data or None, number.e164
        contact.email = email.address or self.email.data or None
        contact.birthday = read_date(self.birthday.data or "")
        contact.birthday_lunar = bool(self.birthday_lunar.data)
        contact.preferences = self.preferences.data or ""


def _shown(contact: Contact, role: str) -> dict[str, Any]:
    return {
        "name": contact.name,
        "role": role,
        "phone": contact.phone or "",
        "email": contact.email or "",
        "birthday": typed_date(contact.birthday),
        "birthday_lunar": contact.birthday_lunar,
        "preferences": contact.preferences,
    }
