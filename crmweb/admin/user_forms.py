"""What an admin fills in about a person. A change touches only what differs from what the form showed (`was`)."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any

from flask_login import current_user
from werkzeug.datastructures import MultiDict
from wtforms import SelectField, ValidationError

from crmweb.accounts.actor import Actor
from crmweb.accounts.forms import zones
from crmweb.accounts.models import DEFAULT_ZONE, TakenEmail, User
from crmweb.accounts.people import named
from crmweb.accounts.roles import ROLES, Beyond, Role
from crmweb.accounts.tree import Circle, LastOne, wait_for_the_tree
from crmweb.accounts.words import role_name
from crmweb.customers.fields import Line, a_name
from crmweb.customers.reaching import phone_words
from crmweb.customers.reaching.emails import flaw_words, read_email
from crmweb.customers.reaching.phones import display, read_phone
from crmweb.db import db
from crmweb.forms import Form, options
from crmweb.languages import gettext
from crmweb.languages import lazy_gettext as _

FIELDS = ("name", "role", "manager", "email", "phone")


def grantable(by: Actor) -> list[tuple[str, str]]:
    """The roles that somebody may give, with their names: those that hold nothing which they lack."""
    made = {role.name: role.rights for role in Role.all()}
    return [(role, role_name(role)) for role, held in {**ROLES, **made}.items() if held <= by.permissions]


class PersonForm(Form):
    """Adds a person, or changes `user`."""

    name = Line(_("Name"), [a_name], most=200)
    role = SelectField(_("Role"), default="rep", validate_choice=False)
    manager = Line(_("Manager"), most=254)
    email = Line(_("Email"), most=254)
    phone = Line(_("Phone"), most=40)
    zone = SelectField(_("Time zone"), default=DEFAULT_ZONE, validate_choice=False)

    def __init__(
        self,
        sent: MultiDict[str, str] | None = None,
        *,
        user: User | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(sent, data=data)
        self.user = user
        self.sent = sent
        self.head: uuid.UUID | None = None
        self.was: dict[str, Any] = _read_was(sent) if sent is not None else data or {}
        self.role.choices = options(grantable(current_user))
        self.zone.choices = options(zones())

    @classmethod
    def of(cls, user: User) -> PersonForm:
        """As it opens."""
        manager = db.session.get(User, user.manager_id) if user.manager_id else None
        shown = {
            "name": user.name,
            "role": user.role,
            "manager": (manager.email or manager.name) if manager else "",
            "email": user.email or "",
            "phone": display(user.phone) if user.phone else "",
        }
        return cls(user=user, data=shown)

    @property
    def was_text(self) -> str:
        """What the page hands back beside the fields."""
        return json.dumps({name: self.was.get(name, "") for name in FIELDS}, ensure_ascii=False)

    def touched(self, name: str) -> bool:
        """Whether this field was sent, and differs from what the form had shown."""
        if self.user is None:
            return True
        return name in (self.sent or ()) and (self[name].data or "") != self.was.get(name, "")

    def validate(self, extra_validators: Any = None) -> bool:
        """Whether all that was touched can stand."""
        super().validate(extra_validators)
        for field in self:
            if not self.touched(field.name):
                field.errors = []
        return not self.errors

    def validate_role(self, field: Any) -> None:
        if field.data not in [choice.value for choice in field.choices]:
            raise ValidationError(gettext("Choose one of these."))

    def validate_zone(self, field: Any) -> None:
        if self.user is None and field.data not in dict(zones()):
            raise ValidationError(gettext("Choose one of these."))

    def validate_email(self, field: Any) -> None:
        read = read_email(field.data) if field.data else None
        if read and read.flaw:
            raise ValidationError(flaw_words(read.flaw))
        field.data = read.address if read else ""

    def validate_phone(self, field: Any) -> None:
        read = read_phone(field.data) if field.data else None
        if read and read.flaw:
            raise ValidationError(phone_words.flaw_words(read.flaw, read.typed))

    def validate_manager(self, field: Any) -> None:
        if not field.data or not self.touched("manager"):
            return
        found = named(field.data)
        if not found:
            raise ValidationError(gettext("Nobody at work has this email or name."))
        if len(found) > 1:
            raise ValidationError(gettext("Several people are called so. Type the email instead."))
        self.head = found[0].id

    def add(self, *, by: Actor, at: datetime) -> User | None:
        """Add the person; None where the house refuses, and the field says why."""
        try:
            return User.add(
                self.name.data or "", role=self.role.data, email=self.email.data or None, phone=self._phone,
                manager=self._manager, zone=self.zone.data, by=by, at=at,
            )  # fmt: skip
        except TakenEmail:
            self.email.errors = [gettext("Somebody here has this email already.")]
        except (Beyond, KeyError):
            self.role.errors = [gettext("You may not give this role.")]
        return None

    def change(self, user: User, *, by: Actor, at: datetime) -> None:
        """Take over what was touched. Where the house refuses, the field says why and nothing is to be kept."""
        wait_for_the_tree()
        db.session.refresh(user)
        if self.touched("name"):
            user.rename(self.name.data or "", by=by, at=at)
        if self.touched("email") or self.touched("phone"):
            self._reach(user, by, at)
        if self.touched("manager"):
            self._move(user, by, at)
        if self.touched("role"):
            self._change_role(user, by, at)

    def _reach(self, user: User, by: Actor, at: datetime) -> None:
        email = self.email.data or None if self.touched("email") else user.email
        try:
            user.be_reached(email, self._phone if self.touched("phone") else user.phone, by=by, at=at)
        except TakenEmail:
            self.email.errors = [gettext("Somebody here has this email already.")]

    def _move(self, user: User, by: Actor, at: datetime) -> None:
        try:
            user.report_to(self._manager, by=by, at=at)
        except Circle:
            name = self._manager.name if self._manager else ""
            wrong = gettext("%(name)s works under this person.", name=name)
            self.manager.errors = [wrong]

    def _change_role(self, user: User, by: Actor, at: datetime) -> None:
        try:
            user.change_role(self.role.data, by=by, at=at)
        except LastOne:
            wrong = gettext("Nobody else could give all these rights. Make another admin first.")
            self.role.errors = [wrong]
        except (Beyond, KeyError):
            self.role.errors = [gettext("You may not give this role.")]

    @property
    def _phone(self) -> str | None:
        return read_phone(self.phone.data).e164 if self.phone.data else None

    @property
    def _manager(self) -> User | None:
        return db.session.get(User, self.head) if self.head else None


def _read_was(sent: MultiDict[str, str]) -> dict[str, Any]:
    """What the form had shown, as the page handed it back; nothing for what cannot be that."""
    try:
        was = json.loads(sent.get("was") or "{}")
    except (ValueError, RecursionError):
        return {}
    return was if isinstance(was, dict) else {}
