"""Routes of one person, or some of their stops, to another, with what they had laid down for the days to come."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.orm import selectinload

from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import changed, db
from crmweb.routes.models import Route
from crmweb.routes.next_days import plan_all_next_days, plan_next_days
from crmweb.routes.plans import ROUTE, Stop, follow_routes

LAST = 1000
"""Behind whatever stands in a day."""
MOST_ENDED = 50
"""Ended routes among which one is looked for that runs again."""


def hand_over_routes(person: User, to: User, customer_ids: Sequence[uuid.UUID], *, at: datetime) -> int:
    """`to` runs them from now on; the customers are theirs already. Returns how many routes.

    What somebody had put into a day by hand, or agreed with the customer, stands in the same day of `to`.
    """
    theirs = update(Route).where(Route.person_id == person.id, Route.ended_at.is_(None))
    routes = changed(theirs.values(person_id=to.id, changed_at=at))
    db.session.expire_all()
    _hand_over_days(person, to, at)
    plan_all_next_days(to.id)
    follow_routes([to.id], customer_ids, at=at)
    return routes


def hand_over_stops(person: User, to: User, customer_ids: Collection[uuid.UUID], *, at: datetime) -> int:
    """`to` visits these customers on the same days from now on; they are theirs already. Returns how many routes led
    there.

    A route of theirs that runs on those days goes there too; where they have none, they get one.
    """
    running, ended, led = Route.of(to.id), _emptied(to.id), 0
    for route in Route.of(person.id):
        if given := route.give_away(customer_ids, at=at):
            taker = next((each for each in running if each.rhythm == route.rhythm), None)
            if taker is None:
                taker = _again(ended, route) or Route.lay(
                    to, weekdays=route.weekdays, weeks=route.weeks, name=route.name, at=at
                )
                running.append(taker)
            taker.take_on(given, at=at)
            led += 1
    db.session.flush()
    _hand_over_days(person, to, at, only=customer_ids)
    plan_next_days(to.id, customer_ids)
    follow_routes([person.id, to.id], list(customer_ids), at=at)
    return led


def _emptied(person_id: uuid.UUID) -> list[Route]:
    """Routes that ended since all their customers went to somebody else, the latest first."""
    over = select(Route).where(Route.person_id == person_id, Route.ended_at.is_not(None))
    latest = over.order_by(Route.ended_at.desc(), Route.id).limit(MOST_ENDED)
    routes = db.session.scalars(latest.options(selectinload(Route.stop_rows)))
    return [each for each in routes if not each.stops]


def _again(ended: list[Route], like: Route) -> Route | None:
    """The one of these that ran as another does, which is run again."""
    found = next((each for each in ended if each.rhythm == like.rhythm and each.name == like.name), None)
    if found is not None:
        found.ended_at = None
    return found


def _hand_over_days(
    person: User, to: User, at: datetime, *, only: Collection[uuid.UUID] | None = None
) -> None:
    today = at.astimezone(ZoneInfo(person.zone)).date()
    seen = _visited_on(person, today)
    ahead = (
        Stop.person_id == person.id,
        or_(Stop.day > today, (Stop.day == today) & Stop.customer_id.not_in(seen)),
        *([] if only is None else [Stop.customer_id.in_(only)]),
    )
    agreed = db.session.scalars(
        select(Stop).where(*ahead, Stop.why != ROUTE, Stop.taken_out_at.is_(None))
    ).all()
    known = select(Stop.day, Stop.customer_id).where(Stop.person_id == to.id, Stop.day >= today)
    there = {(row.day, row.customer_id) for row in db.session.execute(known)}
    rows = [
        {
            "person_id": to.id, "day": each.day, "customer_id": each.customer_id, "position": LAST + place,
            "why": each.why, "cause_id": each.cause_id, "taken_out_at": None,
        }
        for place, each in enumerate(agreed)
        if (each.day, each.customer_id) not in there
    ]  # fmt: skip
    changed(delete(Stop).where(*ahead))
    if rows:
        db.session.execute(insert(Stop), rows)


def _visited_on(person: User, today: date) -> list[uuid.UUID]:
    """By whoever leaves, on their last day: that stays theirs. Their assignments are over already."""
    midnight = datetime.combine(today, time(), ZoneInfo(person.zone))
    seen = select(Assignment.customer_id).where(
        Assignment.person_id == person.id, Assignment.last_visit_at >= midnight
    )
    return list(db.session.scalars(seen))
