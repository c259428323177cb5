"""Nearby as people see it: by its address, with its words."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import db, writing

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]

HOAN_KIEM = "/nearby?lat=21.0285&lng=105.8542"


def shop(
    name: str,
    of: Actor,
    lat: float,
    lng: float = 105.8542,
    visited_days_ago: int | None = None,
    **facts: Any,
) -> None:
    at = clock.now()
    customer = Customer.add(by=None, at=at, name=name, responsible=db.session.get_one(User, of.id), **facts)
    customer.move_pin(lat, lng, source="gps", by=None, at=at)
    if visited_days_ago is not None:
        customer.assignments[0].visited(at=at - timedelta(days=visited_days_ago))


@pytest.fixture
def shops(house: House, lan: Actor, hung: Actor, outsider: Actor) -> None:
    """Three shops of Lan's going north, one of Hùng's and one of the outsider's."""
    with house(), writing():
        shop("Tạp hóa Gần", lan, 21.0290, tier="A", visited_days_ago=37, phones=["0905412777"])
        shop("Nhà thuốc Giữa", lan, 21.0385, tier="B", visited_days_ago=30)
        shop("Quán Xa", lan, 21.1285, tier="C", visited_days_ago=1, status="customer")
        shop("Công ty của Hùng", hung, 21.0300, kind="company")
        shop("Của người ngoài", outsider, 21.0286)


def names(page: str) -> list[str]:
    return re.findall(r'<(?:a|span) class="name"[^>]*>([^<]+)<', page.split('class="sheet reach"')[0])


def distances(page: str) -> list[int]:
    return [int(metres) for metres in re.findall(r'data-distance-m="(\d+)"', page)]


