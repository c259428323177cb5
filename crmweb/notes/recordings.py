"""A recording: what somebody said instead of typing it, or beside it. It belongs to one note."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import files
from crmweb.db import Model, new_id
from crmweb.notes.sound import Sound
from crmweb.scope import OfCustomer


class VoiceNote(OfCustomer, Model):
    """The recording of a note, one at most; the file lies under its `name`. Seen by those who see the note."""

    __tablename__ = "voice_notes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    note_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("notes.id", ondelete="CASCADE"), unique=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    mime: Mapped[str] = mapped_column(String(20))
    seconds: Mapped[int | None]
    bytes: Mapped[int]
    recorded_at: Mapped[datetime] = mapped_column(index=True)


class Recording(NamedTuple):
    """One that lies among the files and belongs to no note yet."""

    name: str
    mime: str
    bytes: int
    seconds: int | None

    @classmethod
    def keep(cls, sound: Sound, seconds: int | None) -> Recording:
        """Written down before the transaction that names it."""
        return cls(files.keep(sound.data, sound.suffix), sound.mime, len(sound.data), seconds)
