"""Whether a person lets their phone's place be read: asked once, before the first time, and theirs to change."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final, NamedTuple

from flask import g
from sqlalchemy import ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.db import Model, db, new_id

VERSION: Final = 1
"""Of the notice's words. Raise it when they come to mean more: everybody who agreed is asked again."""


class LocationAnswer(Model):
    """What somebody said to the notice, and to which version of its words. Answers stay; the latest counts."""

    __tablename__ = "location_answers"
    __table_args__ = (Index("ix_location_answers_person_id", "person_id", "at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    agreed: Mapped[bool]
    version: Mapped[int]
    at: Mapped[datetime]

    @classmethod
    def give(cls, agreed: bool, *, by: Actor, at: datetime) -> None:
        """The person at work agrees or refuses, from now on."""
        before = latest_answer(by.id)
        db.session.add(cls(person_id=by.id, agreed=agreed, version=VERSION, at=at))
        g.pop("location_answers", None)
        audit.record(
            "location.agreed" if agreed else "location.refused", by=by, at=at,
            about=audit.Reference("user", by.id, by.name), after={"version": VERSION},
            before={"agreed": before.agreed, "version": before.version} if before else None,
        )  # fmt: skip


class Answer(NamedTuple):
    """The one that counts."""

    agreed: bool
    version: int
    at: datetime


def latest_answer(person_id: uuid.UUID) -> Answer | None:
    """What they said last, read once a request; None where nobody has asked them."""
    known: dict[uuid.UUID, Answer | None] = g.setdefault("location_answers", {})
    if person_id not in known:
        theirs = select(LocationAnswer.agreed, LocationAnswer.version, LocationAnswer.at).where(
            LocationAnswer.person_id == person_id
        )
        row = db.session.execute(
            theirs.order_by(LocationAnswer.at.desc(), LocationAnswer.id.desc()).limit(1)
        ).first()
        known[person_id] = Answer(*row) if row else None
    return known[person_id]


def shares_place(person_id: uuid.UUID) -> bool:
    """Whether a place that their phone tells may be kept: not after a refusal.

    Whoever was not asked yet let their own browser tell it, and what lay in an outbox when the words changed is kept.
    """
    latest = latest_answer(person_id)
    return latest is None or latest.agreed


def may_ask_place(person_id: uuid.UUID) -> bool:
    """Whether a page may have the phone look: they agreed to the notice as it reads now."""
    latest = latest_answer(person_id)
    return latest is not None and latest.agreed and latest.version >= VERSION


def needs_notice(person_id: uuid.UUID) -> bool:
    """Whether they have not been asked yet, or not in these words. Who refused is left alone."""
    latest = latest_answer(person_id)
    return latest is None or (latest.agreed and latest.version < VERSION)
