"""What people type about a customer.

One form adds and changes. A change touches only what differs from what the form showed when it was opened (`was`, which
the page hands back): what a colleague changed meanwhile stays, and what was wrong before and is not touched does not
stand in the way. Of two who change the same field, the later one wins, and the timeline names both.
"""

from __future__ import annotations

import json
import re
import uuid
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import SelectField

from crmweb.accounts.actor import Actor
from crmweb.accounts.colleagues import Colleague
from crmweb.accounts.models import User
from crmweb.customers import duplicates, parents
from crmweb.customers.fields import Choice, Line, Lines, Several, a_name, a_website, web_address
from crmweb.customers.models import FACTS, KINDS, STATUSES, Customer
from crmweb.customers.place_words import nowhere_words, point_words
from crmweb.customers.reaching import emails, phone_words
from crmweb.customers.reaching.emails import read_email
from crmweb.customers.reaching.phones import read_phone
from crmweb.customers.tiers import Tier
from crmweb.customers.words import kind_name, status_name
from crmweb.db import db
from crmweb.forms import Form, options
from crmweb.geo import BadPoint, Point
from crmweb.languages import gettext, ngettext
from crmweb.languages import lazy_gettext as _

Sent = MultiDict[str, str]

FOLDED = ("emails", "code", "tax_number", "parent", "website", "source", "tags", "preferences")
MOST_NUMBERS, MOST_TAGS, LONGEST_TAG = 10, 30, 60
_PAIR = re.compile(r"\s*([+\-−]?\d+(?:\.\d+)?)\s*[,;\s]\s*([+\-−]?\d+(?:\.\d+)?)\s*")


def _phone_flaw(text: str) -> Any:
    number = read_phone(text)
    return phone_words.flaw_words(number.flaw, number.typed) if number.flaw else None


def _email_flaw(text: str) -> Any:
    email = read_email(text)
    return emails.flaw_words(email.flaw) if email.flaw else None


