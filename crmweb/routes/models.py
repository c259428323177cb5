"""A route: one person's standing plan of whom to visit on which weekdays, in which order."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, String, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
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
    stops: Mapped[list[RouteStop]] = relationship(
        order_by="RouteStop.position", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def of(cls, person_id: uuid.UUID) -> list[Route]:
        """The routes of one person that are in force, in the order of the week."""
        routes = db.session.scalars(select(cls).where(cls.person_id == person_id, cls.ended_at.is_(None)))
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
            created_at=at, changed_at=at, stops=[],
        )  # fmt: skip
        db.session.add(route)
        for customer in customers:
            route.lead_to(customer, at=at)
        return route

    def editable_by(self, actor: Actor) -> bool:
        """By its person, and by whoever sees that person's work and plans for a team."""
        if actor.id == self.person_id:
            return True
        return actor.may("team:plan") and (
            actor.may("customers:all") or Oversight.covers(actor.id, self.person_id)
        )

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.weekdays, self.weeks)

    @property
    def customer_ids(self) -> list[uuid.UUID]:
        return [stop.customer_id for stop in self.stops]

    def lead_to(self, customer: Customer, *, at: datetime) -> None:
        """Go there too, last; a second time changes nothing."""
        if customer.id in self.customer_ids:
            return
        since = at.astimezone(ZoneInfo(self._zone)).date()
        self.stops.append(RouteStop(customer_id=customer.id, position=len(self.stops), since=since))
        self.changed_at = at
        self.plan([customer.id])

    def leave_out(self, customer_id: uuid.UUID, *, at: datetime) -> None:
        """Do not go there any more."""
        self.stops = [stop for stop in self.stops if stop.customer_id != customer_id]
        self._count_stops(at)
        self.plan([customer_id])

    def order(self, customer_ids: Sequence[uuid.UUID], *, at: datetime) -> None:
        """In this order; those that are not named keep theirs, behind."""
        wanted = {customer_id: position for position, customer_id in enumerate(customer_ids)}
        self.stops.sort(key=lambda stop: wanted.get(stop.customer_id, len(wanted) + stop.position))
        self._count_stops(at)

    def change(self, *, at: datetime, weekdays: int, weeks: str, name: str) -> None:
        """Run on other days."""
        self.weekdays, self.weeks, self.name, self.changed_at = weekdays, weeks, name, at
        self.plan(self.customer_ids)

    def end(self, *, at: datetime) -> None:
        """It is not run any more."""
        self.ended_at = self.ended_at or at
        db.session.flush()
        self.plan(self.customer_ids)

    def _count_stops(self, at: datetime) -> None:
        for position, stop in enumerate(self.stops):
            stop.position = position
        self.changed_at = at

    def plan(self, customer_ids: Iterable[uuid.UUID]) -> None:
        """Tell customers when this person comes next."""
        from crmweb.routes.next_days import plan_next_days

        db.session.flush()
        plan_next_days(self.person_id, customer_ids)

    @property
    def _zone(self) -> str:
        return db.session.scalar(select(User.zone).where(User.id == self.person_id)) or "UTC"


class RouteStop(OfCustomer, Model):
    """One customer on a route, from `since` on (a date where the person is)."""

    __tablename__ = "route_stops"

    route_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("routes.id", ondelete="CASCADE"), primary_key=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    position: Mapped[int]
    since: Mapped[date] = mapped_column(Date)


def _first_weekday(weekdays: int) -> int:
    return (weekdays & -weekdays).bit_length()
