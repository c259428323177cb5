"""People and whom they oversee."""

from __future__ import annotations

import unicodedata
import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, delete, insert, or_, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import audit
from crmweb.accounts.finding import BY_BYTES, search_text
from crmweb.accounts.roles import (
    NOTHING,
    Role,
    is_known,
    refuse_beyond,
    rights_changed,
    rights_of,
    roles_with,
)
from crmweb.accounts.signals import access_ended, email_changed
from crmweb.accounts.tree import Circle, LastOne, chain, wait_for_the_tree
from crmweb.db import Model, db, new_id
from crmweb.names import stream_safe

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor

DEFAULT_ZONE = "Asia/Ho_Chi_Minh"


def email_key(email: str) -> str:
    """The form in which two spellings of one address are the same (NFKC, case folded)."""
    return unicodedata.normalize("NFKC", stream_safe(email)).strip().casefold()


class TakenEmail(ValueError):
    """Somebody has that email already."""


def _found_by(context: Any) -> str:
    told = context.get_current_parameters()
    return search_text(told["name"], told.get("email"), told.get("phone"))


class User(Model):
    """A person who works with crmweb. Never deleted while their work stands; deactivated instead."""

    __tablename__ = "users"
    __table_args__ = (Index("ix_users_folded", "folded", "id"),)

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
    first_in_at: Mapped[datetime | None]
    guided_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]
    folded: Mapped[str] = mapped_column(BY_BYTES, default=_found_by)

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
        by: Actor | None = None,
    ) -> User:
        """A new person, overseen by themself and everyone above; `by` is None for the house itself.

        Raises KeyError for an unknown role, `TakenEmail`, `Beyond`.
        """
        _refuse_to_give(role, by)
        wait_for_the_tree()
        if email and cls.with_email(email):
            raise TakenEmail(email)
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
        user._changed("user.added", by, at, None, {"role": role, "email": email, "manager": user.manager_id})
        return user

    @classmethod
    def with_email(cls, email: str) -> User | None:
        return db.session.scalar(select(cls).where(cls.email_key == email_key(email)))

    @property
    def permissions(self) -> frozenset[str]:
        return rights_of(self.role)

    @hybrid_property
    def active(self) -> bool:
        return self.deactivated_at is None

    @active.inplace.expression
    @classmethod
    def _active(cls) -> ColumnElement[bool]:
        return cls.deactivated_at.is_(None)

    def rename(self, name: str, *, by: Actor | None, at: datetime) -> None:
        before, self.name = self.name, unicodedata.normalize("NFC", name)
        self.folded = search_text(self.name, self.email, self.phone)
        self._changed("user.renamed", by, at, {"name": before}, {"name": self.name})

    def be_reached(self, email: str | None, phone: str | None, *, by: Actor | None, at: datetime) -> None:
        """Another email, which signs in from now on, or another phone. Raises `TakenEmail`."""
        key = email_key(email) if email else None
        if key and db.session.scalar(select(User.id).where(User.email_key == key, User.id != self.id)):
            raise TakenEmail(email)
        before = {"email": self.email, "phone": self.phone}
        self.email, self.email_key, self.phone = email or None, key, phone or None
        self.folded = search_text(self.name, self.email, self.phone)
        self._changed("user.reached_anew", by, at, before, {"email": self.email, "phone": self.phone})
        if self.email != before["email"]:
            email_changed.send(self, at=at)

    def report_to(self, manager: User | None, *, by: Actor | None, at: datetime) -> None:
        """Move under another manager, with everyone below. Raises `Circle`."""
        wait_for_the_tree()
        if manager is not None and self.id in chain(manager.id, managers()):
            raise Circle(f"{manager.name} works under {self.name}")
        before, self.manager_id = self.manager_id, manager.id if manager else None
        db.session.flush()
        Oversight.rebuild()
        self._changed("user.moved", by, at, {"manager": before}, {"manager": self.manager_id})

    def change_role(self, role: str, *, by: Actor | None, at: datetime) -> None:
        """Another role, from this moment on; they sign in anew.

        Raises KeyError for an unknown one, `LastOne`, and `Beyond` for one with more rights than `by` holds.
        """
        _refuse_to_give(role, by)
        wait_for_the_tree()
        if role == self.role:
            return
        refuse_beyond(by, self.permissions)
        self._leave_one_behind(keeping=rights_of(role))
        before, self.role = self.role, role
        db.session.flush()
        Oversight.rebuild()
        self._changed("user.role_changed", by, at, {"role": before}, {"role": role})
        access_ended.send(self, at=at)

    def deactivate(self, *, by: Actor | None, at: datetime, handed: audit.Values | None = None) -> None:
        """Close the door for all that let them in before; the audit tells what was `handed` over. Raises `LastOne`."""
        wait_for_the_tree()
        if not self.active:
            return
        self._leave_one_behind()
        self.deactivated_at = at
        self._changed("user.deactivated", by, at, None, {"at": at, **(handed or {})})
        access_ended.send(self, at=at)

    def come_back(self, *, by: Actor | None, at: datetime) -> None:
        """Work here again, with nothing of what was handed over meanwhile."""
        if not self.active:
            before, self.deactivated_at = self.deactivated_at, None
            self._changed("user.came_back", by, at, {"at": before}, None)

    def set_password(
        self, hashed: str, *, by: Actor | None, at: datetime, staying: uuid.UUID | None = None
    ) -> None:
        """A new password signs every device out, except the one `staying` (a session's id)."""
        self.password_hash = hashed
        self._changed("user.password_changed", by, at, None, None)
        access_ended.send(self, at=at, staying=staying)

    def _leave_one_behind(self, keeping: frozenset[str] = NOTHING) -> None:
        """Of every right that they can give now, somebody must be left who can. Raises `LastOne`."""
        if _could_give(self.permissions) - _could_give(keeping) - _givable(but=self.id):
            raise LastOne(self.name)

    def _changed(
        self,
        action: str,
        by: Actor | None,
        at: datetime,
        before: audit.Values | None,
        after: audit.Values | None,
    ) -> None:
        audit.record(action, by=by, at=at, about=self.reference, before=before, after=after)

    @property
    def reference(self) -> audit.Reference:
        """How the audit names them."""
        return audit.Reference("user", self.id, self.name)


