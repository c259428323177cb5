"""Tokens of a session beside the one in force: those offered to its browser, and those that another took the place of.

Once a day a page carries a new token along. The answer may be lost on the way to a phone, so both are good until the
new one has come back. From then on the old one is in nobody's hands but a thief's.
"""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, changed, db

ROTATE_EVERY = timedelta(days=1)

OFFER_EVERY = timedelta(hours=1)
"""Where no answer arrives, no page load makes another token."""

SETTLED = timedelta(minutes=2)
"""By then a browser has written its cookies to disk: one that is killed sooner may come back with the former."""

ON_THE_WAY = timedelta(minutes=1)
"""So long may a request with the former token still be under way when one with the new has come."""


class SessionToken(Model):
    """A token that was offered and has not come back yet, or one that is retired."""

    __tablename__ = "session_tokens"

    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    offered_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    @classmethod
    def offer(cls, session_id: uuid.UUID, hashed: bytes, *, at: datetime) -> None:
        db.session.add(cls(session_id=session_id, token=hashed, offered_at=at))

    @classmethod
    def retire_others(cls, session_id: uuid.UUID, *, used: bytes, former: bytes, at: datetime) -> None:
        """`used` came back: it is in force now, and every other one is retired."""
        db.session.execute(delete(cls).where(cls.token == used))
        changed(
            update(cls).where(cls.session_id == session_id, cls.retired_at.is_(None)).values(retired_at=at)
        )
        db.session.add(cls(session_id=session_id, token=former, offered_at=at, retired_at=at))

    @classmethod
    def stolen(cls, hashed: bytes, *, at: datetime) -> uuid.UUID | None:
        """The session of a token that is long out of use: whoever brings it has copied it."""
        retired = (cls.token == hashed, cls.retired_at <= at - ON_THE_WAY)
        return db.session.scalar(select(cls.session_id).where(*retired))


def fresh_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)
