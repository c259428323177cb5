"""One-time links: a way in that is spent by its first use. The GET shows a button, the POST spends it."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, ForeignKey, LargeBinary, String, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.models import User, access_ended
from crmweb.accounts.sessions import token_hash
from crmweb.db import Model, db, new_id

LIFE = timedelta(minutes=15)


class OneTimeLink(Model):
    """A secret that lets one person in once, before it expires."""

    __tablename__ = "one_time_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    purpose: Mapped[str] = mapped_column(String(20))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @classmethod
    def issue(cls, user: User, *, at: datetime, purpose: str = "sign_in") -> str:
        """A fresh link for this person; returns the token, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        db.session.add(cls(user_id=user.id, token=token_hash(token), purpose=purpose, expires_at=at + LIFE))
        return token

    @classmethod
    def person(cls, token: str, *, at: datetime, purpose: str = "sign_in") -> User | None:
        """Whom the link would let in, without spending it."""
        return db.session.scalar(
            select(User)
            .join(cls, cls.user_id == User.id)
            .where(*cls._good(token, at, purpose), User.deactivated_at.is_(None))
        )

    @classmethod
    def spend(cls, token: str, *, at: datetime, purpose: str = "sign_in") -> User | None:
        """Use the link up; of two who come at once, one gets None."""
        user = cls.person(token, at=at, purpose=purpose)
        spent = db.session.execute(
            update(cls).where(*cls._good(token, at, purpose)).values(used_at=at).returning(cls.id)
        )
        return user if spent.first() else None

    @classmethod
    def withdraw(cls, user_id: uuid.UUID, *, at: datetime) -> None:
        """Let none of a person's links work any more."""
        db.session.execute(
            update(cls).where(cls.user_id == user_id, cls.used_at.is_(None)).values(used_at=at)
        )

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.expires_at < at - timedelta(days=1)))

    @classmethod
    def _good(cls, token: str, at: datetime, purpose: str) -> tuple[ColumnElement[bool], ...]:
        return (
            cls.token == token_hash(token),
            cls.purpose == purpose,
            cls.used_at.is_(None),
            cls.expires_at > at,
        )


@access_ended.connect
def _withdraw(user: User, *, at: datetime, staying: uuid.UUID | None = None) -> None:
    OneTimeLink.withdraw(user.id, at=at)
