"""The timeline as it is read: rows, newest first."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import func, select

from crmweb.accounts.models import User
from crmweb.db import db
from crmweb.timeline.models import Event


class Entry(NamedTuple):
    """One thing that happened. `by` is a name, or None for what the house did itself."""

    seq: int
    id: uuid.UUID
    kind: str
    at: datetime
    recorded_at: datetime
    payload: dict[str, Any]
    by: str | None


def entries(
    customer_id: uuid.UUID, *, most: int = 30, before: int | None = None, kind: str | None = None
) -> list[Entry]:
    """The latest of a customer; `before` is the `seq` from which to go on, `kind` leaves only that one."""
    latest = (
        select(Event.seq, Event.id, Event.kind, Event.at, Event.recorded_at, Event.payload, User.name)
        .outerjoin(User, User.id == Event.by_id)
        .where(Event.customer_id == customer_id)
        .order_by(Event.seq.desc())
        .limit(most)
    )
    if before is not None:
        latest = latest.where(Event.seq < before)
    if kind is not None:
        latest = latest.where(Event.kind == kind)
    return [Entry(*row) for row in db.session.execute(latest)]


def how_many(customer_id: uuid.UUID) -> int:
    """How long a customer's timeline is."""
    return db.session.scalar(select(func.count(Event.seq)).where(Event.customer_id == customer_id)) or 0
