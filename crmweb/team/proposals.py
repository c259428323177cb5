"""What somebody of the team proposed about a customer, and the manager decides."""

from __future__ import annotations

from sqlalchemy import func, select

from crmweb.accounts.actor import Actor
from crmweb.customers.proposals import Proposal
from crmweb.db import db

MOST = 15
"""Proposals that are shown at once: each one decided makes room for the next."""


def waiting_proposals(actor: Actor) -> list[Proposal]:
    """Those that this manager may decide, the oldest first; at most `MOST`."""
    theirs = Proposal.waiting().where(Proposal.by_id != actor.id)
    return list(db.session.scalars(theirs.limit(MOST)).unique())


def count_proposals(actor: Actor) -> int:
    waiting = select(func.count(Proposal.id)).where(Proposal.decided_at.is_(None), Proposal.by_id != actor.id)
    return db.session.scalar(waiting) or 0
