"""A note: what one person wrote down about one customer."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.notes.recordings import Recording, VoiceNote
from crmweb.scope import OfCustomer
from crmweb.timeline import Event

LONGEST = 10_000
"""Characters; about four pages, more than anybody dictates in one go."""

ABOUT = ("phone", "zalo")
"""What a note may be about, where it was offered after a tap on Call or Zalo."""


class Note(OfCustomer, Model):
    """Written once and kept as it was; without a word where it was said.

    `at` is the phone's time, `recorded_at` ours.
    """

    __tablename__ = "notes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]

    voice: Mapped[VoiceNote | None] = relationship(passive_deletes=True)

    @classmethod
    def write(
        cls,
        customer: Customer,
        text: str,
        *,
        by: Actor,
        at: datetime,
        now: datetime,
        id: uuid.UUID | None = None,
        about: str = "",
        said: Recording | None = None,
    ) -> Note:
        """Keep what somebody wrote or said; it is on the timeline at once. `about`: one of `ABOUT`, or nothing."""
        note = cls(id=id or new_id(), customer_id=customer.id, by_id=by.id, text=text, at=at, recorded_at=now)
        db.session.add(note)
        told: dict[str, Any] = {"text": text, "about": about} if about else {"text": text}
        if said is not None:
            told |= note._attach(said, at=at)
        timeline.record(customer, "note.written", by=by, at=at, payload=told, id=note.id)
        return note

    def say(self, said: Recording, *, at: datetime) -> None:
        """The recording that follows the words; their entry shows it, and nobody is told twice."""
        told = self._attach(said, at=at)
        event = db.session.scalars(select(Event).where(Event.id == self.id)).one()
        timeline.reword_many({self.id: {**event.payload, **told}})

    def _attach(self, said: Recording, *, at: datetime) -> dict[str, Any]:
        """Returns what the entry tells of it."""
        self.voice = VoiceNote(
            customer_id=self.customer_id, by_id=self.by_id, name=said.name, mime=said.mime, seconds=said.seconds,
            bytes=said.bytes, recorded_at=at,
        )  # fmt: skip
        return {"voice": {"seconds": said.seconds}}
