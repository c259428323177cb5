"""Overdue follows the working days, the same on every screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.working_days import DayOff
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.due import AHEAD, NONE, OVERDUE, TODAY, Due
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.routes.conftest import at_nine

SATURDAY = date(2026, 11, 7)
SUNDAY, MONDAY, TUESDAY = (SATURDAY + timedelta(days=ahead) for ahead in (1, 2, 3))


@pytest.fixture(autouse=True)
def held() -> Iterator[HeldClock]:
    with clock.frozen(at_nine(SATURDAY)) as clock_:
        yield clock_


def test_a_due_date_is_seen_from_a_day() -> None:
    seen = [Due.seen_from(MONDAY, due, SUNDAY) for due in (None, SATURDAY, SUNDAY, MONDAY, TUESDAY)]
    assert seen == [Due(NONE), Due(OVERDUE, 2), Due(TODAY), Due(TODAY), Due(AHEAD, 1)]


@pytest.mark.parametrize(
    ("today", "overdue", "due"),
    [(SATURDAY, 0, 1), (SUNDAY, 0, 2), (MONDAY, 1, 1), (TUESDAY, 2, 0)],
)
def test_nobody_turns_overdue_on_a_sunday_on_any_screen(
    phone_of: PhoneOf,
    house: House,
    lan: Actor,
    mai: Actor,
    held: HeldClock,
    today: date,
    overdue: int,
    due: int,
) -> None:
    """One shop is due on Saturday, one on Sunday."""
    with house(), writing():
        for name, day in (("Of Saturday", SATURDAY), ("Of Sunday", SUNDAY)):
            shop(name, lan, tier="A", at=(21.0, 105.8))
            db.session.flush()
            newest = db.select(Assignment).order_by(Assignment.id.desc()).limit(1)
            db.session.scalars(newest).unique().one().next_due = day
    held.at = at_nine(today)
    for person in (lan, mai):
        phone = phone_of(person)
        for state, many in (("overdue", overdue), ("today", due)):
            for address in (f"/customers?due={state}", f"/nearby?lat=21&lng=105.8&due={state}"):
                shown = phone.get(address, headers=ENGLISH).text
                assert len(re.findall(r"id=\"customer-", shown)) == many, (address, person.name)
    listed = phone_of(lan).get("/customers", headers=ENGLISH).text
    assert len(re.findall(r"days? overdue", listed)) == overdue
    assert listed.count("Due today</span>") == due


def test_a_holiday_of_the_team_gives_one_day_more(
    phone_of: PhoneOf, house: House, lan: Actor, mai: Actor, held: HeldClock
) -> None:
    with house(), writing():
        shop("Of Saturday", lan, tier="A")
        db.session.scalars(db.select(Assignment)).unique().one().next_due = SATURDAY
        DayOff.add(MONDAY, "Team day", head_id=mai.id)
    for today, overdue in ((MONDAY, False), (TUESDAY, True)):
        held.at = at_nine(today)
        shown = phone_of(lan).get("/customers?due=overdue", headers=ENGLISH).text
        assert ("Of Saturday" in shown) == overdue
