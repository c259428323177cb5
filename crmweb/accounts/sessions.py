"""Signed-in devices: each is a row that can be listed and ended, never a signed cookie."""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    LargeBinary,
    String,
    and_,
    delete,
    exists,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.limits import HANDS_IN_FOR, session_limits
from crmweb.accounts.models import User
from crmweb.accounts.outbox_reports import OutboxReports
from crmweb.accounts.session_tokens import (
    SessionToken,
    fresh_token,
)
from crmweb.accounts.signals import access_ended
from crmweb.db import Model, db, new_id


def token_hash(token: str) -> bytes:
    """How a secret that we handed out is kept: SHA-256 is enough for 256 random bits."""
    return hashlib.sha256(token.encode()).digest()


class DeviceSession(OutboxReports, Model):
    """One device on which one person is signed in.

    `proved_at` is when they last showed that it is they, `second_at` when a second factor did; `shared` marks a device
    that others use, too.
    """

    __tablename__ = "sessions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    device: Mapped[str] = mapped_column(String(300), default="")
    address: Mapped[str] = mapped_column(String(64), default="")
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    shared: Mapped[bool] = mapped_column(default=False)
    proved_at: Mapped[datetime]
    second_at: Mapped[datetime | None]
    rotated_at: Mapped[datetime]
    last_offer_at: Mapped[datetime | None]

    @classmethod
    def start(
        cls,
        user: User,
        *,
        at: datetime,
        device: str = "",
        address: str = "",
        shared: bool = False,
        second: bool = False,
    ) -> str:
        """Sign a person in on a device; returns the token for its cookie, which is kept nowhere."""
        token = fresh_token()
        user.first_in_at = user.first_in_at or at
        db.session.add(
            cls(
                user_id=user.id,
                token=token_hash(token),
                device=device[:300],
                address=address[:64],
                created_at=at,
                seen_at=at,
                shared=shared,
                proved_at=at,
                second_at=at if second else None,
                rotated_at=at,
            )
        )
        return token

    @classmethod
    def opened_by(cls, token: str) -> uuid.UUID:
        """The id of the session whose token is in force."""
        return db.session.scalars(select(cls.id).where(cls.token == token_hash(token))).one()

    @classmethod
    def touch(cls, session_id: uuid.UUID, *, at: datetime, address: str) -> None:
        """The device was here, and where it is now."""
        here = {"seen_at": at, "address": address[:64]}
        db.session.execute(update(cls).where(cls.id == session_id).values(here))

    @classmethod
    def offer(cls, session_id: uuid.UUID, *, at: datetime) -> str:
        """Another token for its cookie; the one before stays good until this one has come back and settled."""
        token = fresh_token()
        SessionToken.offer(session_id, token_hash(token), at=at)
        db.session.execute(update(cls).where(cls.id == session_id).values(last_offer_at=at))
        return token

    @classmethod
    def settle(cls, session_id: uuid.UUID, token: str, *, at: datetime) -> None:
        """The token that was offered has come back: it is in force, and all others of this session are retired."""
        session, used = db.session.get_one(cls, session_id, with_for_update=True), token_hash(token)
        if session.token == used:
            return
        SessionToken.retire_others(session_id, used=used, former=session.token, at=at)
        session.token, session.rotated_at, session.last_offer_at = used, at, None

    @classmethod
    def stolen(cls, token: str, *, at: datetime) -> DeviceSession | None:
        """The session whose long retired token somebody brings, while it is not over."""
        session_id = SessionToken.stolen(token_hash(token), at=at)
        return db.session.scalar(select(cls).where(cls.id == session_id, cls.alive(at=at)))

    @classmethod
    def was_ended(cls, token: str) -> bool:
        """Whether somebody ended the session of this token; one that grew old ended by itself."""
        return (
            db.session.scalar(select(cls.id).where(cls._brought(token), cls.ended_at.is_not(None)))
            is not None
        )

    @classmethod
    def _brought(cls, token: str) -> ColumnElement[bool]:
        """The session that a device holds, by its token in force or one that was offered."""
        offered = select(SessionToken.session_id).where(SessionToken.token == token_hash(token))
        return or_(cls.token == token_hash(token), cls.id.in_(offered))

    @classmethod
    def prove(cls, session_id: uuid.UUID | None, *, at: datetime, second: bool) -> None:
        """Its person has shown once more that it is they, maybe by a second factor."""
        shown = {"proved_at": at, **({"second_at": at} if second else {})}
        db.session.execute(update(cls).where(cls.id == session_id).values(shown))

    @classmethod
    def alive(cls, *, at: datetime) -> ColumnElement[bool]:
        """Sessions that let somebody in: not ended, seen lately, not too old; what `Limits.let_in` says of one."""
        limits = session_limits()
        return and_(
            cls.ended_at.is_(None),
            cls.seen_at > at - limits.idle,
            cls.created_at > at - limits.absolute,
            or_(cls.shared.is_(False), cls.created_at > at - limits.shared),
        )

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
        db.session.execute(update(cls).where(cls._brought(token), cls.ended_at.is_(None)).values(ended_at=at))

    @classmethod
    def prune(cls, *, at: datetime) -> None:
        """Forget the sessions that have been over for long enough to be of no use to anyone."""
        limits = session_limits()
        over = or_(cls.ended_at < at - limits.idle, cls.created_at < at - limits.absolute - limits.idle)
        db.session.execute(delete(cls).where(over, ~_left_lately(at)))

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


def _left_lately(at: datetime) -> ColumnElement[bool]:
    """Sessions that ended with their person's leaving, whose phone may still hand in what it holds."""
    theirs = (User.id == DeviceSession.user_id, User.deactivated_at == DeviceSession.ended_at)
    return exists().where(*theirs, User.deactivated_at > at - HANDS_IN_FOR)
