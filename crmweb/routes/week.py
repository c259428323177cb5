"""The week at a glance: what one person's routes bring on each of its days."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from crmweb.accounts.working_days import Calendar
from crmweb.routes.models import Route


@dataclass(frozen=True)
class WeekDay:
    """One day: how many customers its routes lead to; `off` where nobody works or a holiday stands."""

    date: date
    stops: int
    off: bool
    today: bool


def week_of(person_id: uuid.UUID, routes: Sequence[Route], today: date) -> list[WeekDay]:
    """Monday to Sunday of the week of `today`, by the routes as they stand."""
    monday = today - timedelta(days=today.weekday())
    calendar = Calendar.of(person_id, around=monday)
    return [_day(monday + timedelta(days=ahead), routes, calendar, today) for ahead in range(7)]


def _day(day: date, routes: Sequence[Route], calendar: Calendar, today: date) -> WeekDay:
    running = [] if day in calendar.days_off else [route for route in routes if route.rhythm.runs_on(day)]
    reached = {customer_id for route in running for customer_id in route.customer_ids}
    return WeekDay(day, len(reached), off=not calendar.works(day), today=day == today)