def _refuse_to_give(role: str, by: Actor | None) -> None:
    if not is_known(role):
        raise KeyError(role)
    refuse_beyond(by, rights_of(role))


@rights_changed.connect
def _see_by_new_rights(role: Role, *, lost: frozenset[str]) -> None:
    """Whoever holds the role sees their people from now on, or no longer. Raises `LastOne`."""
    wait_for_the_tree()
    gone = _could_give(role.rights | lost) - _could_give(role.rights)
    held = select(User.id).where(User.role == role.name, User.active)
    if gone - _givable() and db.session.scalar(select(held.exists())):
        raise LastOne(role.title)
    Oversight.rebuild()


def _could_give(rights: frozenset[str]) -> frozenset[str]:
    """What somebody with these rights can give others: nobody gives what they lack."""
    return rights if "users:manage" in rights else NOTHING


def _givable(*, but: uuid.UUID | None = None) -> frozenset[str]:
    """All that somebody at work can give, one person aside."""
    able = select(User.role).where(User.role.in_(roles_with("users:manage")), User.active, User.id != but)
    return frozenset().union(*(rights_of(role) for role in db.session.scalars(able.distinct())))


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
    def team_of(cls, head: uuid.UUID) -> Select[uuid.UUID]:
        """The ids of a manager and their people, whatever the manager's rights."""
        below = select(cls.person_id).where(cls.viewer_id == head)
        return select(User.id).where(or_(User.manager_id == head, User.id.in_(below)))

    @classmethod
    def spread(cls, user: User) -> None:
        """Make a new person seen by themself and by everyone who sees their manager."""
        db.session.add(cls(viewer_id=user.id, person_id=user.id))
        above = select(cls.viewer_id).where(cls.person_id == user.manager_id, cls.viewer_id.in_(_seers()))
        for viewer_id in db.session.scalars(above).all():
            db.session.add(cls(viewer_id=viewer_id, person_id=user.id))
        db.session.flush()

    @classmethod
    def rebuild(cls) -> None:
        """Work the whole table out anew from the managers and their rights."""
        heads = managers()
        seers = set(db.session.scalars(_seers()))
        rows = [
            {"viewer_id": above, "person_id": person}
            for person in heads
            for above in chain(person, heads)
            if above == person or above in seers
        ]
        db.session.execute(delete(cls))
        if rows:
            db.session.execute(insert(cls), rows)
        db.session.expire_all()


def _seers() -> Select[uuid.UUID]:
    """Whoever sees more than their own, if somebody works under them."""
    return select(User.id).where(User.role.in_(roles_with("customers:read:team")))


def managers() -> dict[uuid.UUID, uuid.UUID | None]:
    """Person → manager, of everybody."""
    return {row.id: row.manager_id for row in db.session.execute(select(User.id, User.manager_id))}
