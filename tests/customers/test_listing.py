"""The list of customers as people see it."""

from __future__ import annotations

import re

import pytest

from crmweb.accounts.actor import Actor
from crmweb.clock import now
from crmweb.customers import listing
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from tests.customers.shops import ENGLISH, House, PhoneOf, shop


@pytest.fixture
def shops(house: House, lan: Actor, hung: Actor, outsider: Actor) -> None:
    with house(), writing():
        shop("Ánh Dương", lan, tier="A", visited_days_ago=30, at=(21.03, 105.85), tags=["mặt tiền"])
        shop("Bến Thành", lan, tier="B", visited_days_ago=30, phones=["0905 412 777"], emails=["ben@shop.vn"])
        shop("Đông Đô", lan, tier="C", visited_days_ago=1, address="12 Lê Lợi, phường Bến Nghé, Quận 1")
        shop("Em mới quen", lan, status="lead")
        shop("Công ty của Hùng", hung, tier="A", kind="company", visited_days_ago=20)
        shop("Của người ngoài", outsider, tier="A")
        db.session.get_one(Customer, shop("Cũ rồi", lan)).archive(by=None, at=now())


def names(page: str) -> list[str]:
    return re.findall(r'<span class="name">([^<]+)</span>\s*<span class="line">', page)


def listed(phone_of: PhoneOf, person: Actor, address: str = "/customers") -> list[str]:
    answer = phone_of(person).get(address)
    assert answer.status_code == 200, answer.text[:500]
    return names(answer.text)


@pytest.mark.usefixtures("shops")
class TestWhoIsListed:
    def test_lan_sees_her_own_by_name(self, phone_of: PhoneOf, lan: Actor) -> None:
        assert listed(phone_of, lan) == ["Ánh Dương", "Bến Thành", "Đông Đô", "Em mới quen"]

    def test_mai_sees_her_team_and_tuan_everyone(self, phone_of: PhoneOf, mai: Actor, tuan: Actor) -> None:
        assert set(listed(phone_of, mai)) - {"Ánh Dương", "Bến Thành", "Đông Đô", "Em mới quen"} == {
            "Công ty của Hùng"
        }
        assert "Của người ngoài" in listed(phone_of, tuan)

    def test_the_outsider_sees_only_his_own_and_binh_his(
        self, phone_of: PhoneOf, outsider: Actor, binh: Actor
    ) -> None:
        assert listed(phone_of, outsider) == listed(phone_of, binh) == ["Của người ngoài"]

    def test_whoever_asks_for_anothers_customers_gets_none(
        self, phone_of: PhoneOf, lan: Actor, outsider: Actor
    ) -> None:
        assert listed(phone_of, lan, f"/customers?person={outsider.id}") == []
        assert listed(phone_of, lan, "/customers?q=nguoi+ngoai") == []

    def test_mai_picks_out_hungs(self, phone_of: PhoneOf, mai: Actor, hung: Actor) -> None:
        assert listed(phone_of, mai, f"/customers?person={hung.id}") == ["Công ty của Hùng"]

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("tier=A", ["Ánh Dương"]),
            ("tier=A&tier=B", ["Ánh Dương", "Bến Thành"]),
            ("status=lead", ["Em mới quen"]),
            ("due=overdue", ["Ánh Dương"]),
            ("due=today", ["Bến Thành"]),
            ("due=ahead", ["Đông Đô"]),
            ("pin=none", ["Bến Thành", "Đông Đô", "Em mới quen"]),
            ("tag=mặt+tiền", ["Ánh Dương"]),
            ("archived=1", ["Cũ rồi"]),
            ("sort=due", ["Ánh Dương", "Bến Thành", "Đông Đô", "Em mới quen"]),
            ("q=dong", ["Đông Đô"]),
            ("q=ben&tier=B", ["Bến Thành"]),
            ("q=ben&tier=A", []),
            ("q=cu+roi", ["Cũ rồi"]),
            ("q=412", ["Bến Thành"]),
            ("q=%01&tag=%02", []),
        ],
    )
    def test_lan_narrows_the_list(self, phone_of: PhoneOf, lan: Actor, asked: str, found: list[str]) -> None:
        assert listed(phone_of, lan, f"/customers?{asked}") == found

    @pytest.mark.parametrize(
        "asked",
        ["tier=Z", "due=soon", "status=x", "person=me", "sort=up", "q=a&q=b", "after=x", "sort=due&after=x.y",
         "q=a&after=-1", "pin=all", "archived=2"],
    )  # fmt: skip
    def test_what_nobody_can_mean_is_told_so(self, phone_of: PhoneOf, lan: Actor, asked: str) -> None:
        answer = phone_of(lan).get(f"/customers?{asked}", headers=ENGLISH)
        assert answer.status_code == 422
        assert "No customers yet" not in answer.text
        assert 'class="note late"' in answer.text

    def test_it_says_how_many_there_are_and_how_many_are_overdue(
        self, phone_of: PhoneOf, lan: Actor, mai: Actor, tuan: Actor
    ) -> None:
        for person, words in (
            (lan, "4 customers · 1 overdue"),
            (mai, "5 customers · 2 overdue"),
            (tuan, "6 customers"),
        ):
            assert words in " ".join(phone_of(person).get("/customers", headers=ENGLISH).text.split())

    def test_a_row_says_when_who_and_where_and_how_to_reach_them(self, phone_of: PhoneOf, mai: Actor) -> None:
        page = phone_of(mai).get("/customers", headers=ENGLISH).text
        for words in (
            "16 days overdue", "Due today", "In 59 days", "Nguyễn Thị Lan", "12 Lê Lợi, phường Bến Nghé",
            "tel:+84905412777", "https://zalo.me/84905412777", "mailto:ben@shop.vn",
            "destination=21.030000%2C105.850000", "destination=12+L%C3%AA",
        ):  # fmt: skip
            assert words in page, words

    def test_typing_brings_the_rows_alone_and_going_back_the_page(
        self, phone_of: PhoneOf, lan: Actor
    ) -> None:
        client = phone_of(lan)
        typed = client.get("/customers?q=dong", headers={"HX-Request": "true"}).text
        assert "<html" not in typed
        assert 'id="customers"' in typed
        back = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
        assert "<html" in client.get("/customers?q=dong", headers=back).text

    def test_typing_keeps_the_filters_without_script_too(self, phone_of: PhoneOf, lan: Actor) -> None:
        form = re.search(r'<form class="search".*?</form>', phone_of(lan).get("/customers?tier=A").text, re.S)
        assert form
        assert '<input type="hidden" name="tier" value="A">' in form[0]


