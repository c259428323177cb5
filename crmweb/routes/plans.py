"""One person's day: the stops that their routes bring, and what they changed about it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence, Set
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, Index, String, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.accounts.models import User
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import Model, db
from crmweb.routes.models import Route
from crmweb.routes.running import routed_on
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
        kept = [stop.customer_id for stop in stops if stop.taken_out_at is None]
        if self._is_laid_down():
            return kept
        out = {stop.customer_id for stop in stops if stop.taken_out_at is not None}
        routed = [each for each in routed_on(self.person_id, self.day) if each not in out]
        return [*routed, *(each for each in kept if each not in routed)]

    def lay_down(self, *, at: datetime) -> None:
        """Make rows of what the routes say, once; from now on the day is changed by hand alone."""
        wait_for_turn(self.person_id)
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
        wait_for_turn(self.person_id)
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
        """In this order, on the places that they have together; those that are not named stay on theirs."""
        self.lay_down(at=at)
        now = self.customer_ids()
        named = [each for each in dict.fromkeys(customer_ids) if each in now]
        following = iter(named)
        self._count([next(following) if each in named else each for each in now])

    def put(self, customer_id: uuid.UUID, position: int, *, at: datetime) -> None:
        """To this place, the first is 0; never beyond the ends. Who is not in the day stays out."""
        self.lay_down(at=at)
        if customer_id in self.customer_ids():
            self._put(customer_id, position)

    def follow(self, customer_ids: Iterable[uuid.UUID], *, done: Set[uuid.UUID] = frozenset()) -> None:
        """A route was changed by hand after the day was laid down: these customers come and go with it.

        What somebody did to this day by hand stands, and so does whoever was visited (`done`).
        """
        wanted = set(customer_ids) - done
        routed = [each for each in routed_on(self.person_id, self.day) if each in wanted]
        stops = {stop.customer_id: stop for stop in self._rows()}
        new = [each for each in routed if each not in stops]
        # Held until the flush: it asks for each customer who is not at hand.
        _at_hand = db.session.scalars(select(Customer).where(Customer.id.in_(new))).all()
        for place, customer_id in enumerate(new):
            self._new(customer_id, ROUTE).position = len(stops) + place
        for customer_id in wanted.difference(routed) & stops.keys():
            if stops[customer_id].why == ROUTE and stops[customer_id].taken_out_at is None:
                db.session.delete(stops[customer_id])
        db.session.flush()

    def _put(self, customer_id: uuid.UUID, position: int) -> None:
        order = [each for each in self.customer_ids() if each != customer_id]
        order.insert(min(max(position, 0), len(order)), customer_id)
        self._count(order)

    def _count(self, order: Sequence[uuid.UUID]) -> None:
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
        theirs = (
            select(Stop)
            .join(Customer, Customer.id == Stop.customer_id)
            .where(Stop.person_id == self.person_id, Stop.day == self.day, Customer.archived_at.is_(None))
        )
        return list(db.session.scalars(theirs.order_by(Stop.position, Stop.customer_id)))

    def _is_laid_down(self) -> bool:
        return db.session.get(DayPlan, (self.person_id, self.day)) is not None


def waiting_for_a_day(*, at: datetime) -> list[tuple[uuid.UUID, date]]:
    """Who runs a route or stands in where it is a new day, and has no plan for it yet."""
    routes = select(Route.id).where(Route.person_id == User.id, Route.ended_at.is_(None)).exists()
    covers = (
        select(Assignment.id)
        .where(
            Assignment.person_id == User.id,
            Assignment.stands_in_for_id.is_not(None),
            Assignment.ended_at.is_(None),
        )
        .exists()
    )
    people = select(User.id, User.zone).where(User.deactivated_at.is_(None), or_(routes, covers))
    days = [(person.id, at.astimezone(ZoneInfo(person.zone)).date()) for person in db.session.execute(people)]
    lately = select(DayPlan.person_id, DayPlan.day).where(DayPlan.day >= at.date() - timedelta(days=1))
    made = {(row.person_id, row.day) for row in db.session.execute(lately)}
    return [each for each in days if each not in made and routed_on(*each)]


def follow_routes(people: Iterable[uuid.UUID], customer_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
    """Let the days that these people, and those who stand in for them, laid down already follow their routes."""
    covers = select(Assignment.person_id).where(
        Assignment.stands_in_for_id.in_(list(people)), Assignment.ended_at.is_(None),
        Assignment.customer_id.in_(customer_ids),
    )  # fmt: skip
    db.session.flush()
    everyone = {*people, *db.session.scalars(covers)}
    for plan, zone in db.session.execute(
        select(DayPlan, User.zone)
        .join(User, User.id == DayPlan.person_id)
        .where(DayPlan.person_id.in_(everyone), DayPlan.day >= at.date() - timedelta(days=1))
    ):
        today = at.astimezone(ZoneInfo(zone)).date()
        if plan.day >= today:
            done = _visited_since(today, zone, customer_ids) if plan.day == today else set()
            Day(plan.person_id, plan.day).follow(customer_ids, done=done)


def leave_days(person_id: uuid.UUID, customer_id: uuid.UUID, *, at: datetime) -> None:
    """Who does not look after a customer any more does not go there either, from today on."""
    zone = db.session.scalar(select(User.zone).where(User.id == person_id)) or "UTC"
    today = at.astimezone(ZoneInfo(zone)).date()
    done = _visited_since(today, zone, [customer_id])
    ahead = select(Stop).where(
        Stop.person_id == person_id, Stop.customer_id == customer_id, Stop.day >= today
    )
    for stop in db.session.scalars(ahead):
        if stop.day != today or customer_id not in done:
            db.session.delete(stop)


def _visited_since(today: date, zone: str, customer_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    midnight = datetime.combine(today, time(), ZoneInfo(zone))
    seen = select(Assignment.customer_id).where(
        Assignment.customer_id.in_(customer_ids), Assignment.last_visit_at >= midnight
    )
    return set(db.session.scalars(seen))
