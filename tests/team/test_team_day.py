"""Team day: what was planned, what became of it, and nobody's way between two check-ins."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.calendars import calendars_of
from crmweb.accounts.models import User
from crmweb.accounts.working_days import Calendar, DayOff, WorkingWeek
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.routes.cover import Cover
from crmweb.routes.days import planned_days
from crmweb.routes.plans import Day
from crmweb.team import people
from crmweb.team.days import team_day
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.team.conftest import PIN, Went, counted, lay_route


def test_mai_sees_what_her_team_did(
    phone_of: PhoneOf, mai: Actor, lan: Actor, route: list[uuid.UUID], went: Went, house: House
) -> None:
    today, now = clock.today(lan.zone), clock.now()
    went(lan, route[0], 0, at=now - timedelta(minutes=40))
    went(lan, route[1], 0, at=now - timedelta(minutes=30), kind="closed", outcome="owner_away")
    went(lan, route[4], 420, at=now - timedelta(minutes=20), outcome=None)
    with house(), writing():
        Day(lan.id, today).take_out(route[2], at=now)
    page = phone_of(mai).get("/team", headers=ENGLISH).text
    assert "Nguyễn Thị Lan" in page
    assert "1/4" in page
    assert "+1 off route" in page
    assert 'aria-label="1 done, 2 skipped, 1 ahead"' in page
    assert "1 owner away, 1 taken out" in page
    assert "Tạp hóa số 5" in page  # the last check-in
    assert "420 m away" in page
    assert "No route yet" in page  # Hùng's
    assert "Vũ Minh Khôi" not in page


def test_the_outsider_and_lan_have_no_team_day_and_binh_sees_his_own(
    phone_of: PhoneOf, lan: Actor, outsider: Actor, binh: Actor, route: list[uuid.UUID], went: Went
) -> None:
    went(lan, route[0], 900)
    for person in (lan, outsider):
        assert phone_of(person).get("/team").status_code == 403
        assert phone_of(person).get("/review").status_code == 403
        assert phone_of(person).get(f"/team/{lan.id}").status_code == 403
    assert phone_of(binh).get(f"/team/{lan.id}").status_code == 404
    for path in ("/team", "/review"):
        page = phone_of(binh).get(path).text
        assert "Lan" not in page
        assert "Tạp hóa" not in page
    assert "Vũ Minh Khôi" in phone_of(binh).get("/team").text


def test_a_row_says_where_somebody_is_what_is_doubtful_and_who_goes_instead(
    phone_of: PhoneOf, mai: Actor, lan: Actor, hung: Actor, route: list[uuid.UUID], went: Went, acting: Acting
) -> None:
    now, today = clock.now(), clock.today(mai.zone)
    with acting(lan), writing():
        Day(lan.id, today).lay_down(at=now)
    went(lan, route[0], 420, at=now - timedelta(minutes=50))
    went(lan, route[1], None, at=now - timedelta(minutes=40))
    went(lan, route[2], 0, at=now - timedelta(minutes=5), outcome=None)
    with acting(mai), writing():
        absent, stand_in = (db.session.get_one(User, each.id) for each in (lan, hung))
        Cover(absent, today, today + timedelta(days=1)).hand_to([stand_in], by=mai, at=now)
    page = phone_of(mai).get("/team", headers=ENGLISH).text
    hers, his = (page[page.index(f'id="user-{each.id}"') :].partition("</tr>")[0] for each in (lan, hung))
    assert "Being visited" in hers
    assert "2 doubtful" in hers
    assert f'href="/review?person={lan.id}&amp;day={today}"' in hers
    assert "Lê Văn Hùng goes instead" in hers
    assert "Instead of Nguyễn Thị Lan" in his
    assert "doubtful" not in his
    assert "2/2" in hers
    assert "0/2" in his  # whom Lan saw this morning he sees tomorrow
    assert "50% of 4 planned" in page
    yesterday = phone_of(mai).get(f"/team?day={today - timedelta(days=1)}", headers=ENGLISH).text
    assert "goes instead" not in yesterday
    assert "goes instead" in phone_of(mai).get(f"/team/{lan.id}", headers=ENGLISH).text


def test_a_cover_that_is_over_still_stands_in_the_day_that_it_was_for(
    phone_of: PhoneOf,
    mai: Actor,
    lan: Actor,
    hung: Actor,
    route: list[uuid.UUID],
    acting: Acting,
    house: House,
) -> None:
    today = clock.today(mai.zone)
    with acting(mai), writing():
        absent, stand_in = (db.session.get_one(User, each.id) for each in (lan, hung))
        Cover(absent, today, today).hand_to([stand_in], by=mai, at=clock.now())
    with clock.frozen(clock.now() + timedelta(days=1)):
        with house(), writing():
            assert Assignment.turn_over(at=clock.now()) == 4
        assert "goes instead" in phone_of(mai).get(f"/team?day={today}", headers=ENGLISH).text
        assert "goes instead" not in phone_of(mai).get("/team", headers=ENGLISH).text


def test_a_large_team_goes_on_on_the_next_page_and_by_sub_team(
    phone_of: PhoneOf, tuan: Actor, mai: Actor, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "MOST_AT_ONCE", 3)
    with house(), writing():
        under_mai = db.session.get_one(User, mai.id)
        head = User.add("Ngô Đội Trưởng", role="manager", at=clock.now(), manager=under_mai, id=new_id())
        for number in range(4):
            User.add(f"Người {number}", role="rep", at=clock.now(), manager=head, id=new_id())
        head_id = head.id
    phone = phone_of(mai)
    first = phone.get("/team", headers=ENGLISH).text
    assert first.count('<tr id="user-') == 3
    assert "Next people: page 2 of 3" in first
    last = phone.get("/team?page=3", headers=ENGLISH).text
    assert last.count('<tr id="user-') == 1
    assert phone.get("/team?page=99", headers=ENGLISH).text.count('<tr id="user-') == 1
    theirs = phone.get(f"/team?head={head_id}", headers=ENGLISH).text
    assert theirs.count('<tr id="user-') == 3
    assert "Nguyễn Thị Lan" not in theirs
    assert f"head={head_id}&amp;page=2" in theirs
    names = [phone.get(f"/team?page={number}").text for number in (1, 2, 3)]
    for name in (
        "Nguyễn Thị Lan",
        "Lê Văn Hùng",
        "Ngô Đội Trưởng",
        *(f"Người {number}" for number in range(4)),
    ):
        assert sum(f"<span>{name}</span></a></th>" in page for page in names) == 1, name
    assert phone.get(f"/team?head={uuid.uuid4()}").status_code == 200


def test_tuan_sees_all_teams_by_their_managers(phone_of: PhoneOf, tuan: Actor) -> None:
    page = phone_of(tuan).get("/team", headers=ENGLISH).text
    assert page.index("Team of Trần Thị Mai") < page.index("Nguyễn Thị Lan")
    assert page.index("Team of Đỗ Quốc Bình") < page.index("Vũ Minh Khôi")


def test_a_team_with_nobody_says_what_to_do(phone_of: PhoneOf, mai: Actor, house: House) -> None:
    with house(), writing():
        for person in db.session.scalars(select(User).where(User.manager_id == mai.id)):
            person.report_to(None, by=None, at=clock.now())
    assert "Nobody is in your team yet" in phone_of(mai).get("/team", headers=ENGLISH).text


def test_tomorrow_is_planned_and_nothing_is_done(
    phone_of: PhoneOf, mai: Actor, lan: Actor, route: list[uuid.UUID], went: Went
) -> None:
    went(lan, route[0])
    tomorrow = clock.today(mai.zone) + timedelta(days=1)
    assert "0/4" in phone_of(mai).get(f"/team?day={tomorrow}").text


def test_mai_reaches_any_earlier_day_from_the_day_she_looks_at(
    phone_of: PhoneOf, mai: Actor, lan: Actor, route: list[uuid.UUID], went: Went
) -> None:
    went(lan, route[0], 420, at=clock.now() - timedelta(days=9))
    long_ago = clock.today(mai.zone) - timedelta(days=9)
    for path in ("/team", f"/team/{lan.id}"):
        page = phone_of(mai).get(path, headers=ENGLISH).text
        assert 'popovertarget="another-day"' in page
        form = page[page.index(f'<form class="form" action="{path}"') :].partition("</form>")[0]
        assert f'type="date" name="day" value="{clock.today(mai.zone)}"' in form
        assert "420 m away" not in page
        there = phone_of(mai).get(f"{path}?day={long_ago}", headers=ENGLISH).text
        assert "420 m away" in there
        assert f'name="day" value="{long_ago}"' in there


@pytest.mark.parametrize("day", ["yesterday", "0001-01-01", "9999-12-31", "2026-02-30", ""])
def test_a_day_that_cannot_be_is_today(phone_of: PhoneOf, mai: Actor, lan: Actor, day: str) -> None:
    phone = phone_of(mai)
    for path in ("/team", f"/team/{lan.id}", "/my-day", "/review"):
        assert phone.get(f"{path}?day={day}").status_code == 200


def test_the_day_of_a_person_is_that_of_their_own_zone(
    phone_of: PhoneOf, mai: Actor, house: House, shops: list[uuid.UUID], lan: Actor, went: Went
) -> None:
    """In Kiritimati, 14 hours ahead of Greenwich, it is tomorrow seven hours earlier than in Vietnam."""
    with house(), writing():
        db.session.get_one(User, lan.id).zone = "Pacific/Kiritimati"
    far_east = replace(lan, zone="Pacific/Kiritimati")
    at = clock.now().replace(hour=11, minute=0) - timedelta(
        days=2
    )  # 01:00 there, a day later; 18:00 in Vietnam
    there = went(far_east, shops[0], at=at)
    with house():
        day = db.session.get_one(Visit, there).day
    assert day == (at + timedelta(hours=14)).date()
    assert "01:00" in phone_of(mai).get(f"/team?day={day}").text
    assert "01:00" in phone_of(lan).get(f"/my-day?day={day}").text
    assert "01:00" not in phone_of(lan).get(f"/my-day?day={day - timedelta(days=1)}").text


def test_mai_opens_lans_day(
    phone_of: PhoneOf, mai: Actor, lan: Actor, route: list[uuid.UUID], went: Went
) -> None:
    visit = went(lan, route[0], 420)
    page = phone_of(mai).get(f"/team/{lan.id}", headers=ENGLISH).text
    assert f'id="visit-{visit}"' in page
    assert f'id="stop-{route[1]}"' in page
    assert f'id="point-{visit}"' in page
    assert "Lan sees the same points in My day." in page
    assert "<map-view" not in page
    on_map = phone_of(mai).get(f"/team/{lan.id}?map=1").text
    assert "<map-view" in on_map
    assert "polyline" not in on_map


def test_the_questions_to_the_database_do_not_grow_with_the_team(
    app: Flask, phone_of: PhoneOf, mai: Actor, lan: Actor, route: list[uuid.UUID], went: Went, house: House
) -> None:
    went(lan, route[0], 420)
    phone = phone_of(mai)
    phone.get("/team")
    with counted() as small:
        phone.get("/team")
    with house(), writing():
        boss = db.session.get_one(User, mai.id)
        hired = [
            Actor.of(User.add(f"Người mới {number}", role="rep", at=clock.now(), manager=boss, id=new_id()))
            for number in range(10)
        ]
    for person in hired:
        with house(), writing():
            theirs = [shop(f"{person.name}, quầy {number}", person, tier="A", at=PIN) for number in range(3)]
        lay_route(house, person, theirs)
        went(person, theirs[0], 500)
        went(person, theirs[1], 0)
    with counted() as large:
        page = phone.get("/team").text
    assert page.count("Người mới") >= 10
    assert len(large) == len(small) <= 24


def test_the_plans_of_many_are_those_of_each(
    house: House, acting: Acting, mai: Actor, lan: Actor, hung: Actor, route: list[uuid.UUID]
) -> None:
    """Lan's day is laid down and changed, Hùng covers one of her shops tomorrow and has a day off after."""
    today = clock.today(lan.zone)
    days = [today + timedelta(days=ahead) for ahead in range(4)]
    with house(), writing():
        theirs = [shop(f"Của Hùng {number}", hung) for number in range(3)]
    lay_route(house, hung, theirs)
    with house(), writing():
        Day(lan.id, today).take_out(route[1], at=clock.now())
        Day(lan.id, days[2]).add(route[4], at=clock.now(), why="next_step")
        DayOff.add(days[2], "Nghỉ bù", head_id=hung.id)
        DayOff.add(days[3], "Lễ", head_id=None)
        WorkingWeek.set([0, 1, 2, 3, 4], head_id=mai.id)
        covered = db.session.get_one(Customer, route[0])
        cover = Assignment.between(
            covered,
            db.session.get_one(User, hung.id),
            at=clock.now(),
            since=days[1],
            until=days[2],
            line="thay",
        )
        cover.stands_in_for_id = lan.id
    people = [lan.id, hung.id]
    with acting(mai):
        calendars = calendars_of(people, around=today)
        assert calendars == {person: Calendar.of(person, around=today) for person in people}
        for day in days:
            found = planned_days(people, day, calendars)
            for person in people:
                assert found[person].customer_ids == Day(person, day).customer_ids(), (person, day)
        assert team_day(people, days[3], today=today).planned == 0
