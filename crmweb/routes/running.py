"""Whom the routes bring on a date: one's own, without what others cover then, and what one covers."""

from __future__ import annotations

import uuid
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


def routed_on(person_id: uuid.UUID, day: date) -> list[uuid.UUID]:
    """Whom this person visits by the routes on that date, in order; nobody on a day off."""
    return _running(person_id, day, union_all(_own(person_id, day), _covered(person_id, day)))


def own_on(person_id: uuid.UUID, day: date) -> list[uuid.UUID]:
    """Whom this person's own routes bring on that date and nobody covers yet: what can be handed to others."""
    return _running(person_id, day, union_all(_own(person_id, day)))


def _running(person_id: uuid.UUID, day: date, stops: Any) -> list[uuid.UUID]:
    if day in Calendar.of(person_id, around=day).days_off:
        return []
    rows = db.session.execute(stops.order_by(text("4, 5, 6, 7")))
    return list(
        dict.fromkeys(row.customer_id for row in rows if Rhythm(row.weekdays, row.weeks).runs_on(day))
    )


def _own(person_id: uuid.UUID, day: date) -> Select[Any]:
    own, cover = aliased(Assignment), aliased(Assignment)
    covered = select(cover.id).where(
        cover.customer_id == RouteStop.customer_id, cover.stands_in_for_id == person_id, *_at_work(cover, day)
    )
    return (
        _routed(0, day)
        .join(own, own.customer_id == RouteStop.customer_id)
        .where(
            Route.person_id == person_id, own.person_id == person_id, own.stands_in_for_id.is_(None),
            *_at_work(own, day), ~covered.exists(),
        )
    )  # fmt: skip


def _covered(person_id: uuid.UUID, day: date) -> Select[Any]:
    cover = aliased(Assignment)
    theirs = (cover.customer_id == RouteStop.customer_id) & (cover.stands_in_for_id == Route.person_id)
    return _routed(1, day).join(cover, theirs).where(cover.person_id == person_id, *_at_work(cover, day))


def _routed(rank: int, day: date) -> Select[Any]:
    """The stops of routes in force, in the order in which they are run; `rank` puts some before others."""
    columns: tuple[Any, ...] = (
        RouteStop.customer_id, Route.weekdays, Route.weeks, literal(rank), Route.created_at, Route.id,
        RouteStop.position,
    )  # fmt: skip
    return (
        select(*columns)
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
