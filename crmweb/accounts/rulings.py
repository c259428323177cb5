"""What somebody made a policy say, for the company or for a team, since when and until when."""

from __future__ import annotations

import uuid
from datetime import datetime

from blinker import Signal
from flask import g
from sqlalchemy import JSON, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES, Policy, Value
from crmweb.db import Model, db, new_id, take_turn

policy_set = Signal(
    "What holds for the company changed. Sender: the policy's name; `value`: what it says now."
)

STANDING = text("ended_at IS NULL")
COMPANYS = text("ended_at IS NULL AND head_id IS NULL")
TURN = 0x706F6C6963
"""The number under which whoever changes a policy waits on PostgreSQL."""


class LockedPolicy(ValueError):
    """The company has said that no team has its own."""


class Ruling(Model):
    """Never changed, but ended by the next one, so that what was in force at a moment can be looked up.

    `head_id` is the manager whose team it is for, and None for the company's. A company's may be without a value: it
    then only says that the default is `locked`, which lets no team's own count.
    """

    __tablename__ = "policies"
    __table_args__ = (
        Index("uq_policies_company", "name", unique=True, sqlite_where=COMPANYS, postgresql_where=COMPANYS),
        Index(
            "uq_policies_team",
            "name",
            "head_id",
            unique=True,
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(40))
    head_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    value: Mapped[Value | None] = mapped_column(JSON(none_as_null=True))
    locked: Mapped[bool] = mapped_column(default=False)
    set_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    set_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    head: Mapped[User | None] = relationship(foreign_keys=[head_id])
    set_by: Mapped[User | None] = relationship(foreign_keys=[set_by_id])

    @classmethod
    def standing(cls, name: str, head_id: uuid.UUID | None) -> Ruling | None:
        """The one in force for the company, or for that team."""
        mine = (cls.name == name, cls.head_id.is_not_distinct_from(head_id), cls.ended_at.is_(None))
        return db.session.scalar(select(cls).where(*mine))

    @classmethod
    def set(
        cls, policy: Policy, value: Value | None, *, head_id: uuid.UUID | None, by: Actor | None, at: datetime
    ) -> Value | None:
        """From now on it says this, or again what it would without this word (None). Returns what it said before.

        Raises `LockedPolicy` for a team's own where there is none.
        """
        take_turn(TURN)
        if head_id is not None and (not policy.teams or cls._is_locked(policy)):
            raise LockedPolicy(policy.name)
        before = cls.standing(policy.name, head_id)
        said, locked = (before.value, before.locked) if before else (None, False)
        if said != value:
            cls._replace(before, policy, value, locked, head_id, by, at)
            head = db.session.get(User, head_id) if head_id else None
            became = {"value": value, **({"team": head.name} if head else {})}
            cls._told("policy.set", policy, head_id, by, at, {"value": said}, became)
        return said

    @classmethod
    def lock(cls, policy: Policy, *, by: Actor | None, at: datetime) -> None:
        """No team's own counts any more. What teams said stays written, for the day it is unlocked."""
        cls._turn_lock(policy, True, by, at)

    @classmethod
    def unlock(cls, policy: Policy, *, by: Actor | None, at: datetime) -> None:
        cls._turn_lock(policy, False, by, at)

    @classmethod
    def _turn_lock(cls, policy: Policy, locked: bool, by: Actor | None, at: datetime) -> None:
        take_turn(TURN)
        before = cls.standing(policy.name, None)
        if locked == (before is not None and before.locked):
            return
        cls._replace(before, policy, before.value if before else None, locked, None, by, at)
        cls._told("policy.locked" if locked else "policy.unlocked", policy, None, by, at, None, None)

    @classmethod
    def _is_locked(cls, policy: Policy) -> bool:
        companys = cls.standing(policy.name, None)
        return companys is not None and companys.locked

    @classmethod
    def _replace(
        cls,
        before: Ruling | None,
        policy: Policy,
        value: Value | None,
        locked: bool,
        head_id: uuid.UUID | None,
        by: Actor | None,
        at: datetime,
    ) -> None:
        if before is not None:
            before.ended_at = at
            db.session.flush()  # or the two would stand beside each other for a moment
        if value is not None or locked:
            made = {"name": policy.name, "head_id": head_id, "value": value, "locked": locked}
            db.session.add(cls(**made, set_by_id=by.id if by else None, set_at=at, ended_at=None))
        db.session.flush()
        g.pop("policies", None)  # what this request read of them holds no more
        if head_id is None:
            policy_set.send(policy.name, value=policy.default if value is None else value)

    @staticmethod
    def _told(
        action: str,
        policy: Policy,
        head_id: uuid.UUID | None,
        by: Actor | None,
        at: datetime,
        before: audit.Values | None,
        after: audit.Values | None,
    ) -> None:
        about = audit.Reference("policy", head_id, policy.name)
        audit.record(action, by=by, at=at, about=about, before=before, after=after)

    @property
    def policy(self) -> Policy:
        return POLICIES[self.name]
