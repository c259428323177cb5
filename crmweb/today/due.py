"""Whose visit is due: the rows of Today."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import OVERDUE, by_state
from crmweb.customers.models import Customer
from crmweb.customers.quiet import is_too_quiet
from crmweb.db import db

MOST = 30


class DueCustomer(NamedTuple):
    """A customer whose visit is due or overdue for one person."""

    id: uuid.UUID
    name: str
    address: str
    phone: str | None
    email: str | None
    tier: str | None
    lat: float | None
    lng: float | None
    next_due: date
    last_visit_at: datetime | None


class Behind(NamedTuple):
    """How one person of the team stands."""

    id: uuid.UUID
    name: str
    overdue: int
    today: int


def _due(today: date) -> Select[tuple[object, ...]]:
    at_work = (Assignment.started_at.is_not(None), Assignment.ended_at.is_(None))
    return select().where(*at_work, Assignment.next_due <= today)


def due_customers(person_id: uuid.UUID, today: date) -> list[DueCustomer]:
    """Whom this person should see, the longest overdue first; at most `MOST`."""
    columns = (
        Customer.id, Customer.name, Customer.address, Customer.phone, Customer.email, Customer.tier, Customer.lat,
        Customer.lng, func.min(Assignment.next_due), func.max(Assignment.last_visit_at),
    )  # fmt: skip
    rows = (
        _due(today)
        .add_columns(*columns)
        .join_from(Assignment, Customer, Customer.id == Assignment.customer_id)
        .where(Assignment.person_id == person_id, Customer.archived_at.is_(None))
        .group_by(Customer.id)
        .order_by(func.min(Assignment.next_due), Customer.tier, Customer.sort_name)
        .limit(MOST)
    )
    return [DueCustomer(*row) for row in db.session.execute(rows)]


def count_due(person_id: uuid.UUID, today: date) -> tuple[int, int]:
    """How many of this person's customers are overdue, and due today."""
    late = func.count().filter(by_state(Assignment.next_due, today)[OVERDUE])
    row = db.session.execute(
        _due(today)
        .add_columns(late, func.count())
        .select_from(Assignment)
        .where(Assignment.person_id == person_id)
    ).one()
    return int(row[0]), int(row[1] - row[0])


def has_customers(person_id: uuid.UUID) -> bool:
    """Whether this person looks after anybody at all."""
    theirs = select(Assignment.id).where(
        Assignment.person_id == person_id, Assignment.started_at.is_not(None), Assignment.ended_at.is_(None)
    )
    return bool(db.session.scalar(select(theirs.exists())))


def count_quiet(person_id: uuid.UUID, today: date) -> int:
    """How many of one person's accounts have been quiet for too long: a hint, which reads an index alone."""
    theirs = (
        Assignment.person_id == person_id,
        Assignment.started_at.is_not(None),
        Assignment.ended_at.is_(None),
    )
    asked = select(func.count(Assignment.customer_id.distinct()))
    return db.session.scalar(asked.where(*theirs, is_too_quiet(Assignment.quiet_after, today))) or 0


def team_behind(today: date, *, head: Actor) -> list[Behind]:
    """How the people whom somebody oversees stand, those with most overdue first; everybody, for those who see all.

    Others may look after the same customers and are nobody's team here.
    """
    late = func.count().filter(by_state(Assignment.next_due, today)[OVERDUE])
    rows = (
        _due(today)
        .add_columns(User.id, User.name, late, func.count() - late)
        .join_from(Assignment, User, User.id == Assignment.person_id)
        .where(Assignment.person_id != head.id)
        .group_by(User.id, User.name)
        .order_by(late.desc(), User.name)
    )
    if not head.may("customers:read:all"):
        rows = rows.join(Oversight, Oversight.person_id == User.id).where(Oversight.viewer_id == head.id)
    return [Behind(*row) for row in db.session.execute(rows)]
