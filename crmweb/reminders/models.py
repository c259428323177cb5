"""A reminder: something that one person has to do by a moment, often because somebody promised it."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, and_, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.scope import Scoped, looked_after, works_for_viewer

MORNING = time(9)
"""When a reminder that names only a day falls due, where its person is."""

Promised = Literal["us", "them"]
OPEN = text("done_at IS NULL AND dropped_at IS NULL")


class Reminder(Scoped, Model):
    """For one person; about a customer, or about nobody. `promised_by`: us or them, where it is a promise.

    `whole_day` says that only the day was named; `due_at` is then that day's morning. `cause_id` is the visit or note
    it came from. Seen by those who see the customer or the person's work.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_due", "person_id", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), index=True
    )
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    text: Mapped[str] = mapped_column(String(500))
    due_at: Mapped[datetime]
    whole_day: Mapped[bool] = mapped_column(default=False)
    promised_by: Mapped[str | None] = mapped_column(String(8))
    cause_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    created_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    dropped_at: Mapped[datetime | None]

    customer: Mapped[Customer | None] = relationship()
    person: Mapped[User] = relationship(foreign_keys=[person_id])

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.person_id), looked_after(columns.customer_id))

    @classmethod
    def promise(
        cls,
        customer: Customer,
        text: str,
        *,
        promised_by: Promised,
        until: date,
        by: Actor,
        at: datetime,
        cause_id: uuid.UUID | None = None,
    ) -> Reminder:
        """Somebody promised something until a day; whoever heard it is reminded on that morning."""
        due_at = datetime.combine(until, MORNING, ZoneInfo(by.zone))
        reminder = cls(
            id=new_id(), customer_id=customer.id, person_id=by.id, text=text, due_at=due_at, whole_day=True,
            promised_by=promised_by, cause_id=cause_id, created_by_id=by.id, created_at=at,
        )  # fmt: skip
        db.session.add(reminder)
        reminder._tell("promise.made", by=by, at=at, customer=customer)
        return reminder

    @classmethod
    def open_of(cls, person_id: uuid.UUID, *, before: datetime) -> Select[Any]:
        """What one person still has to do before a moment, the earliest first."""
        theirs = and_(cls.person_id == person_id, cls.done_at.is_(None), cls.dropped_at.is_(None))
        return select(cls).where(theirs, cls.due_at < before).order_by(cls.due_at, cls.id)

    @classmethod
    def promised(cls, customer_id: uuid.UUID) -> Select[Any]:
        """What both sides have promised at a customer and not kept yet, the earliest first."""
        waiting = and_(cls.promised_by.is_not(None), cls.done_at.is_(None), cls.dropped_at.is_(None))
        theirs = select(cls).where(cls.customer_id == customer_id, waiting).options(joinedload(cls.person))
        return theirs.order_by(cls.due_at, cls.id)

    def done(self, *, by: Actor, at: datetime) -> None:
        """It is done; said twice, the first time counts."""
        if self.done_at is None:
            self.done_at, self.done_by_id = at, by.id
            self._tell("promise.kept", by=by, at=at, customer=self.customer)

    def undo(self, *, by: Actor, at: datetime) -> None:
        """It is not done after all."""
        if self.done_at is not None:
            self.done_at = self.done_by_id = None
            self._tell("promise.reopened", by=by, at=at, customer=self.customer)

    def _tell(self, kind: str, *, by: Actor, at: datetime, customer: Customer | None) -> None:
        """Promises stand on the customer's timeline; what somebody only has to remember does not."""
        if self.promised_by is not None and customer is not None:
            told = {"text": self.text, "by": self.promised_by, "until": self.due_at.isoformat()}
            timeline.record(customer, kind, by=by, at=at, payload=told)

    def drop(self, *, at: datetime) -> None:
        """Nobody has to do it any more: what it came from was taken back."""
        self.dropped_at = self.dropped_at or at
