"""Cover: colleagues run somebody's routes for some dates, and the routes come back by themselves."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from operator import itemgetter
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select, union
from sqlalchemy.orm import aliased, selectinload

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.plans import follow_routes
from crmweb.routes.running import to_hand_on

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


class Given(NamedTuple):
    """One customer who goes to a stand-in: whose work it is, the first day on which it is done, and from when on the
    stand-in looks after them: from the beginning, but for whom the absent one has seen on that day.
    """

    stand_in: User
    whose_id: uuid.UUID
    day: date
    since: date


@dataclass(frozen=True)
class Cover:
    """The routes of one person from one date to another, both included, and whatever they run for others then."""

    person: User
    since: date
    until: date

    def hand_to(self, stand_ins: Sequence[User], *, by: Actor, at: datetime) -> int:
        """Part each day's stops among them, in the order of the routes; returns how many customers that is."""
        wait_for_turn(self.person.id, *(each.id for each in stand_ins))
        given = self._parted(stand_ins, at)
        customers = self._customers(list(given))
        covered = self._covered_already(list(given))
        for customer_id, (stand_in, whose_id, day, since) in given.items():
            if whose_id == self.person.id:
                Assignment.cover(
                    customers[customer_id], stand_in, stands_in_for=self.person,
                    since=day if customer_id in covered else since, until=self.until, by=by, at=at,
                )  # fmt: skip
        whose = self._pass_on(given, customers, by=by, at=at)
        db.session.flush()
        for each in (self.person.id, *whose):
            plan_next_days(each, given)
        follow_routes([self.person.id, *whose, *(each.id for each in stand_ins)], list(given), at=at)
        self._write_down(stand_ins, given, by=by, at=at)
        return len(given)

    def _parted(self, stand_ins: Sequence[User], at: datetime) -> dict[uuid.UUID, Given]:
        given: dict[uuid.UUID, Given] = {}
        seen: set[uuid.UUID] = set()
        for day, whose in to_hand_on(self.person.id, list(self._days())).items():
            new = [each for each in whose if each not in given]
            done = self._visited_on(day, new, at)
            seen |= done
            new = [each for each in new if each not in done]
            for place, customer_id in enumerate(new):
                stand_in = stand_ins[place * len(stand_ins) // len(new)]
                since = day if customer_id in seen else self.since
                given[customer_id] = Given(stand_in, whose[customer_id], day, since)
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

    def _pass_on(
        self, given: dict[uuid.UUID, Given], customers: dict[uuid.UUID, Customer], *, by: Actor, at: datetime
    ) -> set[uuid.UUID]:
        """What they run for others goes on to the stand-ins, for as long as both are away; returns for whom that is.

        To whom it belongs it just comes back.
        """
        theirs = select(Assignment).where(
            Assignment.person_id == self.person.id, Assignment.stands_in_for_id.is_not(None),
            Assignment.customer_id.in_([each for each in given if given[each].whose_id != self.person.id]),
            Assignment.ended_at.is_(None), Assignment.since <= self.until, Assignment.until >= self.since,
        )  # fmt: skip
        covers = theirs.options(selectinload(Assignment.stands_in_for))
        whose: set[uuid.UUID] = set()
        for cover in db.session.scalars(covers).unique().all():
            stand_in, whose_id, _day, first = given[cover.customer_id]
            if cover.stands_in_for is None or cover.stands_in_for_id != whose_id:
                continue
            since, until = max(first, cover.since), min(self.until, cover.until or self.until)
            cover.pause(since, until, by=by, at=at)
            if stand_in.id != whose_id:
                Assignment.cover(
                    customers[cover.customer_id], stand_in, stands_in_for=cover.stands_in_for,
                    since=since, until=until, by=by, at=at,
                )  # fmt: skip
            whose.add(whose_id)
        return whose

    def _write_down(
        self, stand_ins: Sequence[User], given: dict[uuid.UUID, Given], *, by: Actor, at: datetime
    ) -> None:
        if given:
            told = {
                "first_day": self.since, "last_day": self.until, "customers": len(given),
                "stand_ins": [each.name for each in stand_ins],
            }  # fmt: skip
            audit.record("cover.made", by=by, at=at, about=self.person.reference, after=told)


def covers_of(person_id: uuid.UUID) -> list[Covered]:
    """Who runs this person's routes, now or soon."""
    return _covers(Assignment.stands_in_for_id == person_id)


def covers_by(person_id: uuid.UUID) -> list[Covered]:
    """Whose routes this person runs, now or soon."""
    return _covers(Assignment.person_id == person_id)


class Away(NamedTuple):
    """By person: the names of those who go in their stead on a date, and of those in whose stead they go."""

    stand_ins: dict[uuid.UUID, list[str]]
    instead_of: dict[uuid.UUID, list[str]]


def covers_on(person_ids: Collection[uuid.UUID], day: date, *, after: datetime) -> Away:
    """The covers of many people on that date; those count that were not over before the moment `after`, its end."""
    # One select a direction: with an OR between them SQLite looks through everybody's customers.
    found = union(
        *(
            _standing_in(whose, day, after)
            for whose in (Assignment.person_id.in_(person_ids), Assignment.stands_in_for_id.in_(person_ids))
        )
    )
    away = Away(defaultdict(list), defaultdict(list))
    for stand_in_id, stand_in_name, person_id, name in sorted(
        db.session.execute(found), key=itemgetter(1, 3, 0, 2)
    ):
        away.stand_ins[person_id].append(stand_in_name)
        away.instead_of[stand_in_id].append(name)
    return away


def _standing_in(
    whose: ColumnElement[bool], day: date, after: datetime
) -> Select[uuid.UUID, str, uuid.UUID, str]:
    stand_in, person = aliased(User), aliased(User)
    return (
        select(
            stand_in.id.label("stand_in_id"), stand_in.name.label("stand_in"), person.id.label("person_id"),
            person.name.label("person"),
        )
        .select_from(Assignment)
        .join(stand_in, stand_in.id == Assignment.person_id)
        .join(person, person.id == Assignment.stands_in_for_id)
        .where(
            whose, Assignment.stands_in_for_id.is_not(None), Assignment.since <= day, Assignment.until >= day,
            or_(Assignment.ended_at.is_(None), Assignment.ended_at >= after),
        )
    )  # fmt: skip


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
    with_all = theirs.options(selectinload(Assignment.customer), selectinload(Assignment.stands_in_for))
    covers = db.session.scalars(with_all).unique().all()
    for cover in covers:
        cover.end(by=by, at=at)
    if covers and covers[0].stands_in_for is not None:
        told = {
            "first_day": since,
            "last_day": until,
            "customers": len(covers),
            "stand_ins": [covers[0].person.name],
        }
        audit.record("cover.ended", by=by, at=at, about=covers[0].stands_in_for.reference, before=told)
    return len(covers)