class TestPages:
    @pytest.fixture(autouse=True)
    def few_a_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing, "PAGE", 2)

    def _walk(self, phone_of: PhoneOf, person: Actor, address: str) -> list[str]:
        seen: list[str] = []
        client = phone_of(person)
        while address:
            assert len(seen) < 50, "the pages go round in a circle"
            page = client.get(address).text
            seen += names(page)
            link = re.search(r'class="pager"><a class="btn text" href="([^"]+)"', page)
            address = link[1].replace("&amp;", "&") if link else ""
        return seen

    @pytest.mark.usefixtures("shops")
    @pytest.mark.parametrize("order", ["", "?sort=due", "?q=n", "?sort=due&q=n"])
    def test_every_customer_comes_once(self, phone_of: PhoneOf, tuan: Actor, mai: Actor, order: str) -> None:
        for person, how_many in ((mai, 5), (tuan, 6)):
            seen = self._walk(phone_of, person, f"/customers{order}")
            assert len(seen) == len(set(seen)), seen
            assert "q=n" in order or len(seen) == how_many

    def test_namesakes_are_parted_by_the_page_and_none_is_lost(
        self, house: House, phone_of: PhoneOf, lan: Actor
    ) -> None:
        with house(), writing():
            for _ in range(5):
                shop("Tạp hóa", lan, tier="B")
        for order in ("", "?sort=due"):
            assert len(self._walk(phone_of, lan, f"/customers{order}")) == 5


class TestNothingToShow:
    def test_a_new_rep_is_told_to_add_someone(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/customers", headers=ENGLISH).text
        assert "No customers yet" in page
        assert 'href="/customers/new"' in page

    @pytest.mark.usefixtures("shops")
    def test_who_finds_nobody_is_told_what_to_try(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/customers?q=zzz&tier=A", headers=ENGLISH).text
        assert "Nobody matches “zzz”" in page
        assert "Search in all" in page
        assert "/customers/new?name=zzz" in page

    @pytest.mark.usefixtures("shops")
    def test_one_tap_takes_the_words_away_and_keeps_the_filters(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/customers?q=zzz&tier=A", headers=ENGLISH).text
        assert 'href="/customers?tier=A" aria-label="Clear the search"' in page

    @pytest.mark.usefixtures("shops")
    def test_filters_that_leave_nobody_can_be_taken_away(self, phone_of: PhoneOf, lan: Actor) -> None:
        page = phone_of(lan).get("/customers?tier=A&status=former", headers=ENGLISH).text
        assert "No customer like that" in page
