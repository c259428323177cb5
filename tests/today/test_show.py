"""Today: who is due, the longest overdue first; for a manager, how each of her people stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.working_days import WorkingWeek
from crmweb.customers.models import Customer
from crmweb.db import db, writing

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]
IN_ENGLISH = {"Accept-Language": "en"}


def visited(name: str, of: Actor, tier: str, days_ago: int) -> Customer:
    """A customer of `of` who was last visited that many days ago."""
    at = clock.now()
    customer = Customer.add(by=None, at=at, name=name, tier=tier, responsible=db.session.get_one(User, of.id))
    customer.assignments[0].visited(at=at - timedelta(days=days_ago))
    return customer


@pytest.fixture
def week(house: House, lan: Actor, hung: Actor, outsider: Actor) -> None:
    with house(), writing():
        WorkingWeek.set(range(7), head_id=None)  # or a Sunday between would make it a day less
        visited("Tạp hóa Lâu Rồi", lan, "A", 20)
        visited("Nhà thuốc Hôm Nay", lan, "B", 30)
        visited("Quán Mới Ghé", lan, "C", 1)
        visited("Của Hùng", hung, "A", 15)
        visited("Của người ngoài", outsider, "A", 40)
        visited("Đã cất đi", lan, "A", 50).archive(by=None, at=clock.now())


def names(page: str) -> list[str]:
    return re.findall(r'<span class="name">([^<]+)<', page.split('class="sheet reach"')[0])


def test_a_new_rep_is_led_to_their_first_customer(phone_of: PhoneOf, lan: Actor) -> None:
    page = phone_of(lan).get("/", headers=IN_ENGLISH).text
    assert "No customers yet" in page
    assert 'href="/customers/new/here"' in page


@pytest.mark.usefixtures("week")
class TestToday:
    def test_lan_sees_who_is_due_the_longest_overdue_first(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/", headers=IN_ENGLISH).text
        assert names(page) == ["Tạp hóa Lâu Rồi", "Nhà thuốc Hôm Nay"]
        for words in ("No stops yet", "One customer of yours is overdue", "6 days overdue", "Due today"):
            assert words in page

    def test_mai_sees_how_her_people_stand_and_nobody_elses(self, phone_of: PhoneOf, mai: Actor) -> None:
        page = phone_of(mai).get("/", headers=IN_ENGLISH).text
        assert "Của" not in page
        assert len(names(page)) == 2
        assert page.count("1 overdue") == 2

    def test_the_outsider_sees_only_their_own(self, phone_of: PhoneOf, outsider: Actor) -> None:
        assert names(phone_of(outsider).get("/").text) == ["Của người ngoài"]

    def test_today_is_the_day_where_the_person_is(self, phone_of: PhoneOf, lan: Actor, house: House) -> None:
        with house(), writing():
            db.session.get_one(User, lan.id).zone = "Pacific/Kiritimati"
            due = db.session.scalars(select(Customer).where(Customer.name == "Nhà thuốc Hôm Nay")).one()
            due.assignments[0].plan()
        there = clock.today("Pacific/Kiritimati").strftime("%A")
        assert there in phone_of(lan).get("/", headers=IN_ENGLISH).text


def test_who_shares_a_customer_with_her_people_is_not_of_mais_team(
    phone_of: PhoneOf, mai: Actor, tuan: Actor, lan: Actor, outsider: Actor, house: House
) -> None:
    with house(), writing():
        shared = visited("Quán Của Hai Người", lan, "A", 30)
        shared.assign(db.session.get_one(User, outsider.id), by=None, at=clock.now())
        shared.assignments[-1].visited(at=clock.now() - timedelta(days=30))
    for person, whom in ((mai, {lan.id}), (tuan, {lan.id, outsider.id})):
        page = phone_of(person).get("/", headers=IN_ENGLISH).text
        assert set(re.findall(r'<li id="user-([^"]+)"', page)) == {str(each) for each in whom}


def test_with_nobody_due_today_says_so_and_what_to_do(phone_of: PhoneOf, lan: Actor, house: House) -> None:
    with house(), writing():
        visited("Quán Mới Ghé", lan, "C", 1)
    page = phone_of(lan).get("/", headers=IN_ENGLISH).text
    assert "Nobody is overdue" in page
    assert 'href="/nearby"' in page


def test_each_reads_their_own_language_whoever_came_first(phone_of: PhoneOf, lan: Actor, hung: Actor) -> None:
    for person, language, words in ((lan, "en", "On the phone"), (hung, "vi", "Qua điện thoại")):
        page = phone_of(person).get("/", headers={"Accept-Language": language}).text
        assert f'data-phone="{words}"' in page
