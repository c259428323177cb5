"""My day: what Lan did, how far she went, and every place that her phone told."""

from __future__ import annotations

import re
import uuid
from datetime import date, datetime, timedelta
from html import unescape
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN as A_PIN
from crmweb.customers.proposals import Proposal
from crmweb.db import db, writing
from crmweb.geo import DETOUR, Point, haversine_m
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.team.kilometres import estimated_m, place_of
from crmweb.team.my_day import bounds
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.team.conftest import PIN, Went, counted

VIETNAMESE = {"Accept-Language": "vi"}


def text_of(page: str) -> str:
    """What the share button hands over."""
    found = re.search(r"<textarea[^>]*readonly[^>]*>(.*?)</textarea>", page, re.DOTALL)
    assert found
    return unescape(found[1])


@pytest.fixture
def worked(lan: Actor, route: list[uuid.UUID], went: Went, house: House) -> list[uuid.UUID]:
    """Lan's morning: on site, 2 km away, a shut door without a position, a promise and a note."""
    now = clock.now()
    first = went(lan, route[0], 0, at=now - timedelta(minutes=50))
    went(lan, route[1], 2000, at=now - timedelta(minutes=40))
    went(lan, route[2], None, at=now - timedelta(minutes=30), kind="closed", outcome="closed")
    with house(), writing():
        customer = db.session.get_one(Customer, route[0])
        until = clock.today(lan.zone) + timedelta(days=2)
        Reminder.promise(
            customer, "Gửi báo giá", promised_by="us", until=until, by=lan, at=now, cause_id=first
        )
        Note.write(customer, "Muốn thêm kệ.", by=lan, at=now, now=now)
    return route


def test_lan_reads_her_day(phone_of: PhoneOf, lan: Actor, worked: list[uuid.UUID]) -> None:
    page = phone_of(lan).get("/my-day", headers=ENGLISH).text
    assert "of 4 stops" in page
    assert "1 skipped" in page
    assert "5.2 km" in page  # 2 km there and 2 km back to the shut door's pin, by road
    assert "Mai sees exactly these 2 points, no more." in page
    assert "Gửi báo giá" in page
    assert "Muốn thêm kệ." in page
    assert page.count('id="point-') == 2


def test_the_text_says_what_the_screen_says_in_the_readers_language(
    phone_of: PhoneOf, lan: Actor, worked: list[uuid.UUID]
) -> None:
    english = text_of(phone_of(lan).get("/my-day", headers=ENGLISH).text)
    assert "2 of 4 stops visited, 1 skipped (1 closed)" in english
    assert "About 5.2 km, an estimate" in english
    assert "Tạp hóa số 1: Order taken, 8 minutes, On site" in english
    assert "Gửi báo giá" in english
    vietnamese = text_of(phone_of(lan).get("/my-day", headers=VIETNAMESE).text)
    assert "5,2 km" in vietnamese
    assert "Đúng điểm" in vietnamese
    assert not re.search(r"visited|skipped|estimate|site", vietnamese)


def test_any_past_day_can_be_read_again_and_no_day_to_come(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], went: Went
) -> None:
    went(lan, shops[0], at=clock.now() - timedelta(days=40))
    phone, today = phone_of(lan), clock.today(lan.zone)
    assert "Tạp hóa số 1" in phone.get(f"/my-day?day={today - timedelta(days=40)}").text
    assert "Tạp hóa số 1" not in phone.get("/my-day").text
    tomorrow = phone.get(f"/my-day?day={today + timedelta(days=1)}", headers=ENGLISH).text
    assert f"day={today - timedelta(days=1)}" in tomorrow


def test_who_has_no_route_has_visited_all_the_same(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], went: Went
) -> None:
    for each in shops[:2]:
        went(lan, each)
    page = phone_of(lan).get("/my-day", headers=ENGLISH).text
    assert re.search(r'hero-num">2</dd>\s*<dd class="meta">without a route', page)
    assert "2 off route" in page
    assert "0 of 0" not in page


