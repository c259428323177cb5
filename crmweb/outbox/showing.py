"""What lies in quarantine as somebody sees it: with the customer's name where they may see the customer."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select

from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.outbox.models import OutboxWrite


@dataclass(frozen=True)
class Kept:
    """One write with what stands around it. `customer` is the name of whom one may see."""

    write: OutboxWrite
    person: str
    customer: str


def kept_writes(
    asked: Select[OutboxWrite], most: int, *, after: uuid.UUID | None = None
) -> tuple[list[Kept], bool]:
    """So many of these, the latest first, those that follow `after`; and whether there are more."""
    if after is not None:
        asked = asked.where(OutboxWrite.id < after)
    rows = list(db.session.scalars(asked.limit(most + 1)))
    return with_names(rows[:most]), len(rows) > most


def with_names(writes: Sequence[OutboxWrite]) -> list[Kept]:
    """Three statements at most, whatever their number."""
    ids = {write.customer_id for write in writes if write.customer_id}
    theirs = select(Customer.id, Customer.name).where(Customer.id.in_(ids))
    names = {row.id: row.name for row in db.session.execute(theirs)} if ids else {}
    authors = select(User.id, User.name).where(User.id.in_({write.person_id for write in writes}))
    people = {row.id: row.name for row in db.session.execute(authors)} if writes else {}
    return [
        Kept(write, people[write.person_id], names.get(write.customer_id, "") if write.customer_id else "")
        for write in writes
    ]
