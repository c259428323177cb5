"""Mai hands a sick colleague's route to others, and it comes back by itself."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from crmweb import clock, schedule
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit.models import Entry
from crmweb.clock import HeldClock
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.cover import Cover, covers_by, covers_of, end_cover
from crmweb.routes.plans import Day, DayPlan, Stop
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf
from tests.routes.conftest import MON, MONDAY, THU, TUE, WED, Shops, next_days, planned, user, visit
from tests.statements import counted

Lay = Callable[..., uuid.UUID]
DAY = timedelta(days=1)
NEXT_MONDAY = MONDAY + 7 * DAY


@pytest.fixture
def thao(house: House, mai: Actor) -> Actor:
    """Another rep of Mai's team."""
    with house(), writing():
        manager = db.session.get_one(User, mai.id)
        return Actor.of(User.add("Phạm Thị Thảo", role="rep", at=clock.now(), manager=manager))


@pytest.fixture
def hand(acting: Acting, lan: Actor, mai: Actor) -> Callable[..., int]:
    """`hand(MONDAY, MONDAY, hung, thao)`: Mai hands Lan's routes of these dates to them."""

    def hand_to(since: date, until: date, *people: Actor) -> int:
        with acting(mai), writing():
            cover = Cover(user(lan), since, until)
            return cover.hand_to([user(each) for each in people], by=mai, at=clock.now())

    return hand_to


Hand = Callable[..., int]


Do = Callable[[], None]


@pytest.fixture
def lay_down_days(app: Flask) -> Callable[[], None]:
    """What the clock does every ten minutes."""

    def do() -> None:
        with app.app_context():
            schedule.lay_down_days()

    return do


def test_the_route_is_parted_in_its_order(
    house: House, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor, thao: Actor
) -> None:
    ids = shops(7)
    lay(MON, ids)
    assert hand(MONDAY, MONDAY, hung, thao) == 7
    with house():
        assert planned(hung, MONDAY) == ids[:4]
        assert planned(thao, MONDAY) == ids[4:]
        assert planned(lan, MONDAY) == []
        assert planned(lan, NEXT_MONDAY) == ids


def test_today_says_who_goes_instead_and_in_whose_stead(
    shops: Shops,
    lay: Lay,
    hand: Hand,
    lan: Actor,
    hung: Actor,
    thao: Actor,
    phone_of: PhoneOf,
    morning: HeldClock,
) -> None:
    lay(MON, shops(2))
    hand(MONDAY, MONDAY, hung)
    assert f"{hung.name} goes instead" in phone_of(lan).get("/", headers=ENGLISH).text
    assert f"Instead of {lan.name}" in phone_of(hung).get("/", headers=ENGLISH).text
    assert 'id="cover"' not in phone_of(thao).get("/").text
    morning.move(DAY)
    for person in (lan, hung):
        assert 'id="cover"' not in phone_of(person).get("/").text


def test_each_day_is_parted_and_not_the_days_among_the_people(
    house: House, shops: Shops, lay: Lay, hand: Hand, hung: Actor, thao: Actor
) -> None:
    ids = shops(4)
    lay(MON, ids[:2])
    lay(TUE, ids[2:])
    hand(MONDAY, MONDAY + DAY, hung, thao)
    with house():
        assert [planned(hung, day) for day in (MONDAY, MONDAY + DAY)] == [[ids[0]], [ids[2]]]
        assert [planned(thao, day) for day in (MONDAY, MONDAY + DAY)] == [[ids[1]], [ids[3]]]


def test_both_see_the_customers_meanwhile_and_it_comes_back_by_itself(
    house: House,
    acting: Acting,
    shops: Shops,
    lay: Lay,
    hand: Hand,
    lan: Actor,
    hung: Actor,
    morning: HeldClock,
) -> None:
    ids = shops(2)
    lay(MON, ids)
    hand(MONDAY, MONDAY, hung)
    for person in (lan, hung):
        with acting(person):
            assert db.session.scalar(select(func.count()).select_from(Customer)) == 2
    morning.move(DAY)
    with house(), writing():
        assert Assignment.turn_over(at=clock.now()) == 2
    with acting(hung):
        assert db.session.scalar(select(func.count()).select_from(Customer)) == 0
    with house():
        assert covers_of(lan.id) == []
        assert planned(lan, NEXT_MONDAY) == ids
        kinds = db.session.scalars(select(Event.kind).order_by(Event.seq)).all()
        assert kinds.count("assignment.ended") == 2


