"""When a route leads to a customer next: what customers are told, so that they know when they are due."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import selectinload

from crmweb.accounts.working_days import Calendar
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.weeks import Rhythm

Running = dict[uuid.UUID, list[tuple[Rhythm, date]]]
"""By customer: the rhythms of the routes that lead there, and since when."""


def plan_next_days(person_id: uuid.UUID, customer_ids: Iterable[uuid.UUID]) -> None:
    """Write each customer's next route day, for this person and whoever stands in for them.

    It is the first one after the last visit, or since the route leads there. A day that passes without a visit stays:
    the customer is overdue since then.
    """
    wanted = list(customer_ids)
    running = _running(person_id, wanted)
    if (first := _first_since(running)) is None:
        off: frozenset[date] = frozenset()
    else:
        off = Calendar.of(person_id, around=first).days_off
    for assignment in _standing(person_id, wanted):
        assignment.follow_route(_next_day(assignment, running.get(assignment.customer_id, []), off))


def plan_all_next_days(person_id: uuid.UUID) -> None:
    """For every customer on this person's routes."""
    reached = select(RouteStop.customer_id).join(Route, Route.id == RouteStop.route_id)
    theirs = reached.where(
        Route.person_id == person_id, Route.ended_at.is_(None), RouteStop.left_out_at.is_(None)
    )
    plan_next_days(person_id, db.session.scalars(theirs.distinct()))


def _first_since(running: Running) -> date | None:
    return min((since for rhythms in running.values() for _, since in rhythms), default=None)


def _standing(person_id: uuid.UUID, customer_ids: list[uuid.UUID]) -> list[Assignment]:
    theirs = or_(Assignment.person_id == person_id, Assignment.stands_in_for_id == person_id)
    own = or_(Assignment.stands_in_for_id.is_(None), Assignment.stands_in_for_id == person_id)
    found = select(Assignment).where(
        theirs, own, Assignment.customer_id.in_(customer_ids), Assignment.ended_at.is_(None)
    )
    return list(db.session.scalars(found.options(selectinload(Assignment.customer))).unique())


def _running(person_id: uuid.UUID, customer_ids: list[uuid.UUID]) -> Running:
    rows = db.session.execute(
        select(RouteStop.customer_id, RouteStop.since, Route.weekdays, Route.weeks)
        .join(Route, Route.id == RouteStop.route_id)
        .where(
            Route.person_id == person_id,
            Route.ended_at.is_(None),
            RouteStop.left_out_at.is_(None),
            RouteStop.customer_id.in_(customer_ids),
        )
    )
    found: Running = defaultdict(list)
    for row in rows:
        found[row.customer_id].append((Rhythm(row.weekdays, row.weeks), row.since))
    return found


def _next_day(
    assignment: Assignment, running: list[tuple[Rhythm, date]], off: frozenset[date]
) -> date | None:
    earliest = _day_after(assignment.last_visit_at, ZoneInfo(assignment.person.zone))
    begun = assignment.since if assignment.stands_in_for_id else date.min
    days = [rhythm.next_day(max(earliest, since, begun), off=off) for rhythm, since in running]
    return min((day for day in days if day is not None), default=None)


def _day_after(visit: datetime | None, zone: ZoneInfo) -> date:
    return visit.astimezone(zone).date() + timedelta(days=1) if visit else date.min
