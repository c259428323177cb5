"""One account at several places: its head office, and its sites with when somebody was there and is due again."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Final, NamedTuple

from sqlalchemy import select

from crmweb.customers.due import Due, late_before
from crmweb.customers.faces import last_visit, next_due, standings
from crmweb.customers.models import Customer
from crmweb.db import db

MOST: Final = 50
"""Sites that a page shows."""


class Relative(NamedTuple):
    """A head office, in a word."""

    id: uuid.UUID
    name: str
    address: str


class Site(NamedTuple):
    """A branch that the viewer may see."""

    id: uuid.UUID
    name: str
    address: str
    status: str
    last_visit_at: datetime | None
    due: Due


def head_office(customer: Customer) -> Relative | None:
    """None also where the viewer may not see it."""
    if customer.parent_id is None:
        return None
    asked = select(Customer.id, Customer.name, Customer.address).where(Customer.id == customer.parent_id)
    row = db.session.execute(asked).one_or_none()
    return Relative(*row) if row else None


def sites(customer_id: uuid.UUID, today: date) -> list[Site]:
    """By name; those put away are left out."""
    rows = db.session.execute(
        select(Customer.id, Customer.name, Customer.address, Customer.status)
        .where(Customer.parent_id == customer_id, Customer.archived_at.is_(None))
        .order_by(Customer.sort_name, Customer.id)
        .limit(MOST)
    ).all()
    if not rows:
        return []
    people, late = standings([row.id for row in rows]), late_before(today)
    found = []
    for row in rows:
        theirs = people.get(row.id, [])
        due = Due.seen_from(today, next_due(theirs), late)
        found.append(Site(row.id, row.name, row.address, row.status, last_visit(theirs), due))
    return found
