"""Who looks after whom, since when and until when; and when they are due there."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Date, Double, ForeignKey, Index, String, and_, or_, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from crmweb import timeline
from crmweb.accounts.models import User
from crmweb.customers.assignments.planning import Planned
from crmweb.db import Model, db, new_id
from crmweb.scope import OfCustomer

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor
    from crmweb.customers.models import Customer

ON_THE_MAP = text("cell IS NOT NULL AND started_at IS NOT NULL AND ended_at IS NULL")
STANDING = text("ended_at IS NULL")
OWN = text("ended_at IS NULL AND stands_in_for_id IS NULL")
COVER = text("ended_at IS NULL AND stands_in_for_id IS NOT NULL")
STANDING_IN = text("stands_in_for_id IS NOT NULL")


class Assignment(Planned, OfCustomer, Model):
    """One person looks after one customer, for one line of goods or in one role.

    `since` and `until` are what people agreed, first and last day; `started_at` and `ended_at` are when it came true,
    stamped by the clock. `stands_in_for_id` is whose work this covers meanwhile. The copies of the customer's cell,
    place, tier and status are what Nearby filters and sorts by; customers write them, everyone else reads them.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index(
            "ix_assignments_book",
            "person_id",
            "cell",
            "tier",
            "status",
            "next_due",
            "lat",
            "lng",
            "customer_id",
            sqlite_where=ON_THE_MAP,
            postgresql_where=ON_THE_MAP,
        ),
        Index(
            "uq_assignments_standing",
            "customer_id",
            "person_id",
            "line",
            unique=True,
            sqlite_where=OWN,
            postgresql_where=OWN,
        ),
        Index(
            "uq_assignments_cover",
            "customer_id",
            "person_id",
            "stands_in_for_id",
            "since",
            unique=True,
            sqlite_where=COVER,
            postgresql_where=COVER,
        ),
        # Of the few who stand in: where nobody does, an index of them all would count for one that finds everybody.
        Index(
            "ix_assignments_stands_in_for_id",
            "stands_in_for_id",
            sqlite_where=STANDING_IN,
            postgresql_where=STANDING_IN,
        ),
        # Whoever reads customers asks this one who may see them.
        Index("ix_assignments_sight", "customer_id", "person_id", "ended_at", "started_at"),
        # The last three: what is due is counted without a look at any row.
        Index(
            "ix_assignments_due",
            "person_id",
            "next_due",
            "customer_id",
            "started_at",
            "cell",
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
        Index(
            "ix_assignments_quiet",
            "person_id",
            "quiet_after",
            sqlite_where=STANDING,
            postgresql_where=STANDING,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    line: Mapped[str] = mapped_column(String(80), default="")
    stands_in_for_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    cell: Mapped[int | None] = mapped_column(BigInteger)
    lat: Mapped[float | None] = mapped_column(Double)
    lng: Mapped[float | None] = mapped_column(Double)
    tier: Mapped[str | None] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(12))

    customer: Mapped[Customer] = relationship(back_populates="assignments")
    person: Mapped[User] = relationship(lazy="joined", foreign_keys=[person_id])
    stands_in_for: Mapped[User | None] = relationship(foreign_keys=[stands_in_for_id])

    @classmethod
    def between(
        cls,
        customer: Customer,
        person: User,
        *,
        at: datetime,
        line: str = "",
        since: date | None = None,
        until: date | None = None,
        stands_in_for: User | None = None,
    ) -> Assignment:
        """A new one, at work at once when its first day is here. Raises ValueError when `until` lies before `since`."""
        today = at.astimezone(ZoneInfo(person.zone)).date()
        first = since or today
        if until and until < first:
            raise ValueError("the last day lies before the first")
        assignment = cls(
            person=person,
            person_id=person.id,
            line=line,
            stands_in_for=stands_in_for,
            stands_in_for_id=stands_in_for.id if stands_in_for else None,
            since=first,
            until=until,
            created_at=at,
            started_at=at if first <= today else None,
            ended_at=at if until and until < today else None,
        )
        assignment.last_visit_at = cls._last_visit(customer, line, stands_in_for)
        assignment._take_over_touch(customer)
        customer.assignments.append(assignment)
        assignment.copy_customer()
        return assignment

    @staticmethod
    def _last_visit(customer: Customer, line: str, stands_in_for: User | None) -> datetime | None:
        """What those knew whose work goes on here: of the person who is away, or of all for the same line."""
        known = [
            each.last_visit_at
            for each in customer.assignments
            if (each.person_id == stands_in_for.id if stands_in_for else each.line == line)
        ]
        return max((visit for visit in known if visit), default=None)

    def _take_over_touch(self, customer: Customer) -> None:
        """They were in contact with us, whoever looks after them from now on."""
        known = [each for each in customer.assignments if each.last_touch_at]
        if last := max(known, key=lambda each: each.last_touch_at or each.created_at, default=None):
            self.last_touch_at, self.last_touch = last.last_touch_at, last.last_touch

    @classmethod
    def cover(
        cls,
        customer: Customer,
        person: User,
        *,
        stands_in_for: User,
        since: date,
        until: date,
        by: Actor | None,
        at: datetime,
    ) -> Assignment:
        """Somebody goes there in another one's stead for some dates; both look after the customer meanwhile."""
        cover = cls.between(customer, person, at=at, since=since, until=until, stands_in_for=stands_in_for)
        timeline.record(customer, "assignment.started", by=by, at=at, payload=cover._told())
        return cover

    def pause(self, since: date, until: date, *, by: Actor | None, at: datetime) -> None:
        """Who stands in is away themself from one date to another, both within the cover: it is over before that, and
        what is left of it begins after.
        """
        first, last = self.since, self.until
        after = until + timedelta(days=1) if last is None or until < last else None
        if first < since:
            self.until = since - timedelta(days=1)
            if after is not None and self.stands_in_for is not None:
                self.between(
                    self.customer, self.person, at=at, line=self.line, since=after, until=last,
                    stands_in_for=self.stands_in_for,
                )  # fmt: skip
        elif after is not None:
            self.since, self.started_at = after, None
        else:
            self.end(by=by, at=at)

    @property
    def terms(self) -> dict[str, str | date | None]:
        """Who for what, from when until when, as an admin reads it later."""
        told: dict[str, str | date | None] = {
            "person": self.person.name, "line": self.line, "first_day": self.since, "last_day": self.until,
        }  # fmt: skip
        if self.stands_in_for is not None:
            told["stands_in_for"] = self.stands_in_for.name
        return {name: value for name, value in told.items() if value}

    def _told(self) -> dict[str, str]:
        """What the timeline says about it."""
        told = {"person": self.person.name, "person_id": str(self.person_id), "line": self.line}
        if self.stands_in_for is not None:
            told |= {"stands_in_for": self.stands_in_for.name, "stands_in_for_id": str(self.stands_in_for_id)}
        return told

    @classmethod
    def turn_over(cls, *, at: datetime) -> int:
        """Start and end what the calendar says, each in its person's zone; returns how many changed."""
        latest = at.date() + timedelta(days=1)
        starts = and_(cls.started_at.is_(None), cls.since <= latest)
        ends = and_(cls.until.is_not(None), cls.until < latest)
        due = select(cls).where(cls.ended_at.is_(None), or_(starts, ends)).options(selectinload(cls.customer))
        return sum(assignment._turn(at) for assignment in db.session.scalars(due).unique().all())

    def _turn(self, at: datetime) -> bool:
        today = at.astimezone(ZoneInfo(self.person.zone)).date()
        if self.until and self.until < today:
            self.end(by=None, at=at)
            return True
        if self.started_at is None and self.since <= today:
            self.started_at = at
            return True
        return False

    @property
    def active(self) -> bool:
        return self.started_at is not None and self.ended_at is None

    @property
    def is_last(self) -> bool:
        """Whether nobody else looks after the customer now; who only stands in does not count, since they go again."""
        others = [each for each in self.customer.assignments if each is not self and each.active]
        return all(each.stands_in_for_id and not self.stands_in_for_id for each in others)

    def end(self, *, by: Actor | None, at: datetime) -> None:
        """From now on this person does not look after the customer any more."""
        if self.ended_at is None:
            customer = self.customer  # read now: with the end, whoever ends it may lose sight of the customer
            told = self._told()
            self.ended_at = at
            timeline.record(customer, "assignment.ended", by=by, at=at, payload=told)

    def copy_customer(self) -> None:
        """Take over what Nearby filters and sorts by, and plan anew."""
        customer = self.customer
        self.cell = None if customer.archived_at else customer.cell
        self.lat, self.lng, self.tier, self.status = (
            customer.lat,
            customer.lng,
            customer.tier,
            customer.status,
        )
        self.plan()
