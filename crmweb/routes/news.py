"""What visits and hand-overs mean for routes and days: told by the timeline, since siblings do not know each other."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.event import listens_for
from sqlalchemy.orm import Session

from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.plans import NEXT_STEP, Day, Stop, follow_routes, leave_days
from crmweb.timeline import Event, happened

Returned = dict[tuple[uuid.UUID, uuid.UUID, datetime], list[uuid.UUID]]
"""By stand-in, whom they stood in for, and when it ended: the customers who came back."""

_RETURNED: Final = "customers who came back from cover"


def _next_step(_kind: str, *, event: Event, **_: Any) -> None:
    """The next day follows from the visit; another day that was agreed stands in the plan of that day."""
    if event.by_id is None:
        return
    next_on = event.payload.get("next_on")
    known = _forget_next_step(event, but=next_on)
    _plan(event)
    if next_on and not known:  # told once more, with a photo, say, it stays as it was planned meanwhile
        day = date.fromisoformat(next_on)
        if (person_id := _who_goes(event, day)) is not None:
            Day(person_id, day).add(event.customer_id, at=event.recorded_at, why=NEXT_STEP, cause_id=event.id)


def _taken_back(_kind: str, *, event: Event, before: str | None, **_: Any) -> None:
    """A result that is taken back takes its next step along."""
    if event.by_id is not None and before == "visit.finished":
        _forget_next_step(event)
        _plan(event)


def _forget_next_step(event: Event, *, but: str | None = None) -> bool:
    """Take this visit's next steps out of the days; returns whether the one on the day `but` stood there already."""
    known = False
    for stop in db.session.scalars(select(Stop).where(Stop.cause_id == event.id, Stop.why == NEXT_STEP)):
        if stop.day.isoformat() == but:
            known = True
        else:
            db.session.delete(stop)
    return known


def _who_goes(event: Event, day: date) -> uuid.UUID | None:
    """Who keeps what was agreed for that day: the visitor or, once they stand in no more, the one whose work it is."""
    theirs = [each for each in _standing(event.customer_id) if each.person_id == event.by_id]
    if any(each.until is None or each.until >= day for each in theirs):
        return event.by_id
    return next((each.stands_in_for_id for each in theirs if each.stands_in_for_id), None)


def _assignment_ended(_kind: str, *, event: Event, **_: Any) -> None:
    """Who does not look after a customer any more does not go there; what was covered comes back."""
    if (told := event.payload.get("person_id")) is None:
        return
    person_id = uuid.UUID(told)
    if covered := event.payload.get("stands_in_for_id"):
        returned: Returned = db.session().info.setdefault(_RETURNED, {})
        returned.setdefault((person_id, uuid.UUID(covered), event.at), []).append(event.customer_id)
        return
    # Not flushed yet, since with the end whoever hands over may lose sight of the customer.
    with db.session.no_autoflush:
        standing = [each for each in _standing(event.customer_id) if each.person_id == person_id]
        if not any(each.ended_at is None and each.stands_in_for_id is None for each in standing):
            _leave_routes(person_id, event)
            leave_days(person_id, event.customer_id, at=event.at)


@listens_for(Session, "before_commit")
def _follow_what_returned(session: Session) -> None:
    """Once for all customers of a cover: with its 300 shops one by one, nobody else could write for seconds."""
    returned: Returned = session.info.pop(_RETURNED, {})
    for (stand_in_id, person_id, at), customer_ids in returned.items():
        follow_routes([stand_in_id, person_id], customer_ids, at=at)


@listens_for(Session, "after_rollback")
def _forget_what_returned(session: Session) -> None:
    session.info.pop(_RETURNED, None)


def _leave_routes(person_id: uuid.UUID, event: Event) -> None:
    theirs = (
        select(RouteStop)
        .join(Route)
        .where(Route.person_id == person_id, RouteStop.customer_id == event.customer_id)
    )
    for stop in db.session.scalars(theirs):
        stop.left_out_at = stop.left_out_at or event.at


def _standing(customer_id: uuid.UUID) -> list[Assignment]:
    standing = select(Assignment).where(Assignment.customer_id == customer_id, Assignment.ended_at.is_(None))
    return list(db.session.scalars(standing).unique())


def _plan(event: Event) -> None:
    """For the visitor, and for whom they stand in."""
    db.session.flush()
    theirs = [each for each in _standing(event.customer_id) if each.person_id == event.by_id]
    for person_id in {event.by_id, *(each.stands_in_for_id for each in theirs)} - {None}:
        plan_next_days(person_id, [event.customer_id])  # type: ignore[arg-type]


def listen() -> None:
    """Hear from now on what happens to customers."""
    for kind, hear in (
        ("visit.finished", _next_step),
        ("visit.started", _taken_back),
        ("visit.left", _taken_back),
        ("assignment.ended", _assignment_ended),
    ):
        happened.connect(hear, sender=kind)