def test_today_changes_hands_though_both_days_are_laid_down(
    lay_down_days: Do,
    house: House,
    acting: Acting,
    shops: Shops,
    lay: Lay,
    hand: Hand,
    lan: Actor,
    mai: Actor,
    hung: Actor,
) -> None:
    seen, *ids = shops(3)
    (his,) = shops(1, hung)
    lay(MON, [seen, *ids])
    lay(MON, [his], hung)
    lay_down_days()
    with acting(lan), writing():
        visit(seen, lan)
    assert hand(MONDAY, MONDAY, hung) == 2  # the one that Lan saw this morning is done
    with house():
        assert planned(hung, MONDAY) == [his, *ids]
        assert planned(lan, MONDAY) == [seen]
    with acting(mai), writing():
        (cover,) = covers_of(lan.id)
        assert (cover.stand_in, cover.customers) == (hung.name, 2)
        assert end_cover(lan.id, hung.id, MONDAY, MONDAY, by=mai, at=clock.now()) == 2
    with house():
        assert planned(hung, MONDAY) == [his]
        assert planned(lan, MONDAY) == [seen, *ids]


def test_a_stand_in_may_look_after_the_same_shop(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor
) -> None:
    (co_ba,) = shops(1)
    with house(), writing():
        db.session.get_one(Customer, co_ba).assign(user(hung), by=None, at=clock.now())
    lay(MON, [co_ba])
    hand(MONDAY, MONDAY, hung)
    with acting(hung), writing():
        assert planned(hung, MONDAY) == [co_ba]
        visit(co_ba, hung)
    with house():
        seen = db.session.scalars(select(Assignment.last_visit_at)).all()
        assert seen == [clock.now()] * 3
        assert next_days(lan, co_ba) == [NEXT_MONDAY]


def test_a_day_agreed_after_the_cover_stands_in_lans_plan(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor
) -> None:
    (co_ba,) = shops(1)
    lay(MON, [co_ba])
    hand(MONDAY, MONDAY + DAY, hung)
    with acting(hung), writing():
        visit(co_ba, hung, next_on=MONDAY + 3 * DAY)
    with house():
        assert planned(lan, MONDAY + 3 * DAY) == [co_ba]
        assert planned(hung, MONDAY + 3 * DAY) == []


def test_handing_out_twice_gives_nobody_the_same_shop_twice(
    house: House, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor, thao: Actor
) -> None:
    ids = shops(2)
    lay(MON, ids)
    assert hand(MONDAY, MONDAY, hung) == 2
    assert hand(MONDAY, MONDAY, thao) == 0
    assert hand(MONDAY, NEXT_MONDAY, thao) == 2
    with house():
        assert (planned(hung, MONDAY), planned(thao, MONDAY)) == (ids, [])
        assert (planned(hung, NEXT_MONDAY), planned(thao, NEXT_MONDAY)) == ([], ids)
        assert [each.since for each in covers_of(lan.id)] == [MONDAY, NEXT_MONDAY]
        assert [each.person for each in covers_by(thao.id)] == [lan.name]


def test_lan_stays_responsible_when_somebody_stands_in(
    house: House, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor
) -> None:
    (co_ba,) = shops(1)
    lay(MON, [co_ba])
    hand(MONDAY, MONDAY, hung)
    with house():
        own, cover = db.session.scalars(select(Assignment).order_by(Assignment.created_at)).unique()
        assert own.person_id == lan.id
        assert own.is_last
        assert not cover.is_last


def test_whom_lan_saw_this_morning_her_stand_in_sees_from_tomorrow_on(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, hung: Actor
) -> None:
    seen, left = shops(2)
    lay(MON | TUE, [seen, left])
    with acting(lan), writing():
        visit(seen, lan)
    hand(MONDAY, MONDAY + DAY, hung)
    with house():
        assert planned(hung, MONDAY) == [left]
        assert planned(hung, MONDAY + DAY) == [seen, left]


# --- a stand-in falls ill ---------------------------------------------------------------------------------


