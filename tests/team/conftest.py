"""A week in Mai's team: Lan's shops with pins, her route, and verbs to make her day."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.geo import Point
from crmweb.routes.models import Route
from crmweb.visits.models import Visit
from crmweb.visits.verdicts import Fix
from tests.customers.shops import House, shop

PIN = (10.7725, 106.6980)
EVERY_DAY = 0b1111111
DEGREE_M = 111_195
"""Metres of one degree of latitude."""

Went = Callable[..., uuid.UUID]


def fix(metres: float = 0, accuracy_m: float | None = 12, at: datetime | None = None) -> Fix:
    """What a phone says so many metres north of the pin."""
    return Fix(Point(PIN[0] + metres / DEGREE_M, PIN[1]), accuracy_m, at)


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """It is noon where Lan is: what happened an hour ago happened today, whenever the tests run."""
    with clock.frozen(datetime.now(UTC).replace(hour=5, minute=0)):
        yield


@pytest.fixture
def shops(house: House, lan: Actor) -> list[uuid.UUID]:
    """Five shops of Lan's at one pin, of tier A."""
    with house(), writing():
        return [shop(f"Tạp hóa số {number}", lan, tier="A", at=PIN) for number in range(1, 6)]


@pytest.fixture
def route(house: House, lan: Actor, shops: Sequence[uuid.UUID]) -> Sequence[uuid.UUID]:
    """Lan visits the first four every day."""
    lay_route(house, lan, shops[:4])
    return shops


def lay_route(house: House, person: Actor, customers: Sequence[uuid.UUID]) -> None:
    with house(), writing():
        through = [db.session.get_one(Customer, each) for each in customers]
        Route.lay(person, weekdays=EVERY_DAY, at=clock.now() - timedelta(days=30), customers=through)


@pytest.fixture
def went(house: House) -> Went:
    """`went(lan, shop, metres=0, outcome="order_taken")`: a check-in there, finished where an outcome is given."""

    def go(
        person: Actor,
        customer_id: uuid.UUID,
        metres: float | None = 0,
        *,
        at: datetime | None = None,
        outcome: str | None = "order_taken",
        kind: str = "in_person",
        accuracy_m: float | None = 12,
        **more: Any,
    ) -> uuid.UUID:
        then = at or clock.now() - timedelta(minutes=10)
        with house(), writing():
            customer = db.session.get_one(Customer, customer_id)
            told = fix(metres, accuracy_m, then) if metres is not None else None
            visit = Visit.check_in(
                customer, by=person, at=then, kind=kind, fix=told,
                outcome=outcome if kind == "closed" else None, **more,
            )  # fmt: skip
            if kind != "closed" and outcome is not None:
                visit.finish(outcome, by=person, at=then + timedelta(minutes=8))
            return visit.id

    return go


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that the database is sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            sent.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(Engine, "before_cursor_execute", note)
