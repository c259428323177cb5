"""Whom a route could lead to: customers of its person that it does not reach yet."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from math import inf
from typing import Any

from sqlalchemy import Select, select

from crmweb.customers.assignments.models import Assignment
from crmweb.customers.faces import Face, faces
from crmweb.customers.models import Customer
from crmweb.customers.search import Search
from crmweb.db import db
from crmweb.geo import Point, haversine_m
from crmweb.routes.models import Route, RouteStop

SHOWN = 50


def candidates(route: Route, typed: str, *, today: date) -> list[Face]:
    """Those that match what was typed; without it, those on none of the person's routes, the
    nearest to the last stop first. At most `SHOWN`.
    """
    theirs = _of_person(route)
    if typed:
        ranked = [found.id for found in Search(typed).run()]
        fit = set(db.session.scalars(theirs.where(Customer.id.in_(ranked))))
        return faces([each for each in ranked if each in fit][:SHOWN], today)
    reached = (
        select(RouteStop.customer_id)
        .join(Route, Route.id == RouteStop.route_id)
        .where(
            Route.person_id == route.person_id, Route.ended_at.is_(None), RouteStop.left_out_at.is_(None),
            RouteStop.customer_id == Customer.id,
        )
    )  # fmt: skip
    unreached = theirs.add_columns(Customer.lat, Customer.lng, Customer.pin_flaw).where(~reached.exists())
    rows = db.session.execute(unreached.order_by(Customer.sort_name, Customer.id)).all()
    return faces(_nearest_first(rows, _last_place(route))[:SHOWN], today)


def _nearest_first(rows: Sequence[Any], last: Point | None) -> list[uuid.UUID]:
    """In the order of the way on from the last stop; by name where nobody knows it."""
    if last is None:
        return [row.id for row in rows]

    def way_on(row: Any) -> float:
        here = _place(row)
        return inf if here is None else haversine_m(last, here)

    return [row.id for row in sorted(rows, key=way_on)]


def _last_place(route: Route) -> Point | None:
    columns = select(Customer.lat, Customer.lng, Customer.pin_flaw)
    row = db.session.execute(columns.where(Customer.id.in_(route.customer_ids[-1:]))).first()
    return _place(row) if row else None


def _place(row: Any) -> Point | None:
    return Point(row.lat, row.lng) if row.lat is not None and row.pin_flaw is None else None


def may_be_led_to(route: Route, customer_id: uuid.UUID) -> bool:
    """Whether the route's person looks after this customer."""
    return db.session.scalar(_of_person(route).where(Customer.id == customer_id)) is not None


def _of_person(route: Route) -> Select[Any]:
    standing = (
        select(Assignment.id)
        .where(
            Assignment.customer_id == Customer.id,
            Assignment.person_id == route.person_id,
            Assignment.stands_in_for_id.is_(None),
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
        )
        .exists()
    )
    return select(Customer.id).where(
        standing,
        Customer.archived_at.is_(None),
        Customer.status != "former",
        Customer.id.not_in(route.customer_ids),
    )
