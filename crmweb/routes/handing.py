"""All routes of one person to another at once, with what they had laid down for the days to come."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import delete, insert, or_, select, update

from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import changed, db
from crmweb.routes.models import Route
from crmweb.routes.next_days import plan_all_next_days
from crmweb.routes.plans import ROUTE, Stop, follow_routes

LAST = 1000
"""Behind whatever stands in a day."""


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


def _hand_over_days(person: User, to: User, at: datetime) -> None:
    today = at.astimezone(ZoneInfo(person.zone)).date()
    seen = _visited_on(person, today)
    ahead = (
        Stop.person_id == person.id,
        or_(Stop.day > today, (Stop.day == today) & Stop.customer_id.not_in(seen)),
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
