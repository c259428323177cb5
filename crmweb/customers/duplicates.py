"""Who is there already: asked across everyone's customers, and answered with as little as helps."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.customers.reaching.models import CustomerPhone
from crmweb.customers.reaching.phones import read_phone
from crmweb.db import db
from crmweb.geo import Box, Point, boxes_around, haversine_m
from crmweb.names import fold
from crmweb.scope import system_access

CLOSE_M = 150
"""Metres within which two customers of one name are taken for the same."""

NEW_FOR = timedelta(days=7)
"""How long the page of a new lead says who may be the same."""

MOST = 5
_LOOKED_AT = 50


Team = Select[Any, Any, Any, Any, Any, Any, Any, Any]


@dataclass(frozen=True)
class Twin:
    """A customer who may be the one that is being added. `id` only where the person may see them.

    `helps_id` where they may not, and a teammate looks after them now: the address to which a helper's visit is posted.
    It gives nothing away: every page and fragment under it answers 404, and only a visit, of which its people are told,
    is taken.
    """

    name: str
    responsible: str
    id: uuid.UUID | None
    helps_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Newcomer:
    """Somebody about to be added."""

    name: str
    phones: list[str]
    address: str
    at: Point | None

    def twins(self, *, by: Actor) -> list[Twin]:
        """Who in the team has the same number, or the same name at the same place."""
        team = _of_the_team(by)  # asked here: within the house's session nobody is at work
        with system_access("warning of duplicates"):
            rows: dict[uuid.UUID, Any] = {}
            # Of several who look after one, the first line's answers for them.
            for row in (*self._of_one_number(team), *self._of_one_name(team)):
                rows.setdefault(row.id, row)
        visible = set(db.session.scalars(select(Customer.id).where(Customer.id.in_(rows))))
        return [_twin(row, row.id in visible) for row in rows.values()][:MOST]

    def _of_one_number(self, team: Team) -> Iterable[Any]:
        numbers = [number.e164 for number in map(read_phone, self.phones) if number.e164]
        having = select(CustomerPhone.customer_id).where(CustomerPhone.e164.in_(numbers))
        return db.session.execute(team.where(Customer.id.in_(having))).all() if numbers else []

    def _of_one_name(self, team: Team) -> Iterable[Any]:
        """A chain has more shops of one name than are looked at: those around are asked for, too."""
        namesakes = team.where(Customer.sort_name == fold(self.name)[:80])
        asked = [namesakes, *(namesakes.where(_within(box)) for box in self._around())]
        return [row for each in asked for row in db.session.execute(each) if self._is_at(row)]

    def _around(self) -> tuple[Box, ...]:
        return boxes_around(self.at, CLOSE_M) if self.at else ()

    def _is_at(self, row: Any) -> bool:
        if self.address and fold(row.address) == fold(self.address):
            return True
        if self.at is None or row.lat is None or row.pin_flaw is not None:
            return False
        return haversine_m(self.at, Point(row.lat, row.lng)) <= CLOSE_M


def twins_of(customer: Customer, *, by: Actor, at: datetime) -> list[Twin]:
    """Who may be the same as a new lead: who was added without a signal came when nobody could be asked.

    As when adding somebody, this is for who may add.
    """
    is_new = customer.status == "lead" and not customer.archived_at and at - customer.created_at <= NEW_FOR
    if not is_new or not by.may("customers:write"):
        return []
    lat, lng = customer.lat, customer.lng
    place = Point(lat, lng) if lat is not None and lng is not None and customer.has_pin else None
    numbers = [phone.e164 or phone.typed for phone in customer.phones]
    found = Newcomer(customer.name, numbers, customer.address, place).twins(by=by)
    return [twin for twin in found if twin.id != customer.id]


def _within(box: Box) -> ColumnElement[bool]:
    return Customer.lat.between(box.south, box.north) & Customer.lng.between(box.west, box.east)


def _twin(row: Any, visible: bool) -> Twin:
    if visible:
        return Twin(row.name, row.responsible, row.id)
    return Twin(row.name, row.responsible, None, row.id if row.started_at else None)


def _of_the_team(by: Actor) -> Team:
    """Customers with the name of one who looks after them: of everyone under the same manager."""
    team: list[ColumnElement[bool]] = []
    if not by.may("customers:read:all"):
        head = db.session.scalar(select(User.manager_id).where(User.id == by.id)) or by.id
        members = select(Oversight.person_id).where(Oversight.viewer_id == head)
        team = [Assignment.person_id.in_(members)]
    return (
        select(
            Customer.id, Customer.name, Customer.address, Customer.lat, Customer.lng, Customer.pin_flaw,
            User.name.label("responsible"), Assignment.started_at,
        )
        .join(Assignment, Assignment.customer_id == Customer.id)
        .join(User, User.id == Assignment.person_id)
        .where(Assignment.ended_at.is_(None), Customer.archived_at.is_(None), *team)
        .order_by(Assignment.line, Assignment.since)
        .limit(_LOOKED_AT)
    )  # fmt: skip


def has_code(code: str, *, but: uuid.UUID | None = None) -> uuid.UUID | None:
    """Whose code this is, of all customers, whoever may see them; not counting `but`."""
    with system_access("keeping codes unique"):
        others = Customer.id.is_distinct_from(but)
        return db.session.scalar(select(Customer.id).where(Customer.code == code, others))
