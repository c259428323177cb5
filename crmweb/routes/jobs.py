"""What a worker does for routes."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from crmweb.accounts.models import Oversight
from crmweb.db import db, writing
from crmweb.routes.models import Route
from crmweb.routes.next_days import plan_all_next_days
from crmweb.scope import system_access


def plan_anew(head_id: str | None) -> None:
    """The days off of a team, or of everybody, have changed: work out when each route comes next.

    One person at a time, so that nobody waits long for their turn to write.
    """
    with system_access("new working days"):
        people = select(Route.person_id).where(Route.ended_at.is_(None)).distinct()
        if head_id is not None:
            below = select(Oversight.person_id).where(Oversight.viewer_id == uuid.UUID(head_id))
            people = people.where(Route.person_id.in_(below))
        everyone = list(db.session.scalars(people))
    for person_id in everyone:
        with system_access("new working days"), writing():
            plan_all_next_days(person_id)
