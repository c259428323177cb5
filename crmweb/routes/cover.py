"""Cover: colleagues run somebody's routes for some dates, and the routes come back by themselves."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased, selectinload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.plans import follow_routes
from crmweb.routes.running import own_on

LONGEST = timedelta(days=92)
"""Who is away for longer hands their customers over."""


class Covered(NamedTuple):
    """What one person runs in the stead of another, for some dates."""

    stand_in_id: uuid.UUID
    stand_in: str
    person_id: uuid.UUID
    person: str
    since: date
    until: date
    customers: int


@dataclass(frozen=True)
class Cover:
    """The routes of one person from one date to another, both included."""

    person: User
    since: date
    until: date

    def hand_to(self, stand_ins: Sequence[User], *, by: Actor, at: datetime) -> int:
        """Part each day's stops among them, in the order of the routes; returns how many customers that is."""
        wait_for_turn(self.person.id, *(each.id for each in stand_ins))
        given = self._parted(stand_ins, at)
        customers = self._customers(list(given))
        covered = self._covered_already(list(given))
        for customer_id, (stand_in, day) in given.items():
            Assignment.cover(
                customers[customer_id], stand_in, stands_in_for=self.person,
                since=day if customer_id in covered else self.since, until=self.until, by=by, at=at,
            )  # fmt: skip
        db.session.flush()
        plan_next_days(self.person.id, given)
        follow_routes([self.person.id, *(each.id for each in stand_ins)], list(given), at=at)
        return len(given)

    def _parted(self, stand_ins: Sequence[User], at: datetime) -> dict[uuid.UUID, tuple[User, date]]:
        given: dict[uuid.UUID, tuple[User, date]] = {}
        for day in self._days():
            new = [each for each in own_on(self.person.id, day) if each not in given]
            done = self._visited_on(day, new, at)
            new = [each for each in new if each not in done]
            for place, customer_id in enumerate(new):
                given[customer_id] = stand_ins[place * len(stand_ins) // len(new)], day
        return given

    def _days(self) -> Iterator[date]:
        for ahead in range((self.until - self.since).days + 1):
            yield self.since + timedelta(days=ahead)

    def _visited_on(self, day: date, customer_ids: list[uuid.UUID], at: datetime) -> set[uuid.UUID]:
        """Who falls ill at noon has seen some of today's shops already."""
        zone = ZoneInfo(self.person.zone)
        if day != at.astimezone(zone).date():
            return set()
        midnight = datetime.combine(day, time(), zone)
        seen = select(Assignment.customer_id).where(
            Assignment.person_id == self.person.id, Assignment.customer_id.in_(customer_ids),
            Assignment.last_visit_at >= midnight,
        )  # fmt: skip
        return set(db.session.scalars(seen))

    def _customers(self, ids: list[uuid.UUID]) -> dict[uuid.UUID, Customer]:
        found = select(Customer).where(Customer.id.in_(ids)).options(selectinload(Customer.assignments))
        return {customer.id: customer for customer in db.session.scalars(found)}

    def _covered_already(self, ids: list[uuid.UUID]) -> set[uuid.UUID]:
        """For a part of these dates; there the new cover begins with the first day that is free."""
        others = select(Assignment.customer_id).where(
            Assignment.stands_in_for_id == self.person.id, Assignment.customer_id.in_(ids),
            Assignment.ended_at.is_(None), Assignment.since <= self.until, Assignment.until >= self.since,
        )  # fmt: skip
        return set(db.session.scalars(others))


def covers_of(person_id: uuid.UUID) -> list[Covered]:
    """Who runs this person's routes, now or soon."""
    return _covers(Assignment.stands_in_for_id == person_id)


def covers_by(person_id: uuid.UUID) -> list[Covered]:
    """Whose routes this person runs, now or soon."""
    return _covers(Assignment.person_id == person_id)


def _covers(whose: ColumnElement[bool]) -> list[Covered]:
    stand_in, person = aliased(User), aliased(User)
    columns: tuple[Any, ...] = (
        stand_in.id,
        stand_in.name,
        person.id,
        person.name,
        Assignment.since,
        Assignment.until,
    )
    found = (
        select(*columns, func.count())
        .select_from(Assignment)
        .join(stand_in, stand_in.id == Assignment.person_id)
        .join(person, person.id == Assignment.stands_in_for_id)
        .where(whose, Assignment.ended_at.is_(None))
        .group_by(*columns)
        .order_by(Assignment.since, Assignment.until, stand_in.name, stand_in.id)
    )
    return [Covered._make(row) for row in db.session.execute(found)]


def end_cover(
    person_id: uuid.UUID, stand_in_id: uuid.UUID, since: date, until: date, *, by: Actor, at: datetime
) -> int:
    """The person is back early; returns how many customers came back with them."""
    theirs = select(Assignment).where(
        Assignment.stands_in_for_id == person_id, Assignment.person_id == stand_in_id,
        Assignment.since == since, Assignment.until == until, Assignment.ended_at.is_(None),
    )  # fmt: skip
    covers = db.session.scalars(theirs.options(selectinload(Assignment.customer))).unique().all()
    for cover in covers:
        cover.end(by=by, at=at)
    return len(covers)
