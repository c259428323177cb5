"""People and whom they oversee."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from blinker import Signal
from sqlalchemy import ForeignKey, String, delete, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.roles import NOTHING, ROLES
from crmweb.db import Model, db, new_id
from crmweb.names import stream_safe

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor

access_ended = Signal(
    "What let a person in counts no more. Sender: the user; `at`; maybe `staying`: a session's id."
)
"""The one place from which sessions, links and whatever else lets a person in hear that it is over."""

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"


def email_key(email: str) -> str:
    """The form in which two spellings of one address are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", stream_safe(email)).strip().casefold()


class User(Model):
    """A person who works with crmweb. Never deleted while their work stands; deactivated instead."""

    __tablename__ = "users"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254), unique=True)
    phone: Mapped[str | None] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(40))
    manager_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(8))
    theme: Mapped[str | None] = mapped_column(String(8))
    zone: Mapped[str] = mapped_column(String(64), default=DEFAULT_ZONE)
    created_at: Mapped[datetime]
    deactivated_at: Mapped[datetime | None]

    @classmethod
    def add(
        cls,
        name: str,
        *,
        role: str,
        at: datetime,
        email: str | None = None,
        manager: User | None = None,
        phone: str | None = None,
        zone: str = DEFAULT_ZONE,
        id: uuid.UUID | None = None,
    ) -> User:
        """A new person, overseen by themself and everyone above. Raises KeyError for an unknown role."""
        ROLES[role]
        user = cls(
            id=id or new_id(),
            name=unicodedata.normalize("NFC", name),
            role=role,
            phone=phone,
            zone=zone,
            created_at=at,
            manager_id=manager.id if manager else None,
            email=email,
            email_key=email_key(email) if email else None,
        )
        db.session.add(user)
        db.session.flush()
        Oversight.spread(user)
        return user

    @classmethod
    def with_email(cls, email: str) -> User | None:
        return db.session.scalar(select(cls).where(cls.email_key == email_key(email)))

    @property
    def permissions(self) -> frozenset[str]:
        return ROLES.get(self.role, NOTHING)

    @property
    def active(self) -> bool:
        return self.deactivated_at is None

    def report_to(self, manager: User | None) -> None:
        """Move under another manager, with everyone below. Raises ValueError for a circle."""
        if manager is not None and Oversight.covers(self.id, manager.id):
            raise ValueError(f"{manager.name} works under {self.name}")
        self.manager_id = manager.id if manager else None
        db.session.flush()
        Oversight.rebuild()

    def deactivate(self, *, by: Actor, at: datetime) -> None:
        """Close the door. What let them in before stays shut, even if they come back one day."""
        self.deactivated_at = self.deactivated_at or at
        access_ended.send(self, at=at)

    def change_role(self, role: str, *, by: Actor, at: datetime) -> None:
        """Another role, from this moment on; they sign in anew. Raises KeyError for an unknown one."""
        ROLES[role]
        if role != self.role:
            self.role = role
            access_ended.send(self, at=at)

    def set_password(self, hashed: str, *, at: datetime, staying: uuid.UUID | None = None) -> None:
        """A new password signs every device out, except the one `staying` (a session's id)."""
        self.password_hash = hashed
        access_ended.send(self, at=at, staying=staying)


class Oversight(Model):
    """Who sees whose work: everyone their own, and each manager that of all below. Kept by accounts alone."""

    __tablename__ = "oversight"

    viewer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True, index=True
    )

    @classmethod
    def covers(cls, viewer_id: uuid.UUID, person_id: uuid.UUID) -> bool:
        return db.session.get(cls, (viewer_id, person_id)) is not None

    @classmethod
    def spread(cls, user: User) -> None:
        """Make a new person seen by themself and by everyone who sees their manager."""
        db.session.add(cls(viewer_id=user.id, person_id=user.id))
        for viewer_id in db.session.scalars(
            select(cls.viewer_id).where(cls.person_id == user.manager_id)
        ).all():
            db.session.add(cls(viewer_id=viewer_id, person_id=user.id))
        db.session.flush()

    @classmethod
    def rebuild(cls) -> None:
        """Work the whole table out anew from the managers."""
        managers = {row.id: row.manager_id for row in db.session.execute(select(User.id, User.manager_id))}
        rows = [
            {"viewer_id": above, "person_id": person}
            for person in managers
            for above in _chain(person, managers)
        ]
        db.session.execute(delete(cls))
        if rows:
            db.session.execute(insert(cls), rows)
        db.session.expire_all()


def _chain(person: uuid.UUID, managers: dict[uuid.UUID, uuid.UUID | None]) -> list[uuid.UUID]:
    """The person and everyone above, nearest first."""
    chain: list[uuid.UUID] = []
    step: uuid.UUID | None = person
    while step is not None and step not in chain:
        chain.append(step)
        step = managers.get(step)
    return chain
