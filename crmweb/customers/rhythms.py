"""When a tier comes round more or less often, each of its customers is due on another day."""

from __future__ import annotations

import uuid
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from crmweb.customers.assignments.models import Assignment
from crmweb.customers.tiers import Tier
from crmweb.db import db, writing
from crmweb.scope import system_access

WHY: Final = "a new rhythm"
BATCH: Final = 500
"""Assignments that are planned in one transaction, so that nobody waits long for their turn to write."""


def plan_anew() -> None:
    """Work out `next_due` for the tiers whose days have changed. Done again, it goes on where it was broken off.

    Rung when a policy changes, and every now and then by the clock, since Redis may have been away.
    """
    with system_access(WHY):
        changed = select(Tier.name, Tier.visit_every_days).where(Tier.planned_days != Tier.visit_every_days)
        tiers = [(row.name, row.visit_every_days) for row in db.session.execute(changed)]
    for name, days in tiers:
        last = _plan_batch(name, None)
        while last is not None:
            last = _plan_batch(name, last)
        with system_access(WHY), writing():
            still = (Tier.name == name, Tier.visit_every_days == days)
            db.session.execute(update(Tier).where(*still).values(planned_days=days))


def _plan_batch(tier: str, after: uuid.UUID | None) -> uuid.UUID | None:
    """The next so many after that id; returns the last one's id, None when there were none."""
    with system_access(WHY), writing():
        theirs = select(Assignment).where(Assignment.tier == tier, Assignment.ended_at.is_(None))
        if after is not None:
            theirs = theirs.where(Assignment.id > after)
        batch = theirs.options(selectinload(Assignment.customer)).order_by(Assignment.id).limit(BATCH)
        found = list(db.session.scalars(batch).unique())
        for assignment in found:
            assignment.plan()
        return found[-1].id if found else None