class CustomerForm(Form):
    """The fields carry the names of the facts, so that a script can guess them."""

    name = Line(_("Name"), [a_name], most=300)
    kind = Choice(_("Kind"), default="shop")
    phones = Several(_("Phones"), read=_phone_flaw, most=MOST_NUMBERS)
    emails = Several(_("Emails"), read=_email_flaw, most=MOST_NUMBERS)
    address = Lines(_("Address"), most=500)
    lat = Line(_("Latitude"), most=40)
    lng = Line(_("Longitude"), most=40)
    tier = Choice(_("Tier"), default="")
    status = Choice(_("Status"), default="customer")
    responsible = SelectField(_("Who looks after them"), validate_choice=False)
    code = Line(_("Code"), most=60)
    tax_number = Line(_("Tax number"), most=40)
    parent = Line(_("Head office"), most=300)
    website = Line(_("Website"), [a_website], most=500, clean=web_address)
    source = Line(_("Source"), most=80)
    tags = Line(_("Tags"), most=1000)
    preferences = Lines(_("Preferences"), most=4000)

    def __init__(
        self,
        sent: Sent | None = None,
        *,
        customer: Customer | None = None,
        people: list[Colleague] | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self.sent = _without_aliases(sent) if sent is not None else None
        super().__init__(self.sent, data=data)
        self.customer, self.people = customer, people or []
        self.kind.choices = options((kind, kind_name(kind)) for kind in KINDS)
        self.status.choices = options((status, status_name(status)) for status in STATUSES)
        self.tier.choices = options([*((tier, tier) for tier in Tier.intervals()), ("", gettext("None"))])
        self.responsible.choices = options((str(person.id), person.name) for person in self.people)
        self.point: Point | None = None
        self.parent_id: uuid.UUID | None = None
        self.was = _read_was(sent) if sent is not None and customer else None

    @classmethod
    def of(cls, customer: Customer) -> CustomerForm:
        """As it opens: what is known, and a copy of it to tell later what was touched."""
        known = _shown(customer)
        form = cls(customer=customer, data=known)
        form.was = known
        return form

    @property
    def was_text(self) -> str:
        """What the page hands back beside the fields."""
        return json.dumps(self.was, ensure_ascii=False)

    def touched(self, name: str) -> bool:
        """Whether this field was sent, and differs from what the form had shown."""
        if self.sent is None or name not in self.sent:
            return False
        return self.customer is None or self[name].data != self._before[name].data

    @property
    def _before(self) -> CustomerForm:
        """The form as it was opened, read as if it had been sent untouched."""
        if not hasattr(self, "_opened"):
            shown = self.was or (_shown(self.customer) if self.customer else {})
            self._opened = CustomerForm(MultiDict(shown))
        return self._opened

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all that was touched can stand; each field says what is wrong with it."""
        if self.customer is not None:
            self.phones.known = frozenset(row.typed for row in self.customer.phones)
            self.emails.known = frozenset(row.typed for row in self.customer.emails)
        super().validate(extra_validators)
        for field in self:
            if not self.touched(field.name) and (self.customer is not None or field.name != "name"):
                field.errors = []
        self._check_place()
        for name, check in (("code", self._code), ("parent", self._parent), ("tags", self._tags)):
            if self.touched(name) and self[name].data and not self[name].errors and (wrong := check()):
                self[name].errors = [wrong]
        if self.people and self.touched("responsible") and self._responsible_id() is None:
            self.responsible.errors = [gettext("Choose somebody of your team.")]
        return not self.errors

    def _check_place(self) -> None:
        if not (self.touched("lat") or self.touched("lng")):
            return
        if (pair := _PAIR.fullmatch(self.lat.data or "")) and not self.lng.data:
            self.lat.data, self.lng.data = pair.groups()  # both at once, as maps copy them
        if not self.lat.data and not self.lng.data:
            return
        try:
            self.point = Point.read(self.lat.data, self.lng.data)
        except BadPoint as wrong:
            field = self.lng if self.lat.data and wrong.reason == "missing" else self.lat
            field.errors = [point_words(wrong)]
        else:
            if self.point.flaw:
                self.lat.errors = [nowhere_words()]

    def _code(self) -> str:
        code = self.code.data or ""
        holder = duplicates.has_code(code, but=self.customer.id if self.customer else None)
        if holder is None:
            return ""
        seen = db.session.get(Customer, holder)
        if seen is None:
            return gettext("The code %(code)s is taken. Choose another one.", code=code)
        return gettext("%(name)s has the code %(code)s. Choose another one.", name=seen.name, code=code)

    def _parent(self) -> str:
        if self.customer and parents.is_hidden(self.customer.parent_id):
            return gettext("They have a head office that you do not see. Ask your manager to change it.")
        found = parents.named(self.parent.data or "")
        if not found:
            return gettext("None of your customers has this code or name.")
        if len(found) > 1:
            return gettext("Several customers are called so. Type the code instead.")
        if self.customer and parents.makes_circle(self.customer.id, found[0]):
            return gettext("A customer cannot be above its own head office.")
        self.parent_id = found[0]
        return ""

    def _tags(self) -> str:
        tags = self._tag_list()
        if len(tags) > MOST_TAGS:
            return ngettext("At most one tag fits.", "At most %(num)s tags fit.", MOST_TAGS)
        if any(len(tag) > LONGEST_TAG for tag in tags):
            return gettext("A tag has at most %(most)s characters. Part tags by commas.", most=LONGEST_TAG)
        return ""

    def _tag_list(self) -> list[str]:
        return sorted(
            {tag for part in (self.tags.data or "").split(",") if (tag := part.strip().lstrip("#").strip())}
        )

    def _responsible_id(self) -> uuid.UUID | None:
        return next((each.id for each in self.people if str(each.id) == self.responsible.data), None)

    @property
    def has_more(self) -> bool:
        """Whether there is something to see among the fields that are folded away."""
        return any(self[name].data or self[name].errors for name in FOLDED)

    @property
    def newcomer(self) -> duplicates.Newcomer:
        """Whom this form would add."""
        return duplicates.Newcomer(
            self.name.data or "", self.phones.data, self.address.data or "", self.point
        )

    def add(self, *, by: Actor, at: datetime, id: uuid.UUID | None) -> Customer:
        """Add the customer; without a choice, whoever adds looks after them."""
        person = db.session.get_one(User, self._responsible_id() or by.id)
        customer = Customer.add(by=by, at=at, id=id, responsible=person, **self._facts())
        self._move_pin(customer, by, at)
        return customer

    def change(self, customer: Customer, *, by: Actor, at: datetime) -> None:
        """Take over what was touched; a head office that was never shown, or is no longer, stays."""
        facts = self._facts()
        if parents.is_hidden(customer.parent_id):
            facts.pop("parent_id", None)
        customer.change(by=by, at=at, **facts)
        self._move_pin(customer, by, at)

    def _facts(self) -> dict[str, Any]:
        facts = {name: self[name].data for name in (*FACTS, "phones", "emails") if self.touched(name)}
        if self.touched("tags"):
            facts["tags"] = self._tag_list()
        if self.touched("parent"):
            facts["parent_id"] = self.parent_id
        return facts

    def _move_pin(self, customer: Customer, by: Actor, at: datetime) -> None:
        if not (self.touched("lat") or self.touched("lng")):
            return
        if self.point is None:
            if customer.lat is not None:
                customer.remove_pin(by=by, at=at)
        elif (customer.lat, customer.lng) != (self.point.lat, self.point.lng):
            customer.move_pin(self.point.lat, self.point.lng, source=self._pin_source(), by=by, at=at)

    def _pin_source(self) -> str:
        sent = self.sent or MultiDict()
        if sent.get("accuracy_m"):
            return "gps"
        return "map" if sent.get("pin_source") == "map" else "typed"


def _shown(customer: Customer) -> dict[str, Any]:
    """What the form shows of a customer, by field."""
    plain = {name: getattr(customer, name) or "" for name in FACTS}
    return plain | {
        "phones": [row.typed for row in customer.phones],
        "emails": [row.typed for row in customer.emails],
        "lat": _degrees(customer.lat),
        "lng": _degrees(customer.lng),
        "parent": parents.spoken_name(customer.parent_id),
        "tags": ", ".join(customer.tags),
    }


def _degrees(value: float | None) -> str:
    """To 7 decimals, a centimetre."""
    return "" if value is None else f"{value:.7f}".rstrip("0").rstrip(".")


def _without_aliases(sent: Sent) -> Sent:
    """The fields as sent, with `phone` and `email` among `phones` and `emails`."""
    plain = MultiDict(sent)
    for alias, name in (("phone", "phones"), ("email", "emails")):
        if values := plain.poplist(alias):
            plain.setlist(name, [*plain.getlist(name), *values])
    return plain


def _read_was(sent: Sent) -> dict[str, Any] | None:
    """What the form had shown, as the page handed it back; None for what cannot be that."""
    try:
        was = json.loads(sent.get("was") or "")
    except (ValueError, RecursionError):
        return None
    sound = isinstance(was, dict) and all(
        isinstance(value, str) or (isinstance(value, list) and all(isinstance(text, str) for text in value))
        for value in was.values()
    )
    return was if sound else None
