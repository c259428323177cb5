"""What visits and hand-overs mean for routes and days: told by the timeline, since siblings do not know each other."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any

from sqlalchemy import select

from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.plans import NEXT_STEP, Day, Stop
from crmweb.timeline import Event, happened


def _next_step(_kind: str, *, event: Event, **_: Any) -> None:
    """The next day follows from the visit; another day that was agreed stands in the plan of that day."""
    if event.by_id is None:
        return
    _plan(event)
    if next_on := event.payload.get("next_on"):
        day = Day(event.by_id, date.fromisoformat(next_on))
        day.add(event.customer_id, at=event.recorded_at, why=NEXT_STEP, cause_id=event.id)


def _taken_back(_kind: str, *, event: Event, **_: Any) -> None:
    """A result that is taken back takes its next step along."""
    if event.by_id is None:
        return
    for stop in db.session.scalars(select(Stop).where(Stop.cause_id == event.id, Stop.why == NEXT_STEP)):
        db.session.delete(stop)
    _plan(event)


def _handed_over(_kind: str, *, event: Event, **_: Any) -> None:
    """Who does not look after a customer any more does not run a route through them."""
    person_id = event.payload.get("person_id")
    if person_id is None or _still_there(uuid.UUID(person_id), event.customer_id):
        return
    theirs = (
        select(RouteStop)
        .join(Route)
        .where(Route.person_id == uuid.UUID(person_id), RouteStop.customer_id == event.customer_id)
    )
    for stop in db.session.scalars(theirs):
        db.session.delete(stop)


def _plan(event: Event) -> None:
    """For the visitor, and for whom they stand in."""
    db.session.flush()
    covered = select(Assignment.stands_in_for_id).where(
        Assignment.customer_id == event.customer_id, Assignment.person_id == event.by_id,
        Assignment.ended_at.is_(None), Assignment.stands_in_for_id.is_not(None),
    )  # fmt: skip
    for person_id in {event.by_id, *db.session.scalars(covered)}:
        if person_id is not None:
            plan_next_days(person_id, [event.customer_id])


def _still_there(person_id: uuid.UUID, customer_id: uuid.UUID) -> bool:
    standing = select(Assignment.id).where(
        Assignment.person_id == person_id,
        Assignment.customer_id == customer_id,
        Assignment.ended_at.is_(None),
    )
    return db.session.scalar(standing.limit(1)) is not None


def listen() -> None:
    """Hear from now on what happens to customers."""
    for kind, hear in (
        ("visit.finished", _next_step),
        ("visit.started", _taken_back),
        ("visit.left", _taken_back),
        ("assignment.ended", _handed_over),
    ):
        happened.connect(hear, sender=kind)
