"""Signed-in devices: each is a row that can be listed and ended, never a signed cookie."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    and_,
    bindparam,
    delete,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.roles import Role, rights
from crmweb.accounts.signals import access_ended
from crmweb.db import Model, db, new_id

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
TOUCH_EVERY = timedelta(minutes=5)


def token_hash(token: str) -> bytes:
    """How a secret that we handed out is kept: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


class DeviceSession(Model):
    """One device on which one person is signed in."""

    __tablename__ = "sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    device: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    @classmethod
    def start(cls, user: User, *, at: datetime, device: str = "", address: str = "") -> str:
        """Sign a person in on a device; returns the token for its cookie, which is kept nowhere."""
        token = secrets.token_urlsafe(32)
        user.first_in_at = user.first_in_at or at
        db.session.add(
            cls(
                user_id=user.id,
                token=token_hash(token),
                device=device[:300],
                address=address[:64],
                created_at=at,
                seen_at=at,
            )
        )
        return token

    @classmethod
    def actor(cls, token: str, *, at: datetime) -> tuple[Actor, datetime] | None:
        """Whoever holds this token, and when their device was last seen; None when it is unknown or over."""
        asked = {"token": token_hash(token), "idle": at - IDLE, "absolute": at - ABSOLUTE}
        row = db.session.connection().execute(_WHO, asked).one_or_none()  # nothing that a session would track
        if row is None:
            return None
        known = {**row._mapping, "permissions": rights(row.role, row.permissions)}
        seen_at: datetime = known.pop("seen_at")
        return Actor(**known), seen_at

    @classmethod
    def touch(cls, session_id: uuid.UUID, *, at: datetime) -> None:
        db.session.execute(update(cls).where(cls.id == session_id).values(seen_at=at))

    @classmethod
    def alive(cls, *, at: datetime) -> ColumnElement[bool]:
        """Sessions that let somebody in: not ended, seen lately, not too old."""
        return and_(cls.ended_at.is_(None), cls.seen_at > at - IDLE, cls.created_at > at - ABSOLUTE)

    @classmethod
    def of(cls, user_id: uuid.UUID, *, at: datetime) -> list[DeviceSession]:
        """The devices on which a person is signed in, the latest first."""
        theirs = select(cls).where(cls.user_id == user_id, cls.alive(at=at))
        return list(db.session.scalars(theirs.order_by(cls.seen_at.desc())))

    @classmethod
    def end_all(cls, user_id: uuid.UUID, *, at: datetime, but: uuid.UUID | None = None) -> None:
        """Sign a person out everywhere, except on the device `but`."""
        ends = update(cls).where(cls.user_id == user_id, cls.ended_at.is_(None)).values(ended_at=at)
        db.session.execute(ends.where(cls.id != but) if but else ends)

    @classmethod
    def end_held(cls, token: str, *, at: datetime) -> None:
        """End the session that a device holds, which is about to get another."""
        held = update(cls).where(cls.token == token_hash(token), cls.ended_at.is_(None))
        db.session.execute(held.values(ended_at=at))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        """Forget the sessions that have been over for long enough to be of no use to anyone."""
        db.session.execute(
            delete(cls).where(or_(cls.ended_at < at - IDLE, cls.created_at < at - ABSOLUTE - IDLE))
        )

    def end(self, *, at: datetime) -> None:
        self.ended_at = self.ended_at or at


def sign_out(user: User, *, by: Actor | None, at: datetime, device: DeviceSession | None = None) -> None:
    """End one of somebody's sessions; without one all of them, and whatever else lets them in."""
    if device is None:
        access_ended.send(user, at=at)
    else:
        device.end(at=at)
    told = {"device": device.device if device else None}
    audit.record("user.signed_out", by=by, at=at, about=user.reference, after=told)


@access_ended.connect
def _sign_out(user: User, *, at: datetime, staying: uuid.UUID | None = None) -> None:
    DeviceSession.end_all(user.id, at=at, but=staying)


_WHO = (
    select(
        User.id,
        User.name,
        User.role,
        User.zone,
        Role.permissions,
        User.locale,
        User.theme,
        User.email,
        DeviceSession.id.label("session_id"),
        DeviceSession.seen_at,
    )
    .join(User, User.id == DeviceSession.user_id)
    .outerjoin(Role, Role.name == User.role)
    .where(
        DeviceSession.token == bindparam("token"),
        DeviceSession.ended_at.is_(None),
        DeviceSession.seen_at > bindparam("idle"),
        DeviceSession.created_at > bindparam("absolute"),
        User.deactivated_at.is_(None),
    )
)
