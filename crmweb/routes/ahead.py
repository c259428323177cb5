"""When a route will lead somebody back to a customer, for pages that say so before it is so."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import Flask
from sqlalchemy import select

from crmweb.accounts.working_days import Calendar
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.weeks import Rhythm


def route_day_after(person_id: uuid.UUID, customer_id: uuid.UUID, day: date) -> date | None:
    """The first day after `day` on which this person's route leads there, or that of whom they stand in for."""
    off, tomorrow = Calendar.of(person_id, around=day).days_off, day + timedelta(days=1)
    days = (
        Rhythm(row.weekdays, row.weeks).next_day(max(tomorrow, row.since), off=off)
        for row in db.session.execute(
            select(Route.weekdays, Route.weeks, RouteStop.since)
            .join(RouteStop, RouteStop.route_id == Route.id)
            .where(
                RouteStop.customer_id == customer_id,
                RouteStop.left_out_at.is_(None),
                Route.ended_at.is_(None),
                Route.person_id.in_([person_id, *_covered(person_id, customer_id)]),
            )
        )
    )
    return min((each for each in days if each is not None), default=None)


def _covered(person_id: uuid.UUID, customer_id: uuid.UUID) -> list[uuid.UUID]:
    found = select(Assignment.stands_in_for_id).where(
        Assignment.customer_id == customer_id, Assignment.person_id == person_id,
        Assignment.started_at.is_not(None), Assignment.ended_at.is_(None),
        Assignment.stands_in_for_id.is_not(None),
    )  # fmt: skip
    return [each for each in db.session.scalars(found) if each is not None]


def init_app(app: Flask) -> None:
    app.jinja_env.globals["route_day_after"] = route_day_after
