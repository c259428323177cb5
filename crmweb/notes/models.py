"""A note: what one person wrote down about one customer."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.scope import OfCustomer

LONGEST = 10_000
"""Characters; about four pages, more than anybody dictates in one go."""

ABOUT = ("phone", "zalo")
"""What a note may be about, where it was offered after a tap on Call or Zalo."""


class Note(OfCustomer, Model):
    """Written once and kept as it was. `at` is the phone's time, `recorded_at` ours."""

    __tablename__ = "notes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]

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
    ) -> Note:
        """Keep what somebody wrote; it is on the timeline at once. `about`: one of `ABOUT`, or nothing."""
        note = cls(id=id or new_id(), customer_id=customer.id, by_id=by.id, text=text, at=at, recorded_at=now)
        db.session.add(note)
        told = {"text": text, "about": about} if about else {"text": text}
        timeline.record(customer, "note.written", by=by, at=at, payload=told, id=note.id)
        return note
