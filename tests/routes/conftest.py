"""Routes on a calendar that stands still: Monday, 2 November 2026, in week 45."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.models import Route
from crmweb.routes.plans import Day
from crmweb.visits.models import Visit
from tests.customers.shops import Acting, House, shop

MONDAY = date(2026, 11, 2)
MON, TUE, WED, THU, FRI, SAT, SUN = (1 << day for day in range(7))

Shops = Callable[..., list[uuid.UUID]]


def at_nine(day: date) -> datetime:
    """Nine in the morning in Vietnam."""
    return datetime.combine(day, time(2), UTC)


@pytest.fixture(autouse=True)
def morning() -> Iterator[HeldClock]:
    with clock.frozen(at_nine(MONDAY)) as held:
        yield held


@pytest.fixture
def shops(house: House, lan: Actor) -> Shops:
    """`shops(3)`: so many of Lan's, or of somebody else."""

    def open_some(count: int, of: Actor = lan, tier: str = "A") -> list[uuid.UUID]:
        with house(), writing():
            return [shop(f"{of.given_name} {number}", of, tier=tier) for number in range(1, count + 1)]

    return open_some


@pytest.fixture
def lay(acting: Acting, lan: Actor) -> Callable[..., uuid.UUID]:
    """`lay(MON | THU, shops)`: a route of Lan's, laid by herself."""

    def lay_route(weekdays: int, customers: list[uuid.UUID], person: Actor = lan, **more: Any) -> uuid.UUID:
        with acting(person), writing():
            through = [db.session.get_one(Customer, each) for each in customers]
            route = Route.lay(person, weekdays=weekdays, at=clock.now(), customers=through, **more)
            return route.id

    return lay_route


def next_days(person: Actor, *customers: uuid.UUID) -> list[date | None]:
    """When each customer is told that this person's route comes next; call it inside `house()`."""
    rows = db.session.execute(
        select(Assignment.customer_id, Assignment.next_route_day).where(
            Assignment.person_id == person.id, Assignment.ended_at.is_(None)
        )
    )
    told = {row[0]: row[1] for row in rows}
    return [told.get(each) for each in customers]


def visit(customer: uuid.UUID, by: Actor, next_on: date | None = None) -> uuid.UUID:
    """A visit that is begun and finished now; call it inside `acting(…)` and `writing()`."""
    found = Visit.check_in(db.session.get_one(Customer, customer), by=by, at=clock.now())
    found.finish("interested", by=by, at=clock.now(), next_on=next_on)
    return found.id


def planned(person: Actor, day: date) -> list[uuid.UUID]:
    return Day(person.id, day).customer_ids()


def user(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def minted() -> uuid.UUID:
    """An id as a phone mints it on that day."""
    moment = int(clock.now().timestamp() * 1000)
    return uuid.UUID(int=moment << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62))
