"""Questions to the geocoder, and what it answered."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import jobs
from crmweb.accounts.actor import Actor
from crmweb.db import Model, db, new_id
from crmweb.names import fold, nfc
from crmweb.places.geocoder import Found

FRESH = timedelta(days=30)
LOST = timedelta(seconds=30)
GIVEN_UP = timedelta(minutes=10)
LONGEST = 300

HOUR = timedelta(hours=1)
PER_HOUR = 60
"""Questions of one person: a geocoder shuts out a whole house for what one of its people asks too much."""


class TooMany(Exception):
    """This person has asked the geocoder as much as one may within an hour."""


class Question(Model):
    """One question that somebody had the geocoder asked, be it for a place or for a customer's pin."""

    __tablename__ = "place_questions"
    __table_args__ = (Index("ix_place_questions_person_id", "person_id", "asked_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    asked_at: Mapped[datetime]

    @classmethod
    def count(cls, *, by: Actor, at: datetime) -> None:
        """One more. Raises `TooMany` when it would be more than `PER_HOUR`."""
        lately = select(func.count()).where(cls.person_id == by.id, cls.asked_at > at - HOUR)
        if (db.session.scalar(lately) or 0) >= PER_HOUR:
            raise TooMany
        db.session.add(cls(person_id=by.id, asked_at=at))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.asked_at < at - HOUR))


class Lookup(Model):
    """One address somebody asked for. `answered_at` is empty while it waits; `places` may be none."""

    __tablename__ = "place_lookups"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(LONGEST), unique=True)
    address: Mapped[str] = mapped_column(String(LONGEST))
    asked_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    failed: Mapped[bool] = mapped_column(default=False)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    @classmethod
    def of(cls, address: str) -> Lookup | None:
        """The question of this address, however it is spelt."""
        return db.session.scalar(select(cls).where(cls.key == fold(address)[:LONGEST]))

    @classmethod
    def ask(cls, address: str, *, by: Actor | None, at: datetime) -> Lookup:
        """Ask, unless a fresh answer is there. The worker is rung once this is committed. Raises `TooMany`."""
        lookup = cls.of(address)
        if lookup is None or lookup.failed or at - lookup.asked_at > FRESH:
            if by is not None:
                Question.count(by=by, at=at)
            lookup = lookup or cls(key=fold(address)[:LONGEST], address=nfc(address)[:LONGEST])
            lookup.asked_at, lookup.answered_at, lookup.failed, lookup.places = at, None, False, []
            db.session.add(lookup)
            db.session.flush()
            jobs.after_commit("crmweb.places.work.look_up", str(lookup.id), queue="slow")
        return lookup

    @classmethod
    def waiting(cls, *, at: datetime) -> list[uuid.UUID]:
        """Questions whose ring was lost, as long as anyone may still look."""
        lost = (cls.answered_at.is_(None), cls.asked_at < at - LOST, cls.asked_at > at - GIVEN_UP)
        return list(db.session.scalars(select(cls.id).where(*lost)))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.asked_at < at - 2 * FRESH))

    def answer(self, found: list[Found], *, at: datetime) -> None:
        self.places = [{"label": place.label, "lat": place.lat, "lng": place.lng} for place in found]
        self.answered_at = at

    def fail(self, *, at: datetime) -> None:
        """The geocoder gave no answer; the next who asks makes it try again."""
        self.answered_at, self.failed = at, True
