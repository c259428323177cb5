"""A reminder: something that one person has to do by a moment, often because somebody promised it."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, and_, false, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.notifications import Notice
from crmweb.reminders.moments import morning, next_after
from crmweb.scope import Scoped, looked_after, works_for_viewer

Promised = Literal["us", "them"]
DUE: Final = "reminder.due"
HANDED_OVER: Final = "reminder.handed_over"
A_DAY, A_MONTH = timedelta(days=1), timedelta(days=30)
OPEN = text("done_at IS NULL AND dropped_at IS NULL")
_AT_A_VISIT = text("waits_for_visit AND done_at IS NULL AND dropped_at IS NULL")


class Reminder(Scoped, Model):
    """For one person; about a customer, or about nobody. `promised_by`: us or them, where it is a promise.

    `whole_day` says that only the day was named; `due_at` is then that day's morning. `cause_id` is the visit or note
    it came from. One that `waits_for_visit` falls due at the next visit there, or at `due_at` if none comes before.
    One that `repeats` is followed, when it is done, by the next `round` of its series; `round_at` is when this one
    was to fall due, however long it was put off. `given_by`: who handed it over last. Seen by those who see the
    customer or the person's work.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_due", "person_id", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_reminders_done", "person_id", "done_at"),
        Index("ix_reminders_visit", "customer_id", sqlite_where=_AT_A_VISIT, postgresql_where=_AT_A_VISIT),
        Index("uq_reminders_series", "series_id", "round", unique=True),
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
    waits_for_visit: Mapped[bool] = mapped_column(default=False, server_default=false())
    repeats: Mapped[str | None] = mapped_column(String(10))
    day_of_month: Mapped[int | None]
    series_id: Mapped[uuid.UUID | None]
    round: Mapped[int] = mapped_column(default=0, server_default="0")
    round_at: Mapped[datetime | None]
    given_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    created_by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    dropped_at: Mapped[datetime | None]

    customer: Mapped[Customer | None] = relationship()
    person: Mapped[User] = relationship(foreign_keys=[person_id])
    given_by: Mapped[User | None] = relationship(foreign_keys=[given_by_id])

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.person_id), looked_after(columns.customer_id))

    @classmethod
    def remind(
        cls,
        text: str,
        *,
        due_at: datetime,
        by: Actor,
        at: datetime,
        customer: Customer | None = None,
        whole_day: bool = False,
        repeats: str | None = None,
        id: uuid.UUID | None = None,
        cause_id: uuid.UUID | None = None,
        promised_by: Promised | None = None,
    ) -> Reminder:
        """Something that `by` wants to be reminded of, maybe about a customer, at `due_at`: they are told then."""
        reminder = cls(
            id=id or new_id(), customer_id=customer.id if customer else None, person_id=by.id, text=text,
            due_at=due_at, whole_day=whole_day, repeats=repeats,
            day_of_month=due_at.astimezone(by.tzinfo).day if repeats else None, promised_by=promised_by,
            cause_id=cause_id, created_by_id=by.id, created_at=at, round_at=due_at if repeats else None,
        )  # fmt: skip
        reminder.series_id = reminder.id if repeats else None
        db.session.add(reminder)
        reminder.tell_when_due(at=at, locale=by.locale)
        return reminder

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
        reminder = cls.remind(
            text, due_at=morning(until, by.zone), by=by, at=at, customer=customer, whole_day=True,
            cause_id=cause_id, promised_by=promised_by,
        )  # fmt: skip
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
        return cls._open_at(customer_id).where(cls.promised_by.is_not(None))

    @classmethod
    def to_do_at(cls, customer_id: uuid.UUID) -> Select[Any]:
        """What is still to be done at a customer and nobody promised, the earliest first."""
        return cls._open_at(customer_id).where(cls.promised_by.is_(None))

    @classmethod
    def _open_at(cls, customer_id: uuid.UUID) -> Select[Any]:
        waiting = (cls.customer_id == customer_id, cls.done_at.is_(None), cls.dropped_at.is_(None))
        return select(cls).where(*waiting).options(joinedload(cls.person)).order_by(cls.due_at, cls.id)

    @classmethod
    def to_change(cls, id: uuid.UUID) -> Reminder | None:
        """The one with this id, which nobody else changes until this transaction is over."""
        one = select(cls).where(cls.id == id).with_for_update(of=cls, key_share=True)
        found: Reminder | None = db.session.scalar(one)
        return found

    @property
    def is_open(self) -> bool:
        return self.done_at is None and self.dropped_at is None

    def done(self, *, by: Actor, at: datetime) -> None:
        """It is done; said twice, the first time counts. One that repeats comes again."""
        if self.is_open:
            self.done_at, self.done_by_id, self.waits_for_visit = at, by.id, False
            self._tell_no_more(at=at)
            self._tell("promise.kept", by=by, at=at, customer=self.customer)
            self._come_again(at=max(at, clock.now()))

    def undo(self, *, by: Actor, at: datetime) -> None:
        """It is not done after all; what was to come next in its stead goes."""
        if self.done_at is not None:
            self.done_at = self.done_by_id = None
            self._tell("promise.reopened", by=by, at=at, customer=self.customer)
            if later := self._later_round():
                later._forget(at=at)
                later.series_id = None
            if self.due_at > at:
                self.tell_when_due(at=at)

    def change(
        self, text: str, *, due_at: datetime, whole_day: bool, repeats: str | None, zone: str, at: datetime
    ) -> None:
        """Other words, another moment, or how it comes again."""
        self.text = text
        if repeats != self.repeats:
            self.repeats, self.series_id = repeats, self.series_id or (self.id if repeats else None)
        if repeats and (self.round_at is None or due_at != self.due_at):
            self.day_of_month, self.round_at = due_at.astimezone(ZoneInfo(zone)).day, due_at
        if due_at != self.due_at:
            self._fall_due(due_at, at=at, whole_day=whole_day)

    def snooze(self, until: datetime, *, at: datetime, whole_day: bool = False) -> None:
        """Later."""
        if self.is_open:
            self._fall_due(until, at=at, whole_day=whole_day)

    def snooze_to_visit(self, route_day: date | None, *, zone: str, at: datetime) -> None:
        """When its customer is visited next, or on the morning of their next route day if nobody was there before: of
        tomorrow, where that is today. Without a route, in a month.
        """
        if self.is_open and self.customer_id is not None:
            today = at.astimezone(ZoneInfo(zone)).date()
            day = max(route_day, today + A_DAY) if route_day else today + A_MONTH
            self._fall_due(morning(day, zone), at=at, whole_day=True)
            self.waits_for_visit = True

    def visit_begins(self, *, at: datetime) -> None:
        """The visit that it waited for."""
        self._fall_due(at, at=at, whole_day=True)

    def hand_over(self, to: User, *, by: Actor, at: datetime) -> None:
        """From now on it is theirs to do, and they hear of that."""
        if self.is_open and to.id != self.person_id:
            self.person_id, self.person, self.given_by_id = to.id, to, by.id
            self._tell_no_more(at=at)
            self.tell_when_due(at=at)
            if by.id != to.id:
                self._tell_of_hand_over(to, by=by, at=at)

    def _tell_of_hand_over(self, to: User, *, by: Actor, at: datetime) -> None:
        Notice.file(
            to.id, HANDED_OVER, dedupe=f"handed over {self.id} {new_id()}", payload={"by": by.name}, at=at,
            about_id=self.id, customer_id=self.customer_id,
        )  # fmt: skip

    def drop(self, *, by: Actor, at: datetime) -> None:
        """Nobody has to do it any more: it was taken back, or what it came from was."""
        if self.dropped_at is None:
            self._tell("promise.taken_back", by=by, at=at, customer=self.customer)
            self._forget(at=at)

    def _forget(self, *, at: datetime) -> None:
        self.dropped_at = at
        self._tell_no_more(at=at)

    def restore(self, *, by: Actor, at: datetime) -> None:
        """Dropped by a slip."""
        if self.dropped_at is not None:
            self.dropped_at = None
            self._tell("promise.reopened", by=by, at=at, customer=self.customer)
            self.tell_when_due(at=at)

    def tell_when_due(self, *, at: datetime, locale: str | None = None) -> None:
        """File the notice of it, one for each time that it is to fall due."""
        told = {"text": self.text, "due_at": self.due_at.astimezone(UTC).isoformat()}
        Notice.file(
            self.person_id, DUE, dedupe=f"reminder {self.id} {new_id()}", payload=told, at=at,
            not_before=self.due_at, about_id=self.id, customer_id=self.customer_id, locale=locale,
        )  # fmt: skip

    @classmethod
    def never_filed(cls, *, at: datetime) -> Select[Any]:
        """What is open and to come, and nobody was ever going to be told of: promises of before they rang."""
        told = select(Notice.id).where(Notice.about_id == cls.id, Notice.kind == DUE)
        return select(cls).where(OPEN, cls.due_at > at, ~told.exists()).order_by(cls.due_at, cls.id)

    def _tell_no_more(self, *, at: datetime) -> None:
        Notice.drop(self.id, at=at)

    def _fall_due(self, due_at: datetime, *, at: datetime, whole_day: bool) -> None:
        self.due_at, self.whole_day, self.waits_for_visit = due_at, whole_day, False
        self._tell_no_more(at=at)
        self.tell_when_due(at=at)

    def _come_again(self, *, at: datetime) -> None:
        if self.repeats is None or self._later_round() is not None:
            return
        due_at = next_after(
            self.round_at or self.due_at,
            self.repeats,
            after=at,
            zone=self.person.zone,
            day_of_month=self.day_of_month,
        )
        again = Reminder(
            id=new_id(), customer_id=self.customer_id, person_id=self.person_id, text=self.text, due_at=due_at,
            whole_day=self.whole_day, repeats=self.repeats, day_of_month=self.day_of_month,
            series_id=self.series_id, round=self.round + 1, created_by_id=self.created_by_id, created_at=at,
            round_at=due_at, given_by_id=self.given_by_id,
        )  # fmt: skip
        db.session.add(again)
        again.tell_when_due(at=at)

    def _later_round(self) -> Reminder | None:
        if self.series_id is None:
            return None
        found: Reminder | None = db.session.scalar(
            select(Reminder).where(Reminder.series_id == self.series_id, Reminder.round == self.round + 1)
        )
        return found

    def _tell(self, kind: str, *, by: Actor, at: datetime, customer: Customer | None) -> None:
        """Promises stand on the customer's timeline; what somebody only has to remember does not."""
        if self.promised_by is not None and customer is not None:
            told = {"text": self.text, "by": self.promised_by, "until": self.due_at.isoformat()}
            timeline.record(customer, kind, by=by, at=at, payload=told)
