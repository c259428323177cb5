"""Mai sets the days of her team, Tuấn those of the company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.public_holidays import LUNAR, TET, holidays_of
from crmweb.accounts.working_days import Calendar, DayOff
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.routes.jobs import plan_anew
from crmweb.routes.models import Route
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.routes.conftest import MON, at_nine

TODAY = date(2026, 11, 2)
HERE = "/team/working-days"


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with clock.frozen(at_nine(TODAY)):
        yield


def _calendar(person: Actor) -> Calendar:
    return Calendar.of(person.id, around=TODAY)


def test_mai_sets_the_week_of_her_team_alone(
    phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor, mai: Actor
) -> None:
    assert phone_of(mai).post(f"{HERE}/week", data={"weekdays": ["0", "1", "2"]}).status_code == 303
    assert phone_of(mai).post(f"{HERE}/week").status_code == 422
    assert phone_of(mai).post(f"{HERE}/week", data={"weekdays": "9"}).status_code == 422
    with house():
        assert _calendar(lan).weekdays == 0b111
        assert _calendar(outsider).weekdays == 0b111111


def test_a_day_off_is_added_taken_away_and_brought_back(
    phone_of: PhoneOf, house: House, lan: Actor, mai: Actor
) -> None:
    phone = phone_of(mai)
    phone.post(f"{HERE}/days-off", data={"day": "2026-11-20", "name": "Đi chơi & nghỉ"})
    assert "Đi chơi &amp; nghỉ" in phone.get(HERE).text
    phone.post(f"{HERE}/days-off/remove", data={"day": "2026-11-20"})
    undo = "/team/working-days/days-off?day=2026-11-20&name=%C4%90i%20ch%C6%A1i%20%26%20ngh%E1%BB%89"
    assert undo.replace("&", "&amp;") in phone.get(HERE).text
    with house():
        assert _calendar(lan).days_off == frozenset()
    assert phone.post(undo).status_code == 303
    with house():
        assert [each.name for each in db.session.scalars(db.select(DayOff))] == ["Đi chơi & nghỉ"]
        assert _calendar(lan).days_off == {date(2026, 11, 20)}


@pytest.mark.parametrize("day", ["", "soon", "31/2/2027", "2026-11-01", "2028-01-01"])
def test_a_day_that_cannot_be_is_refused_and_its_name_stays(phone_of: PhoneOf, mai: Actor, day: str) -> None:
    answer = phone_of(mai).post(f"{HERE}/days-off", data={"day": day, "name": "Ngày hội"})
    assert answer.status_code == 422
    assert "Ngày hội" in answer.text
    assert phone_of(mai).post(f"{HERE}/days-off/remove", data={"day": day}).status_code in (303, 422)


def test_one_tap_brings_the_holidays_and_keeps_names_that_are_there(
    phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor, tuan: Actor
) -> None:
    phone = phone_of(tuan)
    phone.post(f"{HERE}/days-off", data={"day": "2027-02-06", "name": "Mùng một"})
    for _again in range(2):
        assert phone.post(f"{HERE}/holidays", data={"year": "2027"}).status_code == 303
    for wrong in ("2025", "2028", "x", ""):
        assert phone.post(f"{HERE}/holidays", data={"year": wrong}).status_code == 422
    with house():
        days = db.session.scalars(db.select(DayOff).order_by(DayOff.day)).all()
        assert [each.day for each in days] == [each.day for each in holidays_of(2027)]
        assert next(each.name for each in days if each.day == date(2027, 2, 6)) == "Mùng một"
        assert _calendar(lan).days_off == _calendar(outsider).days_off
    assert "Mùng một" in phone.get(HERE).text


def test_mai_is_offered_no_holidays_that_the_company_has_already(
    phone_of: PhoneOf, house: House, mai: Actor, tuan: Actor
) -> None:
    offer = 'value="2027"'
    assert offer in phone_of(mai).get(HERE).text
    phone_of(tuan).post(f"{HERE}/holidays", data={"year": "2027"})
    assert offer not in phone_of(mai).get(HERE).text
    phone_of(mai).post(f"{HERE}/holidays", data={"year": "2027"})
    with house():
        assert len(db.session.scalars(db.select(DayOff)).all()) == len(holidays_of(2027))


def test_a_holiday_is_read_in_ones_own_language_and_a_name_as_it_was_typed(
    phone_of: PhoneOf, mai: Actor, tuan: Actor
) -> None:
    phone_of(tuan).post(f"{HERE}/holidays", data={"year": "2027"}, headers=ENGLISH)
    phone_of(tuan).post(f"{HERE}/days-off", data={"day": "2026-12-24", "name": "Company outing"})
    shown = phone_of(mai).get(HERE, headers={"Accept-Language": "vi"}).text
    assert "Giỗ Tổ Hùng Vương" in shown
    assert "Kings" not in shown
    assert "Company outing" in shown
    assert "Hùng Kings’ Day" in phone_of(mai).get(HERE, headers=ENGLISH).text


def test_mai_sees_the_companys_days_and_does_not_take_them_away(
    phone_of: PhoneOf, house: House, mai: Actor
) -> None:
    with house(), writing():
        DayOff.add(date(2026, 11, 20), "Company day", head_id=None)
    shown = phone_of(mai).get(HERE).text
    assert "Company day" in shown
    assert "days-off/remove" not in shown
    phone_of(mai).post(f"{HERE}/days-off/remove", data={"day": "2026-11-20"})
    with house():
        assert len(db.session.scalars(db.select(DayOff)).all()) == 1


def test_a_rep_does_not_set_working_days(phone_of: PhoneOf, lan: Actor) -> None:
    assert phone_of(lan).get(HERE).status_code == 403
    assert HERE not in phone_of(lan).get("/settings").text


def test_routes_pass_over_a_day_off_that_is_added_later(app: Flask, house: House, lan: Actor) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, shop("Tạp hóa Cô Ba", lan, tier="A"))
        person = db.session.get_one(User, lan.id)
        Route.lay(person, weekdays=MON, at=clock.now(), customers=[customer])
        DayOff.add(TODAY, "Off after all", head_id=None)
    with app.app_context():
        plan_anew(None)
    with house():
        assert db.session.scalars(db.select(Assignment.next_route_day)).all() == [date(2026, 11, 9)]


@pytest.mark.parametrize(
    ("year", "first"),
    [
        (2026, date(2026, 2, 17)),
        (2027, date(2027, 2, 6)),
        (2028, date(2028, 1, 26)),
        (2030, date(2030, 2, 2)),  # in China it is the 3rd
        (2033, date(2033, 1, 31)),
    ],
)
def test_tet_is_that_of_vietnam(year: int, first: date) -> None:
    days = [holiday.day for holiday in holidays_of(year) if holiday.kind == TET]
    assert len(days) == 5
    assert days[1] == first


def test_the_table_knows_lunar_months() -> None:
    """Tết falls between 21 January and 20 February; the tenth of the third month 67 to 69, or 97 to 98 days later."""
    for year in LUNAR:
        tet, hung_kings = (date.fromisoformat(f"{year}-{day}") for day in LUNAR[year])
        assert date(year, 1, 21) <= tet <= date(year, 2, 20)
        assert (hung_kings - tet).days in {67, 68, 69, 97, 98}
