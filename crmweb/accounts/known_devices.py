"""The browsers in which a person has signed in before, by a mark that each keeps in a cookie."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db

FIRST, KNOWN, NEW = "first", "known", "new"


class KnownDevice(Model):
    """One browser that a person has signed in with."""

    __tablename__ = "known_devices"

    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    mark: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    met_at: Mapped[datetime]

    @classmethod
    def meet(cls, user_id: uuid.UUID, mark: bytes, *, at: datetime) -> str:
        """Whether this person was here before with it (KNOWN), with others (NEW), or never anywhere (FIRST)."""
        marks = set(db.session.scalars(select(cls.mark).where(cls.user_id == user_id)))
        if mark in marks:
            return KNOWN
        db.session.add(cls(user_id=user_id, mark=mark, met_at=at))
        return NEW if marks else FIRST
