"""The plans of many people for one date, in as few questions as for one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from crmweb.accounts.working_days import Calendar
from crmweb.db import db
from crmweb.routes.models import Route
from crmweb.routes.plans import DayPlan, Stop
from crmweb.routes.running import routed_by

Calendars = dict[uuid.UUID, Calendar]


@dataclass
class PlannedDay:
    """Whom one person means to visit, in order, and whom they took out of the day."""

    customer_ids: list[uuid.UUID] = field(default_factory=list)
    taken_out: set[uuid.UUID] = field(default_factory=set)


def planned_days(
    person_ids: Collection[uuid.UUID], day: date, calendars: Calendars
) -> dict[uuid.UUID, PlannedDay]:
    """What `Day.customer_ids` says of each of them; three questions, however many they are.

    Whoever was archived since stays in a day that was laid down: what was planned was planned.
    """
    laid_down, stops = _laid_down(person_ids, day), _stops(person_ids, day)
    following = [
        person for person in person_ids if person not in laid_down and day not in calendars[person].days_off
    ]
    routed = routed_by(following, day) if following else {}
    return {person: _planned(routed.get(person, []), stops[person]) for person in person_ids}


def _planned(routed: list[uuid.UUID], stops: list[Any]) -> PlannedDay:
    out = {stop.customer_id for stop in stops if stop.taken_out_at is not None}
    ahead = [each for each in routed if each not in out]
    kept = [stop.customer_id for stop in stops if stop.taken_out_at is None]
    return PlannedDay([*ahead, *(each for each in kept if each not in ahead)], out)


def _laid_down(person_ids: Collection[uuid.UUID], day: date) -> set[uuid.UUID]:
    made = select(DayPlan.person_id).where(DayPlan.day == day, DayPlan.person_id.in_(person_ids))
    return set(db.session.scalars(made))


def with_routes(person_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of them who have a route at all."""
    running = select(Route.person_id).where(Route.ended_at.is_(None), Route.person_id.in_(person_ids))
    return set(db.session.scalars(running.distinct()))


def _stops(person_ids: Collection[uuid.UUID], day: date) -> dict[uuid.UUID, list[Any]]:
    rows = db.session.execute(
        select(Stop.person_id, Stop.customer_id, Stop.taken_out_at)
        .where(Stop.day == day, Stop.person_id.in_(person_ids))
        .order_by(Stop.position, Stop.customer_id)
    )
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.person_id].append(row)
    return found