@pytest.mark.usefixtures("shops")
class TestWhoIsNear:
    def test_lan_sees_her_nearest_first(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get(HOAN_KIEM).text
        assert names(page) == ["Tạp hóa Gần", "Nhà thuốc Giữa", "Quán Xa"]
        assert distances(page) == [56, 1112, 11120]

    def test_mai_sees_her_team_and_tuan_everyone(self, phone_of: PhoneOf, mai: Actor, tuan: Actor) -> None:
        assert "Công ty của Hùng" in names(phone_of(mai).get(HOAN_KIEM).text)
        assert "Của người ngoài" not in names(phone_of(mai).get(HOAN_KIEM).text)
        assert names(phone_of(tuan).get(HOAN_KIEM).text)[0] == "Của người ngoài"

    def test_a_row_says_distance_direction_and_rhythm_in_words(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get(HOAN_KIEM, headers={"Accept-Language": "en"}).text
        for words in (
            "56 m",
            "north",
            "23 days overdue",
            "37 d since visit, every 14 d",
            "Due today",
            "11.1 km",
        ):
            assert words in page

    def test_the_filters_narrow_the_list(self, phone_of: PhoneOf, lan: Actor) -> None:
        phone = phone_of(lan)
        assert names(phone.get(f"{HOAN_KIEM}&due=overdue").text) == ["Tạp hóa Gần"]
        assert names(phone.get(f"{HOAN_KIEM}&due=today").text) == ["Nhà thuốc Giữa"]
        assert names(phone.get(f"{HOAN_KIEM}&tier=B&tier=C").text) == ["Nhà thuốc Giữa", "Quán Xa"]
        assert names(phone.get(f"{HOAN_KIEM}&k=1").text) == ["Tạp hóa Gần"]
        assert (
            "Nobody here" in phone.get(f"{HOAN_KIEM}&status=former", headers={"Accept-Language": "en"}).text
        )

    @pytest.mark.parametrize("view", ["/nearby", "/nearby/map"])
    def test_only_who_filtered_is_told_to_take_a_filter_away(
        self, phone_of: PhoneOf, mai: Actor, house: House, view: str
    ) -> None:
        asked = HOAN_KIEM.replace("/nearby", view)
        with house(), writing():
            for customer in db.session.scalars(select(Customer)):
                customer.archive(by=None, at=clock.now())
        page = phone_of(mai).get(asked, headers={"Accept-Language": "en"}).text
        assert "No customer around here" in page
        assert "Take a filter away" not in page
        filtered = phone_of(mai).get(f"{asked}&tier=A", headers={"Accept-Language": "en"}).text
        assert "Take a filter away" in filtered

    def test_mai_picks_out_one_of_her_people(self, phone_of: PhoneOf, mai: Actor, hung: Actor) -> None:
        page = phone_of(mai).get(f"{HOAN_KIEM}&person={hung.id}").text
        assert names(page) == ["Công ty của Hùng"]

    def test_lan_learns_nothing_by_asking_for_a_strangers_book(
        self, phone_of: PhoneOf, lan: Actor, outsider: Actor
    ) -> None:
        assert distances(phone_of(lan).get(f"{HOAN_KIEM}&person={outsider.id}").text) == []

    def test_htmx_gets_the_results_alone(self, phone_of: PhoneOf, lan: Actor) -> None:
        part = phone_of(lan).get(HOAN_KIEM, headers={"HX-Request": "true"}).text
        assert "<html" not in part
        assert distances(part) == [56, 1112, 11120]

    def test_the_map_has_the_rows_of_the_list(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get(HOAN_KIEM.replace("/nearby", "/nearby/map")).text
        assert distances(page) == [56, 1112, 11120]

    def test_a_row_that_was_kept_is_told_in_each_language_and_from_each_place(
        self, phone_of: PhoneOf, lan: Actor
    ) -> None:
        english, vietnamese = {"Accept-Language": "en"}, {"Accept-Language": "vi"}
        phone = phone_of(lan)
        for _ in range(2):
            assert "11.1 km" in phone.get(HOAN_KIEM, headers=english).text
            assert "11,1 km" in phone.get(HOAN_KIEM, headers=vietnamese).text
        from_the_north = phone.get(HOAN_KIEM.replace("21.0285", "21.0300"), headers=english).text
        assert distances(from_the_north) == [111, 945, 10953]
        assert "south" in from_the_north

    def test_a_name_with_signs_of_html_stays_a_name(
        self, phone_of: PhoneOf, lan: Actor, house: House
    ) -> None:
        with house(), writing():
            shop("Quán <b>Ngon</b> & 100%", lan, 21.0287)
            shop("Quán <b>Ngon</b> & 100%", lan, 21.0288)
        page = phone_of(lan).get(HOAN_KIEM).text
        assert names(page)[:2] == ["Quán &lt;b&gt;Ngon&lt;/b&gt; &amp; 100%"] * 2
        assert "<b>Ngon" not in page

    def test_mai_reads_whose_customer_it_is_and_hung_does_not(
        self, phone_of: PhoneOf, mai: Actor, hung: Actor
    ) -> None:
        for _ in range(2):
            assert f"<span>{hung.name}</span>" in phone_of(mai).get(HOAN_KIEM).text
            assert f"<span>{hung.name}</span>" not in phone_of(hung).get(HOAN_KIEM).text

    def test_a_tap_reaches_the_shop(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get(HOAN_KIEM).text
        assert 'href="tel:+84905412777"' in page
        assert 'href="https://zalo.me/84905412777"' in page
        assert "destination=21.029000%2C105.854200" in page


@pytest.mark.usefixtures("shops")
def test_the_map_begins_where_most_of_her_customers_are(
    phone_of: PhoneOf, lan: Actor, mai: Actor, tuan: Actor, house: House
) -> None:
    with house(), writing():
        shop("Quán ở Sài Gòn", lan, 10.7725, 106.698)
    for person in (lan, mai, tuan):
        answer = phone_of(person).get("/nearby/map?tier=A")
        assert answer.status_code == 303
        place = re.fullmatch(r"/nearby/map\?lat=(21\.0\d+)&lng=(105\.8\d+)&tier=A", answer.location)
        assert place, answer.location


def test_whoever_has_no_customers_is_asked_where_to_look(phone_of: PhoneOf, lan: Actor) -> None:
    page = phone_of(lan).get("/nearby/map", headers={"Accept-Language": "en"}).text
    assert "Where are you?" in page


def test_before_a_place_is_known_nearby_asks_for_it(phone_of: PhoneOf, lan: Actor) -> None:
    page = phone_of(lan).get("/nearby", headers={"Accept-Language": "en"}).text
    assert "Where are you?" in page


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("lat=abc&lng=105", "Latitude and longitude are numbers"),
        ("lat=nan&lng=105", "Latitude and longitude are numbers"),
        ("lat=21", "needs both numbers"),
        ("lat=105.85&lng=21.03", "look swapped"),
        ("lat=200&lng=200", "Latitude goes from -90 to 90"),
        ("lat=21&lat=22&lng=105", "was given twice"),
        ("lat=21&lng=105&k=0x10", "whole number"),
        ("lat=21&lng=105&k=0", "from 1"),
        ("lat=21&lng=105&tier=Z", "can be A, B, C"),
        ("lat=21&lng=105&due=never", "can be overdue"),
        ("lat=21&lng=105&person=me", "Nobody is known"),
    ],
)
def test_what_cannot_be_is_refused_with_words(phone_of: PhoneOf, lan: Actor, asked: str, words: str) -> None:
    answer = phone_of(lan).get(f"/nearby?{asked}", headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert words in answer.text


def test_a_shop_of_today_is_said_to_be_visited_today(phone_of: PhoneOf, lan: Actor, house: House) -> None:
    with house(), writing():
        shop("Cô Ba", lan, 21.03, tier="A", visited_days_ago=0)
    client = phone_of(lan)
    assert "visited today, every 14 d" in client.get(HOAN_KIEM, headers={"Accept-Language": "en"}).text
    assert "<span>hôm nay đã ghé, 14" in client.get(HOAN_KIEM, headers={"Accept-Language": "vi"}).text
