"""Who takes over from somebody who leaves: one person for everything, or others for a part."""

from __future__ import annotations

import uuid
from typing import Any

from flask_login import current_user
from werkzeug.datastructures import MultiDict

from crmweb.accounts.models import User
from crmweb.accounts.people import named
from crmweb.admin.leaving import KINDS, NEEDED, Load, Takers
from crmweb.customers.fields import Line
from crmweb.db import db
from crmweb.forms import Form
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _


class LeavingForm(Form):
    """People are named by their email or their whole name. An empty part goes to whoever takes everything."""

    taker = Line(_("Who takes over"), most=254)
    customers = Line(_("Customers and routes"), most=254)
    reminders = Line(_("Reminders"), most=254)
    followups = Line(_("Follow-ups"), most=254)
    people = Line(_("New manager of their people"), most=254)

    def __init__(self, sent: MultiDict[str, str] | None = None, *, person: User, load: Load) -> None:
        super().__init__(sent, data=None if sent is not None else {"taker": _above(person)})
        self.person_id, self.load, self.sent = person.id, load, sent
        self.takers_ids: dict[str, uuid.UUID] = {}

    @property
    def parts(self) -> list[Any]:
        """The fields of those kinds of which there is something."""
        return [self[kind] for kind in KINDS if self.load.has(kind)]

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether everything that there is has somebody to go to."""
        super().validate(extra_validators)
        if any(len(values) > 1 for _name, values in (self.sent or MultiDict()).lists()):
            self.taker.errors = [gettext("Name one person only.")]
        everything = self._read(self.taker)
        for field in self.parts:
            taker_id = self._read(field) if field.data else everything
            if taker_id is None and not field.data and not self.taker.errors:
                self.taker.errors = [gettext("Say who takes over.")]
            if taker_id is not None:
                self.takers_ids[field.name] = taker_id
        return not self.errors

    def _read(self, field: Any) -> uuid.UUID | None:
        if not field.data:
            return None
        found = named(field.data.replace("\0", ""))
        if len(found) == 1 and found[0].id != self.person_id:
            return found[0].id
        if not found:
            field.errors = [gettext("Nobody at work has this email or name.")]
        elif len(found) > 1:
            field.errors = [gettext("Several people are called so. Type the email instead.")]
        else:
            field.errors = [gettext("That is who leaves. Name somebody else.")]
        return None

    def takers(self) -> Takers | None:
        """The people themselves, asked under the lock; None where one cannot take it, and the field says why."""
        if self.load.has("customers") and not current_user.may("customers:assign"):
            wrong = gettext("Your role may not say who looks after customers. Ask somebody whose role may.")
            self.taker.errors = [wrong]
        takers = {kind: db.session.get_one(User, taker_id) for kind, taker_id in self.takers_ids.items()}
        for kind, taker in takers.items():
            if not taker.active:
                self.say(kind, gettext("%(name)s has left meanwhile.", name=taker.name))
            elif not NEEDED[kind] <= taker.permissions:
                self.say(kind, _unfit(kind, taker.name))
        return None if self.errors else takers

    def say(self, kind: str, words: str) -> None:
        """Where it was typed."""
        field = self[kind] if self[kind].data else self.taker
        field.errors = [words]


def _above(person: User) -> str:
    """Whoever leads them, as a field names people."""
    head = db.session.get(User, person.manager_id) if person.manager_id else None
    return head.email or head.name if head and head.active else ""


def _unfit(kind: str, name: str) -> str:
    words = {
        "customers": gettext("The role of %(name)s does not visit customers.", name=name),
        "reminders": gettext("The role of %(name)s has no reminders.", name=name),
        "followups": gettext("The role of %(name)s does not write to customers.", name=name),
        "people": gettext(
            "The role of %(name)s does not lead people. Name another manager for them.", name=name
        ),
    }
    return words[kind]
