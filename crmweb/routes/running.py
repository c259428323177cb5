"""Whom the routes bring on a date: one's own, without what others cover then, and what one covers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Exists, Select, case, literal, or_, select, text, union_all
from sqlalchemy.orm import aliased

from crmweb.accounts.working_days import Calendar
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.weeks import Rhythm

Running = dict[uuid.UUID, list[uuid.UUID]]
"""By person: the customers, each once, in the order in which they are visited."""


def routed_on(person_id: uuid.UUID, day: date) -> list[uuid.UUID]:
    """Whom this person visits by the routes on that date, in order; nobody on a day off."""
    return [] if _is_off(person_id, day) else routed_by([person_id], day).get(person_id, [])


def to_hand_on(person_id: uuid.UUID, days: Sequence[date]) -> dict[date, dict[uuid.UUID, uuid.UUID]]:
    """Whom the routes bring this person on each of these dates, in order, and whose work each is: their own that nobody
    covers yet, and what they cover. This is what can be handed to others; asked in a few statements for any dates.
    """
    first, last = days[0], days[-1]
    own, cover = _own([person_id], first, last), _covered([person_id], first, last)
    rows = db.session.execute(union_all(own, cover).order_by(text("5, 6, 7, 8"))).all()
    off, elsewhere = Calendar.of(person_id, around=first).days_off, _covered_by_others(person_id, first, last)
    found: dict[date, dict[uuid.UUID, uuid.UUID]] = {day: {} for day in days}
    for day in (each for each in days if each not in off):
        for row in rows:
            theirs = row.from_day <= day and (row.until is None or day <= row.until)
            taken = row.whose_id == person_id and any(a <= day <= b for a, b in elsewhere[row.customer_id])
            if theirs and not taken and Rhythm(row.weekdays, row.weeks).runs_on(day):
                found[day].setdefault(row.customer_id, row.whose_id)
    return found


def _covered_by_others(
    person_id: uuid.UUID, first: date, last: date
) -> dict[uuid.UUID, list[tuple[date, date]]]:
    covers = select(Assignment.customer_id, Assignment.since, Assignment.until).where(
        Assignment.stands_in_for_id == person_id, *_at_work(Assignment, first, last)
    )
    found: defaultdict[uuid.UUID, list[tuple[date, date]]] = defaultdict(list)
    for customer_id, since, until in db.session.execute(covers):
        found[customer_id].append((since, until or date.max))
    return found


def routed_by(people: Collection[uuid.UUID], day: date) -> Running:
    """Whom each of these people visits by the routes on that date, in one question; days off are for the asker."""
    own = _own(people, day, day).where(~_is_covered(day))
    return _running(union_all(own, _covered(people, day, day)), day)


def _is_off(person_id: uuid.UUID, day: date) -> bool:
    return day in Calendar.of(person_id, around=day).days_off


def _running(stops: Any, day: date) -> Running:
    found: dict[uuid.UUID, dict[uuid.UUID, None]] = defaultdict(dict)
    for row in db.session.execute(stops.order_by(text("5, 6, 7, 8"))):
        if Rhythm(row.weekdays, row.weeks).runs_on(day):
            found[row.person_id].setdefault(row.customer_id)
    return {person: list(customers) for person, customers in found.items()}


def _own(people: Collection[uuid.UUID], first: date, last: date) -> Select[Any]:
    own = aliased(Assignment)
    return (
        _routed(own, 0, last)
        .join(own, (own.customer_id == RouteStop.customer_id) & (own.person_id == Route.person_id))
        .where(Route.person_id.in_(people), own.stands_in_for_id.is_(None), *_at_work(own, first, last))
    )


def _is_covered(day: date) -> Exists:
    """Whether somebody else goes there on that date, in the stead of whose route it is."""
    cover = aliased(Assignment)
    covered = select(cover.id).where(
        cover.customer_id == RouteStop.customer_id, cover.stands_in_for_id == Route.person_id,
        *_at_work(cover, day, day),
    )  # fmt: skip
    return covered.exists()


def _covered(people: Collection[uuid.UUID], first: date, last: date) -> Select[Any]:
    cover = aliased(Assignment)
    theirs = (cover.customer_id == RouteStop.customer_id) & (cover.stands_in_for_id == Route.person_id)
    return (
        _routed(cover, 1, last)
        .join(cover, theirs)
        .where(cover.person_id.in_(people), *_at_work(cover, first, last))
    )


def _routed(by: Any, rank: int, last: date) -> Select[Any]:
    """The stops of routes in force, in the order in which they are run; `rank` puts some before others. `by`: the
    assignments of those who run them.
    """
    from_day = case((by.since > RouteStop.since, by.since), else_=RouteStop.since)
    columns: tuple[Any, ...] = (
        by.person_id.label("person_id"), RouteStop.customer_id, Route.weekdays, Route.weeks, literal(rank),
        Route.created_at, Route.id, RouteStop.position, Route.person_id.label("whose_id"),
        from_day.label("from_day"), by.until.label("until"),
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(RouteStop)
        .join(Route, Route.id == RouteStop.route_id)
        .join(Customer, Customer.id == RouteStop.customer_id)
        .where(
            Route.ended_at.is_(None), RouteStop.left_out_at.is_(None), RouteStop.since <= last,
            Customer.archived_at.is_(None), Customer.status != "former",
        )
    )  # fmt: skip


def _at_work(assignment: Any, first: date, last: date) -> tuple[ColumnElement[bool], ...]:
    """Whether somebody looks after the customer on one of these dates, as agreed."""
    return (
        assignment.since <= last,
        or_(assignment.until.is_(None), assignment.until >= first),
        assignment.ended_at.is_(None),
    )
