"""A sign-in between its two steps: known by its first factor, signed in nowhere."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, LargeBinary, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.models import User
from crmweb.accounts.sessions import token_hash
from crmweb.accounts.signals import access_ended
from crmweb.db import Model, db

LIFE = timedelta(minutes=10)


class PendingSignIn(Model):
    """Who proved the first factor in this browser, and where they want to go."""

    __tablename__ = "pending_sign_ins"

    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    target: Mapped[str] = mapped_column(String(2000))
    shared: Mapped[bool]
    expires_at: Mapped[datetime]

    user: Mapped[User] = relationship()

    @classmethod
    def begin(cls, user: User, target: str, *, shared: bool, at: datetime) -> str:
        """Returns the token for the browser's cookie, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        row = {"user_id": user.id, "target": target, "shared": shared, "expires_at": at + LIFE}
        db.session.add(cls(token=token_hash(token), **row))
        return token

    @classmethod
    def held(cls, token: str, *, at: datetime) -> PendingSignIn | None:
        """The one that this browser holds, while it is good."""
        good = (cls.token == token_hash(token), cls.expires_at > at, User.deactivated_at.is_(None))
        return db.session.scalar(select(cls).join(cls.user).where(*good))

    def spend(self) -> bool:
        """Use it up; of two who come at once, one hears False."""
        mine = delete(PendingSignIn).where(PendingSignIn.token == self.token)
        return db.session.scalar(mine.returning(PendingSignIn.user_id)) is not None

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        db.session.execute(delete(cls).where(cls.expires_at <= at))


@access_ended.connect
def _withdraw(user: User, **_more: object) -> None:
    db.session.execute(delete(PendingSignIn).where(PendingSignIn.user_id == user.id))
