"""What a row says about a customer, read as rows and not as entities because lists are long."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import literal, select
from sqlalchemy.orm import aliased

from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import Due, late_before
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.scope import VIEWER, principal


class Standing(NamedTuple):
    """One person who looks after a customer now, or will. `overseen`: the viewer, or someone below them.

    `stands_in_for` is the name of the one whose work it is.
    """

    id: uuid.UUID
    customer_id: uuid.UUID
    person_id: uuid.UUID
    name: str
    line: str
    since: date
    until: date | None
    started_at: datetime | None
    next_due: date | None
    last_visit_at: datetime | None
    last_touch_at: datetime | None
    last_touch: str | None
    quiet_after: date | None
    overseen: bool
    stands_in_for: str | None


class Face(NamedTuple):
    """A customer in a list."""

    id: uuid.UUID
    name: str
    code: str | None
    address: str
    tier: str | None
    status: str
    phone: str | None
    email: str | None
    lat: float | None
    lng: float | None
    pin_flaw: str | None
    archived_at: datetime | None
    due: Due
    responsible: str | None

    @property
    def place(self) -> str:
        """Street and ward, the part of an address by which one finds the way."""
        return ", ".join(part.strip() for part in self.address.replace("\n", ",").split(",")[:2])

    @property
    def street(self) -> str:
        """The first part alone, for where there is little room."""
        return self.place.partition(",")[0]


_COLUMNS = (
    Customer.id, Customer.name, Customer.code, Customer.address, Customer.tier, Customer.status, Customer.phone,
    Customer.email, Customer.lat, Customer.lng, Customer.pin_flaw, Customer.archived_at,
)  # fmt: skip


def faces(
    ids: Sequence[uuid.UUID], today: date, people: dict[uuid.UUID, list[Standing]] | None = None
) -> list[Face]:
    """The faces of these customers, in the order of the ids; those not visible are left out.

    `people` are their `standings`, where somebody has read them already.
    """
    if not ids:
        return []
    rows = {row.id: row for row in db.session.execute(select(*_COLUMNS).where(Customer.id.in_(ids)))}
    late = late_before(today)
    if people is None:
        people = standings(ids)
    return [_face(rows[each], people.get(each, []), today, late) for each in ids if each in rows]


def _face(row: Any, people: list[Standing], today: date, late: date) -> Face:
    main = main_standing(people)
    return Face._make((*row, Due.seen_from(today, next_due(people), late), main.name if main else None))


def standings(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[Standing]]:
    """Who looks after each of these customers: first line first, then the longest standing; who stands in, last."""
    away = aliased(User)
    overseen = (
        literal(True)
        if principal().sees_all
        else select(Oversight.person_id)
        .where(Oversight.viewer_id == VIEWER, Oversight.person_id == Assignment.person_id)
        .exists()
    )
    rows = db.session.execute(
        select(
            Assignment.id, Assignment.customer_id, Assignment.person_id, User.name, Assignment.line,
            Assignment.since, Assignment.until, Assignment.started_at, Assignment.next_due,
            Assignment.last_visit_at, Assignment.last_touch_at, Assignment.last_touch, Assignment.quiet_after,
            overseen, away.name,
        )
        .join(User, User.id == Assignment.person_id)
        .outerjoin(away, away.id == Assignment.stands_in_for_id)
        .where(Assignment.customer_id.in_(ids), Assignment.ended_at.is_(None))
        .order_by(
            Assignment.customer_id, away.id.is_not(None), Assignment.line, Assignment.since, Assignment.id
        )
    )  # fmt: skip
    found = [Standing._make(row) for row in rows]
    return {of: list(people) for of, people in groupby(found, key=attrgetter("customer_id"))}


def main_standing(people: list[Standing]) -> Standing | None:
    """The one whose name stands for the customer's: the first who is there already."""
    return next((person for person in people if person.started_at), None)


def last_visit(people: list[Standing]) -> datetime | None:
    """When anybody who looks after them was last there."""
    return max((person.last_visit_at for person in people if person.last_visit_at), default=None)


def next_due(people: list[Standing]) -> date | None:
    """The most pressing date among those whose work the viewer sees."""
    return min(
        (person.next_due for person in people if person.overseen and person.started_at and person.next_due),
        default=None,
    )
