"""A route: one person's standing plan of whom to visit on which weekdays, in which order."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, String, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, selectinload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.routes.weeks import EVERY, Rhythm
from crmweb.scope import OfCustomer


class Route(Model):
    """Weekdays as bits, Monday first. A route that is over is ended and kept."""

    __tablename__ = "routes"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    weekdays: Mapped[int]
    weeks: Mapped[str] = mapped_column(String(8), default=EVERY)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[User] = relationship()
    stop_rows: Mapped[list[RouteStop]] = relationship(
        order_by="RouteStop.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, person_id: uuid.UUID) -> list[Route]:
        """The routes of one person that are in force, in the order of the week."""
        in_force = select(cls).where(cls.person_id == person_id, cls.ended_at.is_(None))
        routes = db.session.scalars(in_force.options(selectinload(cls.stop_rows)))
        return sorted(
            routes, key=lambda route: (_first_weekday(route.weekdays), route.weeks, route.created_at)
        )

    @classmethod
    def lay(
        cls,
        person: User | Actor,
        *,
        weekdays: int,
        at: datetime,
        weeks: str = EVERY,
        name: str = "",
        customers: Sequence[Customer] = (),
        id: uuid.UUID | None = None,
    ) -> Route:
        """A new route, through these customers in this order."""
        route = cls(
            id=id or new_id(), person_id=person.id, name=name, weekdays=weekdays, weeks=weeks,
            created_at=at, changed_at=at, stop_rows=[],
        )  # fmt: skip
        db.session.add(route)
        route.lead_to(*customers, at=at)
        return route

    def editable_by(self, actor: Actor) -> bool:
        return may_plan(actor, self.person_id)

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.weekdays, self.weeks)

    @property
    def stops(self) -> list[RouteStop]:
        """Where it leads, in order."""
        return sorted(
            (stop for stop in self.stop_rows if stop.left_out_at is None), key=lambda stop: stop.position
        )

    @property
    def customer_ids(self) -> list[uuid.UUID]:
        return [stop.customer_id for stop in self.stops]

    def lead_to(self, *customers: Customer, at: datetime) -> None:
        """Go there too, last; a second time changes nothing."""
        self._wait()
        known, since = self.customer_ids, self._today(at)
        new = [each for each in dict.fromkeys(customer.id for customer in customers) if each not in known]
        for place, customer_id in enumerate(new, start=len(known)):
            if (stop := self._row(customer_id)) is None:
                stop = RouteStop(customer_id=customer_id)
                self.stop_rows.append(stop)
            stop.position, stop.since, stop.left_out_at = place, since, None
        if new:
            self.changed_at = at
            self.plan(new, at=at)

    def take_on(self, customer_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
        """Go there too, from another's route: who stood here before stands where they stood, others last.

        Whoever calls plans the days anew.
        """
        order, since = self.customer_ids, self._today(at)
        for customer_id in (each for each in customer_ids if each not in order):
            if (stop := self._row(customer_id)) is None:
                stop = RouteStop(customer_id=customer_id, position=len(order))
                self.stop_rows.append(stop)
            order.insert(min(stop.position, len(order)), customer_id)
            stop.since, stop.left_out_at = since, None
        self._count_stops(order, at)

    def give_away(self, customer_ids: Collection[uuid.UUID], *, at: datetime) -> list[uuid.UUID]:
        """Another's route goes there now; returns who was given, in order. A route that is empty then is over."""
        given = [stop for stop in self.stops if stop.customer_id in customer_ids]
        for stop in given:
            stop.left_out_at = at
        self._count_stops(self.customer_ids, at)
        if given and not self.stops:
            self.ended_at = at
        return [stop.customer_id for stop in given]

    def _wait(self) -> None:
        """Somebody may have led it to the same customer since its stops were read."""
        wait_for_turn(self.person_id)
        if self in db.session and self not in db.session.new:
            db.session.expire(self, ["stop_rows"])

    def leave_out(self, customer_id: uuid.UUID, *, at: datetime) -> None:
        """Do not go there any more. The stop is kept with its place, so that it can be brought back."""
        stop = self._row(customer_id)
        if stop is not None and stop.left_out_at is None:
            stop.left_out_at = at
            self._count_stops(self.customer_ids, at)
            self.plan([customer_id], at=at)

    def bring_back(self, customer_id: uuid.UUID, *, at: datetime) -> None:
        """Leaving it out was a slip: as if it had never been."""
        stop = self._row(customer_id)
        if stop is not None and stop.left_out_at is not None:
            order = self.customer_ids
            order.insert(min(stop.position, len(order)), customer_id)
            stop.left_out_at = None
            self._count_stops(order, at)
            self.plan([customer_id], at=at)

    def order(self, customer_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
        """In this order; those that are not named keep theirs, behind."""
        now = self.customer_ids
        named = [each for each in dict.fromkeys(customer_ids) if each in now]
        self._count_stops([*named, *(each for each in now if each not in named)], at)

    def move(self, customer_id: uuid.UUID, by: int, *, at: datetime) -> None:
        """So many places later, or earlier with a negative number; never beyond the ends."""
        order = self.customer_ids
        if customer_id in order:
            place = order.index(customer_id) + by
            order.remove(customer_id)
            order.insert(min(max(place, 0), len(order)), customer_id)
            self._count_stops(order, at)

    def change(self, *, at: datetime, weekdays: int, weeks: str, name: str) -> None:
        """Run on other days. What it should have reached by now stays missed; the rest counts from today."""
        if (weekdays, weeks) != (self.weekdays, self.weeks):
            self._begin_anew(at)
        self.weekdays, self.weeks, self.name, self.changed_at = weekdays, weeks, name, at
        self.plan(self.customer_ids, at=at)

    def _begin_anew(self, at: datetime) -> None:
        today = self._today(at)
        missed = next_days_of(self.person_id, self.customer_ids)
        for stop in self.stops:
            stop.since = min(missed.get(stop.customer_id, today), today)

    def end(self, *, at: datetime) -> None:
        """It is not run any more."""
        self.ended_at = self.ended_at or at
        self.plan(self.customer_ids, at=at)

    def restore(self, *, at: datetime) -> None:
        """Ending it was a slip."""
        self.ended_at = None
        self.plan(self.customer_ids, at=at)

    def _row(self, customer_id: uuid.UUID) -> RouteStop | None:
        return next((stop for stop in self.stop_rows if stop.customer_id == customer_id), None)

    def _count_stops(self, order: Sequence[uuid.UUID], at: datetime) -> None:
        places = {customer_id: place for place, customer_id in enumerate(order)}
        for stop in self.stops:
            stop.position = places[stop.customer_id]
        self.changed_at = at

    def plan(self, customer_ids: Iterable[uuid.UUID], *, at: datetime) -> None:
        """Tell customers when this person comes next, and the days that are laid down already."""
        from crmweb.routes.next_days import plan_next_days
        from crmweb.routes.plans import follow_routes

        customer_ids = list(customer_ids)
        db.session.flush()
        plan_next_days(self.person_id, customer_ids)
        follow_routes([self.person_id], customer_ids, at=at)

    def _today(self, at: datetime) -> date:
        zone = db.session.scalar(select(User.zone).where(User.id == self.person_id))
        return at.astimezone(ZoneInfo(zone or "UTC")).date()


def may_plan(actor: Actor, person_id: uuid.UUID) -> bool:
    """Whether somebody lays this person's routes: they themself, and who sees their work and plans for a team."""
    if actor.id == person_id:
        return True
    return actor.may("team:plan") and (
        actor.may("customers:read:all") or Oversight.covers(actor.id, person_id)
    )


def next_days_of(person_id: uuid.UUID, customer_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, date]:
    """When this person's routes lead there next, as customers were told."""
    told = select(Assignment.customer_id, func.min(Assignment.next_route_day)).where(
        Assignment.person_id == person_id, Assignment.customer_id.in_(list(customer_ids)),
        Assignment.ended_at.is_(None),
    )  # fmt: skip
    rows = db.session.execute(told.group_by(Assignment.customer_id))
    return {customer_id: day for customer_id, day in rows if day is not None}


class RouteStop(OfCustomer, Model):
    """One customer on a route, from `since` on (a date where the person is); kept when it is left out."""

    __tablename__ = "route_stops"

    route_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("routes.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    since: Mapped[date] = mapped_column(Date)
    left_out_at: Mapped[datetime | None]


def _first_weekday(weekdays: int) -> int:
    return (weekdays & -weekdays).bit_length()