def test_a_stand_in_who_falls_ill_passes_on_what_they_cover(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, mai: Actor, hung: Actor,
    thao: Actor, morning: HeldClock, lay_down_days: Do,
) -> None:  # fmt: skip
    """Hùng runs Lan's route from Monday to Thursday, and is ill himself on Tuesday and Wednesday."""
    hers, his = shops(2), shops(1, hung)
    lay(MON | TUE | WED | THU, hers)
    lay(MON | TUE | WED | THU, his, hung)
    hand(MONDAY, MONDAY + 3 * DAY, hung)
    lay_down_days()
    with acting(mai), writing():
        cover = Cover(user(hung), MONDAY + DAY, MONDAY + 2 * DAY)
        assert cover.hand_to([user(thao)], by=mai, at=clock.now()) == 3
    days = [MONDAY + ahead * DAY for ahead in range(4)]
    for ahead, day in enumerate(days):
        ill = ahead in (1, 2)
        with house():
            assert planned(lan, day) == []
            assert planned(hung, day) == ([] if ill else [*his, *hers]), day
            assert planned(thao, day) == ([*hers, *his] if ill else []), day
        with acting(thao):
            seen = set(db.session.scalars(select(Customer.id)))
            assert seen == ({*his, *hers} if ill else set()), day
        morning.move(DAY)
        with house(), writing():
            Assignment.turn_over(at=clock.now())
        lay_down_days()
    with house():
        assert covers_of(lan.id) == covers_of(hung.id) == []


def test_who_falls_ill_today_passes_on_what_is_left_of_today(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, mai: Actor, hung: Actor,
    thao: Actor, lay_down_days: Do,
) -> None:  # fmt: skip
    seen, left = shops(2)
    lay(MON, [seen, left])
    hand(MONDAY, MONDAY, hung)
    lay_down_days()
    with acting(hung), writing():
        visit(seen, hung)
    with acting(mai), writing():
        assert Cover(user(hung), MONDAY, MONDAY).hand_to([user(thao)], by=mai, at=clock.now()) == 1
    with house():
        assert planned(hung, MONDAY) == [seen]
        assert planned(thao, MONDAY) == [left]
        assert {each.stand_in for each in covers_of(lan.id)} == {hung.name, thao.name}


def test_what_is_passed_on_to_whose_it_is_comes_back(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, mai: Actor, hung: Actor
) -> None:
    ids = shops(2)
    lay(MON, ids)
    hand(MONDAY, MONDAY, hung)
    with acting(mai), writing():
        assert Cover(user(hung), MONDAY, MONDAY).hand_to([user(lan)], by=mai, at=clock.now()) == 2
    with house():
        assert planned(lan, MONDAY) == ids
        assert planned(hung, MONDAY) == []
        assert covers_of(lan.id) == []


# --- how much is asked, and what is written down ----------------------------------------------------------


def _asked(act: Callable[[], object]) -> int:
    """How many statements the database is sent while it is done."""
    with counted() as sent:
        act()
    return len(sent)


def test_a_long_cover_of_many_shops_asks_as_little_as_a_short_one_of_few(
    app: Flask, house: House, acting: Acting, shops: Shops, lay: Lay, lan: Actor, mai: Actor, hung: Actor,
    lay_down_days: Do,
) -> None:  # fmt: skip
    lay(127, shops(60))
    lay(127, shops(3, hung), hung)
    lay_down_days()
    asked = []
    for absent, stand_in, days in ((hung, lan, 1), (lan, hung, 80)):
        with acting(mai), writing():
            cover = Cover(user(absent), MONDAY, MONDAY + days * DAY)
            people = [user(stand_in)]
            asked.append(_asked(lambda: cover.hand_to(people, by=mai, at=clock.now())))  # noqa: B023
        with acting(mai), writing():
            dates = (MONDAY, MONDAY + days * DAY)

            def end() -> None:
                end_cover(absent.id, stand_in.id, *dates, by=mai, at=clock.now())  # noqa: B023
                db.session.commit()

            asked.append(_asked(end))
    few_made, few_ended, many_made, many_ended = asked
    assert many_made <= few_made + 3 <= 40, asked
    assert many_ended <= few_ended + 3 <= 30, asked


def test_covers_are_written_down_for_the_admin(
    house: House, acting: Acting, shops: Shops, lay: Lay, hand: Hand, lan: Actor, mai: Actor, hung: Actor
) -> None:
    lay(MON, shops(2))
    hand(MONDAY, MONDAY, hung)
    assert hand(MONDAY, MONDAY, hung) == 0  # nothing was done, nothing is said
    with acting(mai), writing():
        end_cover(lan.id, hung.id, MONDAY, MONDAY, by=mai, at=clock.now())
        end_cover(lan.id, hung.id, MONDAY, MONDAY, by=mai, at=clock.now())
    with house():
        made, ended = db.session.scalars(
            select(Entry).where(Entry.action.like("cover.%")).order_by(Entry.seq)
        )
        assert (made.action, ended.action) == ("cover.made", "cover.ended")
        assert {made.by_id, ended.by_id} == {mai.id}
        assert {made.about_id, ended.about_id} == {lan.id}
        told = {"first_day": "2026-11-02", "last_day": "2026-11-02", "customers": 2, "stand_ins": [hung.name]}
        assert made.values.after == ended.values.before == told


