"""What somebody of the team proposed about a customer, and the manager decides."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from crmweb.accounts.actor import Actor
from crmweb.customers.proposals import Proposal
from crmweb.db import db

MOST = 15
"""Proposals that are shown at once: each one decided makes room for the next."""


def waiting_proposals(actor: Actor) -> list[Proposal]:
    """Those that this manager may decide, the oldest first; at most `MOST`."""
    found = _waiting(actor).options(joinedload(Proposal.customer), joinedload(Proposal.by))
    return list(db.session.scalars(found.order_by(Proposal.at).limit(MOST)).unique())


def count_proposals(actor: Actor) -> int:
    waiting = _waiting(actor).with_only_columns(func.count(Proposal.id))
    return db.session.scalar(waiting) or 0


def _waiting(actor: Actor) -> Select[Any]:
    return select(Proposal).where(Proposal.decided_at.is_(None), Proposal.by_id != actor.id)
