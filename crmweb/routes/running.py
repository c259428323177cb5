"""Whom the routes bring on a date: one's own, without what others cover then, and what one covers."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, or_, select, text, union_all
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


def own_on(person_id: uuid.UUID, day: date) -> list[uuid.UUID]:
    """Whom this person's own routes bring on that date and nobody covers yet: what can be handed to others."""
    own = union_all(_own([person_id], day))
    return [] if _is_off(person_id, day) else _running(own, day).get(person_id, [])


def routed_by(people: Collection[uuid.UUID], day: date) -> Running:
    """Whom each of these people visits by the routes on that date, in one question; days off are for the asker."""
    return _running(union_all(_own(people, day), _covered(people, day)), day)


def _is_off(person_id: uuid.UUID, day: date) -> bool:
    return day in Calendar.of(person_id, around=day).days_off


def _running(stops: Any, day: date) -> Running:
    found: dict[uuid.UUID, dict[uuid.UUID, None]] = defaultdict(dict)
    for row in db.session.execute(stops.order_by(text("5, 6, 7, 8"))):
        if Rhythm(row.weekdays, row.weeks).runs_on(day):
            found[row.person_id].setdefault(row.customer_id)
    return {person: list(customers) for person, customers in found.items()}


def _own(people: Collection[uuid.UUID], day: date) -> Select[Any]:
    own, cover = aliased(Assignment), aliased(Assignment)
    covered = select(cover.id).where(
        cover.customer_id == RouteStop.customer_id, cover.stands_in_for_id == Route.person_id,
        *_at_work(cover, day),
    )  # fmt: skip
    return (
        _routed(Route.person_id, 0, day)
        .join(own, (own.customer_id == RouteStop.customer_id) & (own.person_id == Route.person_id))
        .where(
            Route.person_id.in_(people),
            own.stands_in_for_id.is_(None),
            *_at_work(own, day),
            ~covered.exists(),
        )
    )


def _covered(people: Collection[uuid.UUID], day: date) -> Select[Any]:
    cover = aliased(Assignment)
    theirs = (cover.customer_id == RouteStop.customer_id) & (cover.stands_in_for_id == Route.person_id)
    return (
        _routed(cover.person_id, 1, day)
        .join(cover, theirs)
        .where(cover.person_id.in_(people), *_at_work(cover, day))
    )


def _routed(person_id: Any, rank: int, day: date) -> Select[Any]:
    """The stops of routes in force, in the order in which they are run; `rank` puts some before others."""
    columns: tuple[Any, ...] = (
        person_id.label("person_id"), RouteStop.customer_id, Route.weekdays, Route.weeks, literal(rank),
        Route.created_at, Route.id, RouteStop.position,
    )  # fmt: skip
    return (
        select(*columns)
        .select_from(RouteStop)
        .join(Route, Route.id == RouteStop.route_id)
        .join(Customer, Customer.id == RouteStop.customer_id)
        .where(
            Route.ended_at.is_(None), RouteStop.left_out_at.is_(None), RouteStop.since <= day,
            Customer.archived_at.is_(None), Customer.status != "former",
        )
    )  # fmt: skip


def _at_work(assignment: Any, day: date) -> tuple[ColumnElement[bool], ...]:
    """Whether somebody looks after the customer on that date, as agreed."""
    return (
        assignment.since <= day,
        or_(assignment.until.is_(None), assignment.until >= day),
        assignment.ended_at.is_(None),
    )
