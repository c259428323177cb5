"""What a passkey has to sign: random, for one browser and one purpose, once, within five minutes (WebAuthn, 13.4.3)."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.attempts import neighbourhood
from crmweb.accounts.models import User
from crmweb.accounts.sessions import token_hash
from crmweb.accounts.signals import access_ended
from crmweb.db import Model, db

LIFE = timedelta(minutes=5)
PER_ADDRESS = 200
"""Open ones from one address, which may be that of a whole office; a stranger could fill the table else."""

ENTER, PROVE, ADD = "enter", "prove", "add"


class Challenge(Model):
    """One challenge, under the hash of the cookie of the browser that asked for it."""

    __tablename__ = "challenges"

    holder: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    challenge: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(10))
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    address: Mapped[str] = mapped_column(String(64), index=True)
    expires_at: Mapped[datetime]

    @classmethod
    def issue(
        cls, purpose: str, *, at: datetime, user_id: uuid.UUID | None = None, address: str = ""
    ) -> tuple[str, bytes] | None:
        """The cookie and the challenge; None for an address that has too many open."""
        cls.prune(at=at)
        line = neighbourhood(address)
        opened = select(func.count()).select_from(cls).where(cls.address == line)
        if (db.session.scalar(opened) or 0) >= PER_ADDRESS:
            return None
        holder, challenge = secrets.token_urlsafe(32), secrets.token_bytes(32)
        db.session.add(
            cls(
                holder=token_hash(holder),
                challenge=challenge,
                purpose=purpose,
                user_id=user_id,
                address=line,
                expires_at=at + LIFE,
            )
        )
        return holder, challenge

    @classmethod
    def spend(
        cls, holder: str, purpose: str, *, at: datetime, user_id: uuid.UUID | None = None
    ) -> bytes | None:
        """Use it up, whatever comes of it; None for one that was not made for this, is used or over."""
        held = (
            delete(cls)
            .where(cls.holder == token_hash(holder))
            .returning(cls.challenge, cls.purpose, cls.user_id, cls.expires_at)
        )
        row = db.session.execute(held).one_or_none()
        good = row and row.purpose == purpose and row.user_id == user_id and row.expires_at > at
        return bytes(row.challenge) if row and good else None

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.expires_at <= at))


@access_ended.connect
def _withdraw(user: User, **_more: object) -> None:
    db.session.execute(delete(Challenge).where(Challenge.user_id == user.id))
