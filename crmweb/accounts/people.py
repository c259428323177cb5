"""Finding people: for the list that an admin sees, and for fields that name somebody."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, false, func, literal, select, tuple_
from sqlalchemy.orm import aliased

from crmweb.accounts.finding import national, patterns
from crmweb.accounts.models import User, email_key
from crmweb.accounts.roles import Role
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import Id, db
from crmweb.names import fold, nfc

_MANAGER = aliased(User)
_LAST = aliased(User)


class PersonRow(NamedTuple):
    """One person of a list; `title` is that of a made role, `seen_at` when one of their devices was last seen."""

    id: uuid.UUID
    name: str
    email: str | None
    phone: str | None
    role: str
    title: str | None
    manager_id: uuid.UUID | None
    manager: str | None
    deactivated_at: datetime | None
    seen_at: datetime | None


@dataclass(frozen=True)
class PeopleQuestion:
    """Whom somebody looks for."""

    words: str = ""
    role: str = ""
    manager: uuid.UUID | None = None
    left: bool = False

    def rows(self, most: int, *, after: uuid.UUID | None = None) -> list[PersonRow]:
        """So many in the order of their names, those that follow `after`."""
        seen = select(func.max(DeviceSession.seen_at)).where(DeviceSession.user_id == User.id)
        asked: Any = (
            select(
                User.id, User.name, User.email, User.phone, User.role, Role.title, User.manager_id,
                _MANAGER.name, User.deactivated_at, seen.correlate(User).scalar_subquery(),
            )
            .outerjoin(_MANAGER, _MANAGER.id == User.manager_id)
            .outerjoin(Role, Role.name == User.role)
            .where(*self._fits())
            .order_by(User.folded, User.id)
            .limit(most)
        )  # fmt: skip
        if after:
            folded = select(_LAST.folded).where(_LAST.id == after).scalar_subquery()
            asked = asked.where(tuple_(User.folded, User.id) > tuple_(folded, literal(after, Id())))
        return [PersonRow(*row) for row in db.session.execute(asked)]

    def count(self) -> int:
        return db.session.scalar(select(func.count(User.id)).where(*self._fits())) or 0

    def _fits(self) -> list[ColumnElement[bool]]:
        fits: list[ColumnElement[bool]] = [
            User.deactivated_at.is_not(None) if self.left else User.deactivated_at.is_(None)
        ]
        fits += [User.folded.like(pattern) for pattern in patterns(self.words)]
        if self.words and not patterns(self.words):
            fits.append(false())
        if self.role:
            fits.append(User.role == self.role)
        if self.manager:
            fits.append(User.manager_id == self.manager)
        return fits


class Leader(NamedTuple):
    """Somebody under whom people work, and how many."""

    id: uuid.UUID
    name: str
    people: int


def leaders(most: int) -> list[Leader]:
    """Under whom somebody works who still does, by name."""
    people = func.count(User.id)
    led = (
        select(_MANAGER.id, _MANAGER.name, people)
        .join(_MANAGER, _MANAGER.id == User.manager_id)
        .where(User.active)
        .group_by(_MANAGER.id)
        .order_by(_MANAGER.folded, _MANAGER.id)
        .limit(most)
    )
    return [Leader(*row) for row in db.session.execute(led)]


class Held(NamedTuple):
    """A role that people at work hold; `title` is that of a made one."""

    role: str
    title: str | None
    people: int


def roles_held() -> list[Held]:
    """Which roles those who still work here hold, the commonest first."""
    people = func.count(User.id)
    held = (
        select(User.role, Role.title, people)
        .outerjoin(Role, Role.name == User.role)
        .where(User.active)
        .group_by(User.role, Role.title)
        .order_by(people.desc(), User.role)
    )
    return [Held(*row) for row in db.session.execute(held)]


def named(typed: str, *, most: int = 2) -> Sequence[User]:
    """Who at work is meant by an email, a phone number or a whole name; more than one where that is not told."""
    if "@" in typed:
        return _those(User.email_key == email_key(typed), most)
    if (digits := national(typed)) and not fold(typed).strip("0123456789 "):
        return _those(User.folded.like(f"% {digits}"), most)
    spelt = _those(User.name == nfc(typed), most)
    if spelt or not (folded := fold(typed)):
        return spelt
    alike = _those(User.folded.like(f" {folded}%"), 50)
    return [person for person in alike if fold(person.name) == folded][:most]


def _those(fits: ColumnElement[bool], most: int) -> Sequence[User]:
    return db.session.scalars(select(User).where(fits, User.active).order_by(User.id).limit(most)).all()


def offered(typed: str, *, most: int = 10) -> list[PersonRow]:
    """Whom to offer while somebody types a name."""
    return PeopleQuestion(typed).rows(most) if patterns(typed) else []