# --- the clock --------------------------------------------------------------------------------------------


def test_each_day_is_laid_down_when_it_begins_where_the_person_is(
    lay_down_days: Do, house: House, shops: Shops, lay: Lay, lan: Actor, hung: Actor, morning: HeldClock
) -> None:
    first, second = shops(2)
    (his,) = shops(1, hung)
    with house(), writing():
        user(hung).zone = "America/New_York"
    lay(MON | TUE, [first, second])
    lay(TUE, [his], hung)
    morning.at = clock.now().replace(
        hour=17, minute=5
    )  # 00:05 on Tuesday in Vietnam, noon on Monday in New York
    for _again in range(2):
        lay_down_days()
    with house():
        plans = db.session.execute(select(DayPlan.person_id, DayPlan.day)).all()
        assert plans == [(lan.id, MONDAY + DAY)]
        stops = db.session.scalars(select(Stop.customer_id).order_by(Stop.position)).all()
        assert stops == [first, second]
    morning.move(12 * timedelta(hours=1))
    lay_down_days()
    with house():
        assert planned(hung, MONDAY + DAY) == [his]
        assert db.session.scalar(select(func.count()).select_from(DayPlan)) == 2


def test_nobody_gets_a_plan_on_a_day_without_a_route(
    lay_down_days: Do, house: House, shops: Shops, lay: Lay
) -> None:
    lay(TUE, shops(2))
    lay_down_days()
    with house():
        assert db.session.scalars(select(DayPlan)).all() == []


def test_a_day_that_lan_changed_already_is_left_as_it_is(
    lay_down_days: Do, acting: Acting, shops: Shops, lay: Lay, lan: Actor
) -> None:
    first, second = shops(2)
    lay(MON, [first, second])
    with acting(lan), writing():
        Day(lan.id, MONDAY).take_out(first, at=clock.now())
    lay_down_days()
    with acting(lan):
        assert planned(lan, MONDAY) == [second]


@pytest.mark.parametrize("how", ["by hand", "by the calendar"])
def test_the_customers_of_a_cover_come_back_together(
    app: Flask, lay: Lay, shops: Shops, hand: Hand, lan: Actor, mai: Actor, hung: Actor, acting: Acting,
    house: House, morning: HeldClock, lay_down_days: Callable[[], None], how: str,
) -> None:  # fmt: skip
    """One by one, nobody else could write meanwhile."""
    many = shops(40)
    lay(MON | TUE, many)
    hand(MONDAY, MONDAY, hung)
    lay_down_days()
    if how == "by the calendar":
        morning.move(DAY)
        lay_down_days()
    looked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            looked.append(statement)

    with acting(mai) if how == "by hand" else house(), writing():
        event.listen(db.engine, "before_cursor_execute", note)
        if how == "by hand":
            assert end_cover(lan.id, hung.id, MONDAY, MONDAY, by=mai, at=clock.now()) == 40
        else:
            assert Assignment.turn_over(at=clock.now()) == 40
    with app.app_context():
        event.remove(db.engine, "before_cursor_execute", note)
    assert len(looked) <= 30, looked
    with house():
        assert planned(lan, clock.today(lan.zone)) == many
        assert planned(hung, clock.today(hung.zone)) == []


def test_a_stand_in_knows_when_the_shop_was_visited_last(
    house: House,
    acting: Acting,
    shops: Shops,
    lay: Lay,
    hand: Hand,
    lan: Actor,
    hung: Actor,
    morning: HeldClock,
) -> None:
    ids = shops(1)
    lay(MON, ids)
    with acting(lan), writing():
        visit(ids[0], lan)
    seen = clock.now()
    morning.move(DAY)
    hand(NEXT_MONDAY, NEXT_MONDAY, hung)
    with house():
        cover = db.session.scalars(select(Assignment).where(Assignment.person_id == hung.id)).one()
        assert cover.last_visit_at == seen
