"""One person's day: the stops that their routes bring, and what they changed about it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    String,
    and_,
    literal,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from crmweb.accounts.working_days import Calendar
from crmweb.customers.assignments.models import Assignment
from crmweb.db import Model, db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.weeks import Rhythm
from crmweb.scope import OfCustomer

ROUTE, ADDED, NEXT_STEP = "route", "added", "next_step"
"""Why a stop stands in the day: the route leads there, somebody added it, an earlier visit asked for it."""


class DayPlan(Model):
    """That a day was laid down: from `made_at` on its stops are rows, and the routes do not change it any more."""

    __tablename__ = "day_plans"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    made_at: Mapped[datetime]


class Stop(OfCustomer, Model):
    """One customer in one person's day. One that was taken out stays as a row, so that the route brings it no more."""

    __tablename__ = "stops"
    __table_args__ = (Index("ix_stops_day", "day", "person_id"),)

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    why: Mapped[str] = mapped_column(String(12))
    cause_id: Mapped[uuid.UUID | None]
    taken_out_at: Mapped[datetime | None]


class Day:
    """The plan of one person for one date, laid down or still following the routes."""

    def __init__(self, person_id: uuid.UUID, day: date) -> None:
        self.person_id, self.day = person_id, day

    def customer_ids(self) -> list[uuid.UUID]:
        """Whom to visit, in order. Customers that one may not see any more are left out."""
        stops = self._rows()
        kept = [stop for stop in stops if stop.taken_out_at is None]
        if self._is_laid_down():
            return [stop.customer_id for stop in kept]
        known = {stop.customer_id for stop in stops}
        return [
            *(each for each in routed_on(self.person_id, self.day) if each not in known),
            *(stop.customer_id for stop in kept),
        ]

    def lay_down(self, *, at: datetime) -> None:
        """Make rows of what the routes say, once; from now on the day is changed by hand alone."""
        if self._is_laid_down():
            return
        for position, customer_id in enumerate(self.customer_ids()):
            stop = db.session.get(Stop, (self.person_id, self.day, customer_id))
            if stop is None:
                stop = self._new(customer_id, ROUTE)
            stop.position = position
        db.session.add(DayPlan(person_id=self.person_id, day=self.day, made_at=at))
        db.session.flush()

    def add(
        self,
        customer_id: uuid.UUID,
        *,
        at: datetime,
        why: str = ADDED,
        cause_id: uuid.UUID | None = None,
        position: int | None = None,
    ) -> None:
        """Go there too: last, or at a position. A next step leaves the day to the routes, which may still change it."""
        if why != NEXT_STEP:
            self.lay_down(at=at)
        stop = db.session.get(Stop, (self.person_id, self.day, customer_id))
        if stop is None:
            stop = self._new(customer_id, why)
            stop.cause_id = cause_id
            stop.position = len(self._rows())
        stop.taken_out_at = None
        if position is not None:
            self._put(customer_id, position)

    def forget_next_step(self, customer_id: uuid.UUID, cause_id: uuid.UUID) -> None:
        """The visit that asked for it took it back."""
        stop = db.session.get(Stop, (self.person_id, self.day, customer_id))
        if stop is not None and stop.why == NEXT_STEP and stop.cause_id == cause_id:
            db.session.delete(stop)

    def take_out(self, customer_id: uuid.UUID, *, at: datetime) -> int | None:
        """Do not go there on that day; returns where it stood, None when it was not in the day."""
        self.lay_down(at=at)
        order = self.customer_ids()
        stop = db.session.get(Stop, (self.person_id, self.day, customer_id))
        if stop is None or stop.taken_out_at is not None:
            return None
        stop.taken_out_at = at
        return order.index(customer_id)

    def order(self, customer_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
        """In this order; those that are not named come behind, as they stood."""
        self.lay_down(at=at)
        wanted = {customer_id: position for position, customer_id in enumerate(customer_ids)}
        stops = sorted(
            self._rows(), key=lambda stop: wanted.get(stop.customer_id, len(wanted) + stop.position)
        )
        for position, stop in enumerate(stops):
            stop.position = position

    def put(self, customer_id: uuid.UUID, position: int, *, at: datetime) -> None:
        """To this place, the first is 0; never beyond the ends. Who is not in the day stays out."""
        self.lay_down(at=at)
        if customer_id in self.customer_ids():
            self._put(customer_id, position)

    def _put(self, customer_id: uuid.UUID, position: int) -> None:
        order = [each for each in self.customer_ids() if each != customer_id]
        order.insert(min(max(position, 0), len(order)), customer_id)
        places = {each: place for place, each in enumerate(order)}
        for stop in self._rows():
            stop.position = places.get(stop.customer_id, len(order))

    def _new(self, customer_id: uuid.UUID, why: str) -> Stop:
        stop = Stop(
            person_id=self.person_id,
            day=self.day,
            customer_id=customer_id,
            position=0,
            why=why,
            taken_out_at=None,
        )
        db.session.add(stop)
        return stop

    def _rows(self) -> list[Stop]:
        theirs = select(Stop).where(Stop.person_id == self.person_id, Stop.day == self.day)
        return list(db.session.scalars(theirs.order_by(Stop.position, Stop.customer_id)))

    def _is_laid_down(self) -> bool:
        return db.session.get(DayPlan, (self.person_id, self.day)) is not None


def routed_on(person_id: uuid.UUID, day: date) -> list[uuid.UUID]:
    """Whom the routes bring on that date: one's own, without what others cover then, and what one covers."""
    if day in Calendar.of(person_id, around=day).days_off:
        return []
    rhythms = db.session.execute(_stops_of(person_id, day))
    return list(
        dict.fromkeys(row.customer_id for row in rhythms if Rhythm(row.weekdays, row.weeks).runs_on(day))
    )


def _stops_of(person_id: uuid.UUID, day: date) -> Any:
    """The stops of the routes that this person runs on that date: their own, then those they cover, in order."""
    own, cover = aliased(Assignment), aliased(Assignment)
    standing = select(
        RouteStop.customer_id, Route.weekdays, Route.weeks, literal(0), Route.created_at, RouteStop.position
    )
    routed = standing.join(Route, Route.id == RouteStop.route_id).where(
        Route.ended_at.is_(None), RouteStop.since <= day
    )
    covered = select(own.id).where(
        own.customer_id == RouteStop.customer_id, own.stands_in_for_id == person_id, *_at_work(own, day)
    )
    mine = routed.where(Route.person_id == person_id, ~covered.exists())
    theirs = (
        routed.with_only_columns(
            RouteStop.customer_id,
            Route.weekdays,
            Route.weeks,
            literal(1),
            Route.created_at,
            RouteStop.position,
        )
        .join(
            cover, and_(cover.customer_id == RouteStop.customer_id, cover.stands_in_for_id == Route.person_id)
        )
        .where(cover.person_id == person_id, *_at_work(cover, day))
    )
    return union_all(mine, theirs).order_by(text("4, 5, 6"))


def _at_work(cover: Any, day: date) -> tuple[ColumnElement[bool], ...]:
    """Whether somebody stands in on that date."""
    return (
        cover.since <= day,
        or_(cover.until.is_(None), cover.until >= day),
        cover.ended_at.is_(None),
    )
