"""Looking as somebody else: what they would see, on every page that says so, and nothing can be changed."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, delete
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import Model, db

LIFE = timedelta(minutes=30)
"""Whoever forgets it is themself again after so long."""


class Preview(Model):
    """The session of somebody who looks as another person."""

    __tablename__ = "previews"

    session_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    begun_at: Mapped[datetime]

    @classmethod
    def begin(cls, person: User, *, by: Actor, at: datetime) -> None:
        """From the next page on, the session of `by` shows what this person sees. Raises ValueError for who left, for
        oneself and for who may do anything that `by` may not.
        """
        if not _may_look(by, person):
            raise ValueError(person.name)
        assert by.session_id is not None
        db.session.merge(cls(session_id=by.session_id, person_id=person.id, begun_at=at))
        audit.record("preview.begun", by=by, at=at, about=person.reference)

    @classmethod
    def end(cls, *, by: Actor, at: datetime) -> None:
        """`by` is who looks, as they themself; nothing happens where they do not."""
        seen = db.session.get(cls, by.session_id)
        if seen is None:
            return
        person = db.session.get_one(User, seen.person_id)
        db.session.execute(delete(cls).where(cls.session_id == by.session_id))
        audit.record("preview.ended", by=by, at=at, about=person.reference)


def seen_as(looker: Actor, person_id: uuid.UUID, begun_at: datetime, *, at: datetime) -> Actor | None:
    """The person as whom somebody looks; None once it is over, or not right any more."""
    person = db.session.get(User, person_id)
    if person is None or at - begun_at >= LIFE or not _may_look(looker, person):
        return None
    return replace(Actor.of(person), session_id=looker.session_id, second_at=looker.second_at, looker=looker)


def _may_look(looker: Actor, person: User) -> bool:
    permitted = looker.may("users:manage") and person.permissions <= looker.permissions
    return permitted and person.active and person.id != looker.id
