"""When a route leads to a customer next, and what a visit, a slip and a change do to that."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.working_days import DayOff
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.models import Route
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.weeks import EVEN, ODD
from crmweb.visits.models import Visit
from tests.customers.shops import Acting, House
from tests.routes.conftest import FRI, MON, MONDAY, THU, TUE, WED, Shops, at_nine, next_days, user, visit

Lay = Callable[..., uuid.UUID]
DAY = timedelta(days=1)


def test_a_route_laid_on_its_own_day_leads_there_today(
    house: House, shops: Shops, lay: Lay, lan: Actor
) -> None:
    first, second = shops(2)
    lay(MON, [first])
    lay(TUE, [second])
    with house():
        assert next_days(lan, first, second) == [MONDAY, MONDAY + DAY]


def test_a_visit_makes_it_the_next_day_of_the_route(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    (co_ba,) = shops(1)
    lay(MON | THU, [co_ba])
    with acting(lan), writing():
        visit(co_ba, lan)
    with house():
        assert next_days(lan, co_ba) == [date(2026, 11, 5)]


def test_a_missed_day_stays(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, morning: HeldClock
) -> None:
    (co_ba,) = shops(1)
    lay(MON, [co_ba])
    morning.move(9 * DAY)  # Wednesday of the week after
    with acting(lan), writing():
        plan_next_days(lan.id, [co_ba])
    with house():
        assert next_days(lan, co_ba) == [MONDAY]
    with acting(lan), writing():
        visit(co_ba, lan)
    with house():
        assert next_days(lan, co_ba) == [date(2026, 11, 16)]


def test_a_day_off_is_passed_over(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, mai: Actor
) -> None:
    (co_ba,) = shops(1)
    with house(), writing():
        DayOff.add(date(2026, 11, 9), "Team day", head_id=mai.id)
    lay(MON, [co_ba])
    with acting(lan), writing():
        visit(co_ba, lan)
    with house():
        assert next_days(lan, co_ba) == [date(2026, 11, 16)]


def test_taking_a_result_back_brings_the_day_back(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    (co_ba,) = shops(1)
    lay(MON, [co_ba])
    with acting(lan), writing():
        visit_id = visit(co_ba, lan)
    with acting(lan), writing():
        db.session.get_one(Visit, visit_id).reopen(by=lan, at=clock.now())
    with house():
        assert next_days(lan, co_ba) == [MONDAY]


def test_without_a_route_the_tier_counts_again(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    (co_ba,) = shops(1)
    route_id = lay(MON, [co_ba])
    with acting(lan), writing():
        db.session.get_one(Route, route_id).leave_out(co_ba, at=clock.now())
    with house():
        assignment = db.session.scalars(db.select(Assignment)).unique().one()
        assert (assignment.next_route_day, assignment.next_due) == (None, MONDAY + 14 * DAY)
    with acting(lan), writing():
        db.session.get_one(Route, route_id).bring_back(co_ba, at=clock.now())
    with house():
        assert next_days(lan, co_ba) == [MONDAY]


def test_a_shop_on_two_routes_is_due_by_the_earlier(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    (co_ba,) = shops(1)
    lay(FRI, [co_ba])
    tuesdays = lay(TUE, [co_ba])
    with house():
        assert next_days(lan, co_ba) == [MONDAY + DAY]
    with acting(lan), writing():
        db.session.get_one(Route, tuesdays).end(at=clock.now())
    with house():
        assert next_days(lan, co_ba) == [MONDAY + 4 * DAY]
    with acting(lan), writing():
        db.session.get_one(Route, tuesdays).restore(at=clock.now())
    with house():
        assert next_days(lan, co_ba) == [MONDAY + DAY]


def test_moving_a_route_to_another_day_makes_nothing_late(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, morning: HeldClock
) -> None:
    seen, missed = shops(2)
    route_id = lay(MON, [seen, missed])
    with acting(lan), writing():
        visit(seen, lan)
    morning.move(9 * DAY)  # Wednesday, 11 November; on Monday nobody came
    with acting(lan), writing():
        visit(seen, lan)
    morning.move(DAY)
    with acting(lan), writing():
        db.session.get_one(Route, route_id).change(at=clock.now(), weekdays=WED, weeks="every", name="")
    with house():
        assert next_days(lan, seen, missed) == [date(2026, 11, 18), date(2026, 11, 4)]


@pytest.mark.parametrize(
    ("zone", "before", "after"),
    [
        ("Europe/Berlin", datetime(2026, 10, 25, 22, 30, tzinfo=UTC), date(2026, 10, 26)),
        ("Europe/Berlin", datetime(2026, 10, 25, 23, 30, tzinfo=UTC), date(2026, 11, 2)),
        ("Europe/Berlin", datetime(2027, 3, 28, 21, 30, tzinfo=UTC), date(2027, 3, 29)),
        ("Europe/Berlin", datetime(2027, 3, 28, 22, 30, tzinfo=UTC), date(2027, 4, 5)),
        ("America/New_York", datetime(2026, 11, 2, 4, 30, tzinfo=UTC), date(2026, 11, 2)),
        ("America/New_York", datetime(2026, 11, 2, 5, 30, tzinfo=UTC), date(2026, 11, 9)),
        ("America/New_York", datetime(2027, 3, 15, 3, 30, tzinfo=UTC), date(2027, 3, 15)),
        ("America/New_York", datetime(2027, 3, 15, 4, 30, tzinfo=UTC), date(2027, 3, 22)),
    ],
)
def test_the_date_of_a_visit_is_that_of_its_visitor_also_when_the_clocks_change(
    house: House,
    acting: Acting,
    shops: Shops,
    lan: Actor,
    morning: HeldClock,
    zone: str,
    before: datetime,
    after: date,
) -> None:
    """A Monday route, and a visit half an hour before or after midnight of Sunday: `after` is the next day."""
    morning.at = before - 7 * DAY
    with house(), writing():
        user(lan).zone = zone
    (co_ba,) = shops(1)
    morning.at = before
    with house(), writing():
        Route.lay(
            user(lan), weekdays=MON, at=before - 7 * DAY, customers=[db.session.get_one(Customer, co_ba)]
        )
    with house(), writing():
        db.session.scalars(db.select(Assignment)).unique().one().visited(at=before)
        plan_next_days(lan.id, [co_ba])
    with house():
        assert next_days(lan, co_ba) == [after]


def test_a_hand_made_winter_of_three_routes(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, mai: Actor, morning: HeldClock
) -> None:
    """From 7 December 2026 on, over a year of 53 weeks, New Year's Day and Tết: each shop is visited when it is due.

    Written out from a wall calendar: weeks 50 (7 Dec) to 53 (28 Dec), 1 (4 Jan) to 6 (8 Feb).
    """
    weekly, odd, even = shops(3)
    morning.at = at_nine(date(2026, 12, 7))
    tet = [date(2027, 2, 5) + each * DAY for each in range(5)]
    with house(), writing():
        for day in (date(2027, 1, 1), *tet):
            DayOff.add(day, "Off", head_id=None)
    lay(MON | FRI, [weekly])
    lay(TUE, [odd], weeks=ODD)
    lay(TUE, [even], weeks=EVEN)
    visits: dict[uuid.UUID, list[str]] = {weekly: [], odd: [], even: []}
    while (today := lan.today(clock.now())) < date(2027, 2, 13):
        for customer, seen in visits.items():
            with house():
                due = next_days(lan, customer) == [today]
            if due:
                with acting(lan), writing():
                    visit(customer, lan)
                seen.append(f"{today.day}/{today.month}")
        morning.move(DAY)
    december = ["7/12", "11/12", "14/12", "18/12", "21/12", "25/12", "28/12"]
    january = ["4/1", "8/1", "11/1", "15/1", "18/1", "22/1", "25/1", "29/1"]
    assert visits[weekly] == [*december, *january, "1/2", "12/2"]
    assert visits[odd] == ["15/12", "29/12", "5/1", "19/1", "2/2"]
    assert visits[even] == ["8/12", "22/12", "12/1", "26/1"]


def test_a_route_through_300_shops_is_planned_in_few_statements(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    many = shops(300)
    lay(MON, many)
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    with acting(lan), writing():
        event.listen(db.engine, "before_cursor_execute", note)
        try:
            plan_next_days(lan.id, many)
            db.session.flush()
        finally:
            event.remove(db.engine, "before_cursor_execute", note)
    assert len(asked) <= 8, asked
