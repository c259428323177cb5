"""A person's day: what the routes bring, what hands change, and what happens to customers meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.working_days import DayOff
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.models import Route
from crmweb.routes.plans import ADDED, NEXT_STEP, Day, DayPlan, Stop
from crmweb.visits.models import Visit
from tests.customers.shops import Acting, House
from tests.routes.conftest import MON, MONDAY, THU, TUE, Shops, planned, user, visit

Lay = Callable[..., uuid.UUID]
DAY = timedelta(days=1)
NEXT_MONDAY = MONDAY + 7 * DAY


def test_a_day_follows_the_routes_until_it_is_laid_down(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    first, second, third = shops(3)
    route_id = lay(MON, [first, second])
    lay(TUE, [third])
    with acting(lan), writing():
        assert planned(lan, NEXT_MONDAY) == [first, second]
        assert planned(lan, MONDAY + DAY) == [third]
        db.session.get_one(Route, route_id).order([second, first], at=clock.now())
        assert planned(lan, NEXT_MONDAY) == [second, first]
        Day(lan.id, NEXT_MONDAY).lay_down(at=clock.now())
        db.session.get_one(Route, route_id).order([first, second], at=clock.now())
        assert planned(lan, NEXT_MONDAY) == [second, first]


def test_several_routes_of_a_day_come_one_after_the_other(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor, morning: HeldClock
) -> None:
    first, second, third = shops(3)
    lay(MON, [second, third])
    morning.move(timedelta(seconds=1))
    lay(MON | THU, [third, first])
    with acting(lan):
        assert planned(lan, MONDAY) == [second, third, first]


def test_laying_a_day_down_twice_changes_nothing(acting: Acting, shops: Shops, lay: Lay, lan: Actor) -> None:
    first, second = shops(2)
    lay(MON, [first, second])
    day = Day(lan.id, MONDAY)
    with acting(lan), writing():
        day.lay_down(at=clock.now())
        day.take_out(first, at=clock.now())
        day.lay_down(at=clock.now())
        assert day.customer_ids() == [second]


def test_a_shop_taken_out_comes_back_where_it_stood(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    ids = shops(3)
    lay(MON, ids)
    day = Day(lan.id, MONDAY)
    with acting(lan), writing():
        assert day.take_out(ids[1], at=clock.now()) == 1
        assert day.take_out(ids[1], at=clock.now()) is None
        assert day.customer_ids() == [ids[0], ids[2]]
        day.add(ids[1], at=clock.now(), position=1)
        assert day.customer_ids() == ids


def test_a_day_is_ordered_by_hand_and_never_beyond_its_ends(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    a, b, c, d = shops(4)
    lay(MON, [a, b, c, d])
    day = Day(lan.id, MONDAY)
    with acting(lan), writing():
        day.order([d, b, uuid.uuid4(), d], at=clock.now())
        assert day.customer_ids() == [a, d, c, b]
        day.order([d, b, a, c], at=clock.now())
        day.put(d, 1, at=clock.now())
        day.put(c, 9, at=clock.now())
        day.put(a, -9, at=clock.now())
        assert day.customer_ids() == [a, b, d, c]
        day.put(uuid.uuid4(), 1, at=clock.now())
        assert day.customer_ids() == [a, b, d, c]


def test_a_shop_of_nearby_is_added_last_and_once(acting: Acting, shops: Shops, lay: Lay, lan: Actor) -> None:
    first, second, extra = shops(3)
    lay(MON, [first, second])
    with acting(lan), writing():
        Day(lan.id, MONDAY).add(extra, at=clock.now())
        Day(lan.id, MONDAY).add(extra, at=clock.now(), why=ADDED)
        assert planned(lan, MONDAY) == [first, second, extra]
        assert planned(lan, NEXT_MONDAY) == [first, second]


def test_what_was_agreed_stands_in_the_plan_of_its_day(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    co_ba, other, late = shops(3)
    lay(MON, [co_ba])
    lay(TUE, [other])
    with acting(lan), writing():
        visit_id = visit(co_ba, lan, next_on=MONDAY + DAY)
        assert planned(lan, MONDAY + DAY) == [other, co_ba]
    lay(TUE, [late])
    with acting(lan), writing():
        assert planned(lan, MONDAY + DAY) == [other, late, co_ba]
        db.session.get_one(Visit, visit_id).reopen(by=lan, at=clock.now())
        assert planned(lan, MONDAY + DAY) == [other, late]


def test_another_date_agreed_takes_the_place_of_the_first(acting: Acting, shops: Shops, lan: Actor) -> None:
    (co_ba,) = shops(1)
    with acting(lan), writing():
        visit_id = visit(co_ba, lan, next_on=MONDAY + DAY)
        db.session.get_one(Visit, visit_id).finish(
            "interested", by=lan, at=clock.now(), next_on=MONDAY + 2 * DAY
        )
        assert planned(lan, MONDAY + DAY) == []
        assert planned(lan, MONDAY + 2 * DAY) == [co_ba]


def test_the_usual_next_step_keeps_the_order_of_the_route(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    ids = shops(3)
    lay(MON, ids)
    with acting(lan), writing():
        for each in (ids[2], ids[0]):
            visit(each, lan, next_on=NEXT_MONDAY)
        assert planned(lan, NEXT_MONDAY) == ids
        Day(lan.id, NEXT_MONDAY).lay_down(at=clock.now())
        assert planned(lan, NEXT_MONDAY) == ids


def test_nobody_is_planned_on_a_day_off(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    lay(MON, shops(2))
    with house(), writing():
        DayOff.add(NEXT_MONDAY, "Off", head_id=None)
    with acting(lan):
        assert planned(lan, NEXT_MONDAY) == []


@pytest.mark.parametrize("laid_down", [False, True])
def test_an_archived_shop_leaves_the_day_and_comes_back(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, laid_down: bool
) -> None:
    first, second = shops(2)
    lay(MON, [first, second])
    with acting(lan), writing():
        if laid_down:
            Day(lan.id, MONDAY).lay_down(at=clock.now())
        db.session.get_one(Customer, first).archive(by=lan, at=clock.now())
        assert planned(lan, MONDAY) == [second]
    with house(), writing():
        assert planned(lan, MONDAY) == [second]
        db.session.get_one(Customer, first).restore(by=lan, at=clock.now())
        assert planned(lan, MONDAY) == [first, second]


@pytest.mark.parametrize("laid_down", [False, True])
def test_a_shop_handed_over_leaves_the_routes_and_the_day(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, hung: Actor, mai: Actor, laid_down: bool
) -> None:
    first, second = shops(2)
    route_id = lay(MON, [first, second])
    if laid_down:
        with acting(lan), writing():
            Day(lan.id, MONDAY).lay_down(at=clock.now())
    with acting(mai), writing():
        customer = db.session.get_one(Customer, first)
        customer.assign(user(hung), by=mai, at=clock.now())
        next(each for each in customer.assignments if each.person_id == lan.id).end(by=mai, at=clock.now())
    with house():
        assert db.session.get_one(Route, route_id).customer_ids == [second]
        assert planned(lan, MONDAY) == [second]
        assert planned(hung, MONDAY) == []


def test_a_shop_handed_to_another_team_leaves_the_route_though_mai_loses_sight_of_it(
    house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, outsider: Actor, mai: Actor
) -> None:
    (co_ba,) = shops(1)
    route_id = lay(MON, [co_ba])
    with house(), writing():
        db.session.get_one(Customer, co_ba).assign(user(outsider), by=None, at=clock.now())
    with acting(mai), writing():
        customer = db.session.get_one(Customer, co_ba)
        next(each for each in customer.assignments if each.person_id == lan.id).end(by=mai, at=clock.now())
    with house():
        assert db.session.get_one(Route, route_id).customer_ids == []


def test_an_assignment_that_ends_by_the_calendar_leaves_the_route_too(
    house: House, shops: Shops, lay: Lay, lan: Actor, hung: Actor, morning: HeldClock
) -> None:
    (co_ba,) = shops(1)
    route_id = lay(MON, [co_ba])
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        customer.assign(user(hung), by=None, at=clock.now())
        customer.assignments[0].until = MONDAY + 2 * DAY
    morning.move(3 * DAY)
    with house(), writing():
        assert Assignment.turn_over(at=clock.now()) == 1
    with house():
        assert db.session.get_one(Route, route_id).customer_ids == []


def test_a_shop_put_on_todays_route_stands_in_today_and_leaves_with_it(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    first, second, seen = shops(3)
    route_id = lay(MON, [first, seen])
    with acting(lan), writing():
        Day(lan.id, MONDAY).lay_down(at=clock.now())
        route = db.session.get_one(Route, route_id)
        route.lead_to(db.session.get_one(Customer, second), at=clock.now())
        assert planned(lan, MONDAY) == [first, seen, second]
        visit(seen, lan)
        for each in (second, seen):
            route.leave_out(each, at=clock.now())
        assert planned(lan, MONDAY) == [first, seen]


def test_what_a_hand_took_out_today_stays_out_whatever_the_route_does(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    first, second = shops(2)
    route_id = lay(MON, [first, second])
    with acting(lan), writing():
        Day(lan.id, MONDAY).take_out(first, at=clock.now())
        route = db.session.get_one(Route, route_id)
        route.leave_out(first, at=clock.now())
        route.bring_back(first, at=clock.now())
        assert planned(lan, MONDAY) == [second]


def test_two_who_lay_the_same_day_down_leave_one_plan(
    acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    """The second one's write is refused whole; whoever sends it again finds the day as it stands."""
    ids = shops(2)
    lay(MON, ids)
    with acting(lan), writing():
        Day(lan.id, MONDAY).lay_down(at=clock.now())
    with acting(lan), pytest.raises(IntegrityError), writing():
        db.session.add(DayPlan(person_id=lan.id, day=MONDAY, made_at=clock.now()))
    with acting(lan), writing():
        Day(lan.id, MONDAY).take_out(ids[0], at=clock.now())
    with acting(lan):
        assert planned(lan, MONDAY) == [ids[1]]
        rows = db.session.scalars(db.select(Stop).where(Stop.person_id == lan.id)).all()
        assert len(rows) == 2


def test_a_step_agreed_by_a_helper_is_nobodys_stop(
    house: House, shops: Shops, lan: Actor, hung: Actor
) -> None:
    (co_ba,) = shops(1)
    with house(), writing():
        visit(co_ba, hung, next_on=date(2026, 11, 5))
    with house():
        assert db.session.scalars(db.select(Stop).where(Stop.why == NEXT_STEP)).all() == []
