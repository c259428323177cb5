"""Whom somebody is most likely about to visit, at most three, the likeliest first."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date
from itertools import islice
from typing import NamedTuple

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.beyond import is_a_teammates
from crmweb.customers.due import Due
from crmweb.customers.faces import Face, faces
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.geo import Point, haversine_m
from crmweb.nearby.nearest import nearest
from crmweb.routes.plans import Day
from crmweb.scope import system_access
from crmweb.today.due import due_customers
from crmweb.visits.openings import visited_on

MOST = 3


class Choice(NamedTuple):
    """One row to choose. `distance_m` where both places are known; `due` is None for a colleague's customer."""

    id: uuid.UUID
    name: str
    status: str
    due: Due | None
    distance_m: float | None


def choices(
    by: Actor, today: date, *, customer_id: uuid.UUID | None = None, at: Point | None = None
) -> list[Choice]:
    """This customer, else the next stop of the day, else the nearest; then others that come into question.

    Raises LookupError for a customer whom `by` may not visit.
    """
    first = [_this_one(customer_id, by, today, at)] if customer_id else []
    done = visited_on(by.id, today)
    likely = (
        each for each in _likely(by, today, done, at, first) if each != customer_id and each not in done
    )
    others = list(islice(dict.fromkeys(islice(likely, MOST * 4)), MOST - len(first)))
    return [*first, *(_choice(face, at) for face in faces(others, today))]


def _likely(
    by: Actor, today: date, done: set[uuid.UUID], at: Point | None, first: list[Choice]
) -> Iterator[uuid.UUID]:
    """Without a place, along the day; with one, the next stop and then who is near."""
    ahead = [each for each in Day(by.id, today).customer_ids() if each not in done]
    if at is not None:
        yield from ahead[:1] if not first else ()
        near = nearest(at, today=today, k=MOST + len(done))
        yield from (neighbour.customer_id for neighbour in near)
    yield from ahead
    yield from (customer.id for customer in due_customers(by.id, today))


def _this_one(id: uuid.UUID, by: Actor, today: date, at: Point | None) -> Choice:
    if found := faces([id], today):
        return _choice(found[0], at)
    if not is_a_teammates(id, by):
        raise LookupError(id)
    with system_access("the name of a teammate's customer"):
        name = db.session.scalar(select(Customer.name).where(Customer.id == id))
    return Choice(id, name or "", "customer", None, None)


def _choice(face: Face, at: Point | None) -> Choice:
    away = None
    if at is not None and face.lat is not None and face.lng is not None and not face.pin_flaw:
        away = haversine_m(at, Point(face.lat, face.lng))
    return Choice(face.id, face.name, face.status, face.due, away)