def test_a_visit_stays_in_the_day_when_the_shop_went_to_somebody_else(
    phone_of: PhoneOf, lan: Actor, mai: Actor, shops: list[uuid.UUID], went: Went, house: House
) -> None:
    went(lan, shops[0], 420)
    with house(), writing():
        db.session.get_one(Customer, shops[0]).assignments[0].end(by=None, at=clock.now())
    for page in (phone_of(lan).get("/my-day"), phone_of(mai).get(f"/team/{lan.id}")):
        assert page.status_code == 200
        assert "Tạp hóa số 1" in page.text
        assert 'id="point-' in page.text


def test_a_place_that_was_not_used_was_shared_all_the_same(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], went: Went, house: House
) -> None:
    went(lan, shops[0], 5, accuracy_m=5000)
    with house(), writing():
        customer = db.session.get_one(Customer, shops[1])
        Proposal.make(customer, A_PIN, by=lan, at=clock.now(), place=(*PIN, 8))
    page = phone_of(lan).get("/my-day", headers=ENGLISH).text
    assert "accuracy 5.0 km" in page
    assert "a pin was proposed" in page
    assert "exactly these 2 points" in page


@pytest.mark.parametrize(
    ("judged", "reason", "at_the_pin"),
    [(True, None, False), (True, "no_pin", False), (False, "old_fix", True), (True, "too_fast", True)],
)
def test_a_place_that_proves_nothing_of_the_moment_adds_no_kilometres(
    judged: bool, reason: str | None, at_the_pin: bool
) -> None:
    visit = Visit(
        kind="in_person", lat=21.0, lng=105.8, reason=reason, judged_at=clock.now() if judged else None
    )
    assert place_of(visit, Point(*PIN)) == (Point(*PIN) if at_the_pin else Point(21.0, 105.8))
    assert place_of(Visit(kind="phone"), Point(*PIN)) is None


def test_somebody_elses_day_is_not_ones_own(
    phone_of: PhoneOf, hung: Actor, outsider: Actor, worked: list[uuid.UUID]
) -> None:
    for person in (hung, outsider):
        assert "Tạp hóa" not in phone_of(person).get("/my-day").text


def test_the_questions_to_the_database_do_not_grow_with_the_day(
    phone_of: PhoneOf, lan: Actor, worked: list[uuid.UUID], went: Went
) -> None:
    phone = phone_of(lan)
    phone.get("/my-day")
    with counted() as short:
        phone.get("/my-day")
    for number in range(10):
        went(lan, worked[number % 5], 300, at=clock.now() - timedelta(minutes=300 - 10 * number))
    with counted() as long:
        phone.get("/my-day")
    assert len(long) == len(short) <= 20


def test_a_day_has_as_many_hours_as_the_clocks_give_it() -> None:
    hours = [(end - begin).total_seconds() / 3600 for begin, end in (
        bounds(date(2026, 3, 29), "Europe/Berlin"), bounds(date(2026, 10, 25), "Europe/Berlin"),
        bounds(date(2026, 11, 25), "Asia/Ho_Chi_Minh"),
    )]  # fmt: skip
    assert hours == [23, 25, 24]
    begin, _ = bounds(date(2026, 11, 25), "Asia/Ho_Chi_Minh")
    assert begin == datetime(2026, 11, 25, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))


@given(st.lists(st.tuples(st.floats(8, 23), st.floats(102, 110)), max_size=8))
def test_the_way_is_never_shorter_than_the_crows(places: list[tuple[float, float]]) -> None:
    points = [Point(*place) for place in places]
    found = estimated_m(points)
    if len(points) < 2:
        assert found == 0
    else:
        assert found >= haversine_m(points[0], points[-1]) * DETOUR * (1 - 1e-9)
        assert found == pytest.approx(estimated_m(reversed(points)))
