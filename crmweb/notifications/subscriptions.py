"""The devices that a person lets us push to.

A subscription hangs on the session of whoever is signed in on the device: signed out, by whatever door, it gets
nothing any more; and when somebody else signs in there, it is theirs.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ForeignKey, Select, String, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, contains_eager, mapped_column, relationship

from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import Model, db, is_sqlite, new_id
from crmweb.notifications.endpoints import LONGEST, Endpoint

MOST: Final = 20
"""Devices of one person; of more, those not seen for the longest time go."""

EXPIRED, REMOVED = "expired", "removed"

KEPT, RENEW, OFF = "kept", "renew", "off"
"""What a browser is told about its subscription: we have it; make another one; its person does not want it."""

KEY_PART: Final = 16
"""Characters of our public key by which a subscription knows it again."""

NOTE_AGAIN_AFTER: Final = timedelta(hours=1)
"""That a device got something is written down so often: a write for each of ten thousand pushes would cost more."""


class PushSubscription(Model):
    """One browser that may get pushes. ``key`` begins the public key of ours that it was made with; ``gone`` says why
    it gets nothing any more.
    """

    __tablename__ = "push_subscriptions"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    session_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sessions.id", ondelete="CASCADE"), index=True)
    endpoint: Mapped[str] = mapped_column(String(LONGEST), unique=True)
    host: Mapped[str] = mapped_column(String(110))
    p256dh: Mapped[str] = mapped_column(String(88))
    auth: Mapped[str] = mapped_column(String(24))
    key: Mapped[str] = mapped_column(String(KEY_PART))
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    last_ok_at: Mapped[datetime | None]
    gone: Mapped[str | None] = mapped_column(String(10))

    session: Mapped[DeviceSession] = relationship()

    @classmethod
    def keep(
        cls,
        endpoint: Endpoint,
        *,
        person_id: uuid.UUID,
        session_id: uuid.UUID,
        key: str,
        fresh: bool,
        at: datetime,
    ) -> str:
        """A browser says what it has: from now on it belongs to whoever is signed in there. Returns what to tell it.

        ``fresh``: it has just been made, and takes the place of one that was given up.
        """
        row = cls._row(endpoint, person_id, session_id, at)
        if row.gone == EXPIRED and not fresh:
            return RENEW
        if row.gone == REMOVED and row.person_id == person_id and not fresh:
            return OFF
        row.person_id, row.session_id, row.seen_at, row.gone = person_id, session_id, at, None
        row.p256dh, row.auth, row.key = endpoint.p256dh, endpoint.auth, key[:KEY_PART]
        db.session.flush()
        cls._let_go_of_the_oldest(person_id)
        return KEPT

    @classmethod
    def _row(
        cls, endpoint: Endpoint, person_id: uuid.UUID, session_id: uuid.UUID, at: datetime
    ) -> PushSubscription:
        """The row of this endpoint; two that come at once are one."""
        insert = sqlite.insert if is_sqlite() else postgresql.insert
        whose = {"id": new_id(), "person_id": person_id, "session_id": session_id, "host": endpoint.host}
        keys = {"endpoint": endpoint.url, "p256dh": endpoint.p256dh, "auth": endpoint.auth, "key": ""}
        row = insert(cls).values(**whose, **keys, created_at=at, seen_at=at)
        db.session.execute(row.on_conflict_do_nothing(index_elements=["endpoint"]))
        return db.session.scalars(select(cls).where(cls.endpoint == endpoint.url)).one()

    @classmethod
    def _let_go_of_the_oldest(cls, person_id: uuid.UUID) -> None:
        theirs = select(cls.id).where(cls.person_id == person_id).order_by(cls.seen_at.desc(), cls.id.desc())
        db.session.execute(delete(cls).where(cls.id.in_(theirs.offset(MOST).limit(1000))))

    @classmethod
    def alive(cls, *, at: datetime) -> Select[Any]:
        """Those that may get something: not given up, their person at work and signed in there."""
        signed_in = select(cls).join(cls.session).join(User, User.id == cls.person_id)
        mine = (DeviceSession.user_id == cls.person_id, DeviceSession.alive(at=at))
        return signed_in.where(cls.gone.is_(None), User.deactivated_at.is_(None), *mine)

    @classmethod
    def of(cls, person_id: uuid.UUID, *, at: datetime) -> list[PushSubscription]:
        """The devices of one person, the latest first."""
        theirs = cls.alive(at=at).where(cls.person_id == person_id).options(contains_eager(cls.session))
        return list(db.session.scalars(theirs.order_by(cls.seen_at.desc(), cls.id)))

    @classmethod
    def end(cls, url: str, *, person_id: uuid.UUID) -> None:
        """The browser with this endpoint gave it up."""
        db.session.execute(delete(cls).where(cls.endpoint == url, cls.person_id == person_id))

    def remove(self) -> None:
        """Its person took it out, maybe on another device: it must not come back by itself."""
        self.gone = REMOVED

    @classmethod
    def expire(cls, id: uuid.UUID) -> None:
        """The push service knows it no more: its browser makes another one when it is opened."""
        db.session.execute(update(cls).where(cls.id == id).values(gone=EXPIRED))

    @classmethod
    def note_arrival(cls, id: uuid.UUID, *, at: datetime) -> None:
        """Its push service took something."""
        db.session.execute(update(cls).where(cls.id == id).values(last_ok_at=at))


@dataclass(frozen=True)
class Device:
    """A subscription as whoever sends needs it, with no tie to the database."""

    id: uuid.UUID
    person_id: uuid.UUID
    url: str
    p256dh: str
    auth: str
    key: str
    last_ok_at: datetime | None

    @classmethod
    def find(cls, id: uuid.UUID, *, at: datetime) -> Device | None:
        """The one with this id, as long as it may get something."""
        kept = PushSubscription
        columns = (kept.id, kept.person_id, kept.endpoint, kept.p256dh, kept.auth, kept.key, kept.last_ok_at)
        asked = kept.alive(at=at).where(kept.id == id).with_only_columns(*columns)
        row = db.session.execute(asked).one_or_none()
        return cls(*row) if row else None


def devices_of(
    people: Collection[uuid.UUID], *, at: datetime
) -> dict[uuid.UUID, list[tuple[uuid.UUID, str]]]:
    """The devices of each: their ids, with the hosts of their push services."""
    kept = PushSubscription
    asked = kept.alive(at=at).where(kept.person_id.in_(people))
    found: dict[uuid.UUID, list[tuple[uuid.UUID, str]]] = {}
    for person_id, device, host in db.session.execute(
        asked.with_only_columns(kept.person_id, kept.id, kept.host).order_by(kept.seen_at.desc(), kept.id)
    ):
        found.setdefault(person_id, []).append((device, host))
    return found
