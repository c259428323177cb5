"""Finding customers as one types."""

from __future__ import annotations

import pytest
from flask import Flask

from crmweb.accounts.actor import Actor
from crmweb.clock import now
from crmweb.customers import search
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.scope import NoPrincipal
from tests.customers.shops import Acting, House, shop

MEANT = {
    "hong phuc": "Nhà thuốc Hồng Phúc",
    "Hồng Phúc": "Nhà thuốc Hồng Phúc",
    "nguyen": "Nguyễn Thị Đông",
    "dong": "Nguyễn Thị Đông",
    "ĐÔNG NGUYỄN": "Nguyễn Thị Đông",
    "kh-0042": "Nhà thuốc Hồng Phúc",
    "KH 00": "Nhà thuốc Hồng Phúc",
    "hai phong": "Nhà thuốc Hồng Phúc",
    "dien bien": "Tạp hóa Phúc Hồng",
    "0401234": "Nguyễn Thị Đông",
    "chi hanh": "Nhà thuốc Hồng Phúc",
    "777": "Nhà thuốc Hồng Phúc",
    "412": "Nhà thuốc Hồng Phúc",
    "0905 412": "Nhà thuốc Hồng Phúc",
    "0905.412.777": "Nhà thuốc Hồng Phúc",
    "+84 905 412 777": "Nhà thuốc Hồng Phúc",
    "+84905": "Nhà thuốc Hồng Phúc",
    "84905412777": "Nhà thuốc Hồng Phúc",
    "654321": "Nhà thuốc Hồng Phúc",
    "phu": "Tạp hóa Phúc Hồng",
}
SENSELESS = [
    "", "   ", "%", "_", "'", '"', "*", "NEAR(", "a OR b", "\\", "😀", "\x00", "a\x00b", "-", "^", "{", "²",
    "x" * 10_000, "zq " * 5_000, "हिन्दी", "ि", "กำ", "-- ;DROP TABLE", "NOT", "AND", '" OR "1', "%%%", "folded:x",
]  # fmt: skip


@pytest.fixture(params=["reading one's own", "asking the index"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scope is searched by reading it or by the index; what people see must not tell which."""
    if request.param == "asking the index":
        monkeypatch.setattr(search, "NARROW", 0)


@pytest.fixture
def shops(house: House, lan: Actor, hung: Actor, outsider: Actor) -> None:
    with house(), writing():
        shop(
            "Nhà thuốc Hồng Phúc",
            lan,
            code="KH-0042",
            address="118 Hải Phòng, Hải Châu",
            phones=["0905 412 777"],
        )
        shop("Tạp hóa Phúc Hồng", lan, address="12 Điện Biên Phủ")
        shop("Nguyễn Thị Đông", lan, kind="person", tax_number="0401234567")
        shop("Đại lý Hoàng Phúc", hung, phones=["0236 3812 345"])
        shop("Hồng Phúc của người ngoài", outsider, phones=["0905 412 778"])
        closed = db.session.get_one(Customer, shop("Hồng Phúc cũ", lan))
        closed.archive(by=None, at=now())
        shop("Hồng Ân", lan, status="former")
        owner = Contact(name="Chị Hạnh", phone="0987 654 321", phone_e164="+84987654321", created_at=now())
        pharmacy = db.session.get_one(Customer, next(iter(_ids("Nhà thuốc Hồng Phúc"))))
        pharmacy.contacts.append(CustomerContact(contact=owner, role="owner"))
        pharmacy.file()


def _ids(name: str) -> list[object]:
    return [row.id for row in db.session.query(Customer).filter_by(name=name)]


def names(typed: str) -> list[str]:
    found = [row.id for row in search.Search(typed).run()]
    by_id = {
        customer.id: customer.name for customer in db.session.query(Customer).filter(Customer.id.in_(found))
    }
    return [by_id[each] for each in found]


@pytest.mark.usefixtures("shops", "either_way")
class TestWhatLanTypes:
    def test_she_finds_who_she_means(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            for typed, meant in MEANT.items():
                assert meant in names(typed), typed

    def test_words_come_in_any_order_and_beginnings_are_enough(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            assert set(names("phu hon")) >= {"Nhà thuốc Hồng Phúc", "Tạp hóa Phúc Hồng"}

    def test_every_word_must_be_there(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            assert names("hong phuc quan") == []

    def test_names_that_begin_so_come_first_and_archived_ones_last(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            assert names("hong") == ["Nhà thuốc Hồng Phúc", "Tạp hóa Phúc Hồng", "Hồng Ân", "Hồng Phúc cũ"]
            assert names("tap")[0] == "Tạp hóa Phúc Hồng"

    def test_whatever_people_type_is_answered(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            for typed in SENSELESS:
                assert names(typed) == [], typed[:20]


@pytest.mark.usefixtures("shops", "either_way")
class TestWhoFindsWhom:
    def test_lan_finds_no_one_elses(self, acting: Acting, lan: Actor) -> None:
        with acting(lan):
            assert not {"Đại lý Hoàng Phúc", "Hồng Phúc của người ngoài"} & set(names("phuc"))
            assert names("0905 412 778") == []

    def test_mai_finds_what_her_team_looks_after(self, acting: Acting, mai: Actor) -> None:
        with acting(mai):
            assert "Đại lý Hoàng Phúc" in names("phuc")
            assert "Hồng Phúc của người ngoài" not in names("phuc")

    def test_tuan_finds_everyone(self, acting: Acting, tuan: Actor) -> None:
        with acting(tuan):
            assert {"Đại lý Hoàng Phúc", "Hồng Phúc của người ngoài"} <= set(names("phuc"))

    def test_the_outsider_finds_only_his_own(self, acting: Acting, outsider: Actor) -> None:
        with acting(outsider):
            assert names("hong") == ["Hồng Phúc của người ngoài"]


def test_an_old_customer_is_found_by_a_new_name(acting: Acting, house: House, lan: Actor) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, shop("Quán Cũ", lan))
        customer.change(by=None, at=now(), name="Quán Mới")
    with acting(lan):
        assert (names("moi"), names("cu")) == (["Quán Mới"], [])


def test_a_frequent_word_is_sought_in_ones_own_book(
    acting: Acting, house: House, mai: Actor, lan: Actor, outsider: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index would give up before it came to the one that Mai may see."""
    monkeypatch.setattr(search, "NARROW", 0)
    monkeypatch.setattr(search, "OFTEN", 3)
    with house(), writing():
        for number in range(5):
            shop(f"Tạp hóa {number}", outsider)
        shop("Tạp hóa của Lan", lan)
    with acting(mai):
        assert names("tap hoa") == ["Tạp hóa của Lan"]


def test_where_names_fill_the_list_the_code_comes_before_them(
    acting: Acting, house: House, tuan: Actor, lan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 3)
    with house(), writing():
        shop("Phở Bạc", lan, code="KHO-12")
        shop("Bán kho 12", lan)
        for name in ("Kho 12 An", "Kho 12 Bình", "Kho 12 Cúc", "Kho 12 Dung"):
            shop(name, lan)
    with acting(tuan):
        assert names("kho-12") == ["Phở Bạc", "Kho 12 An", "Kho 12 Bình"]
        assert names("kho") == ["Kho 12 An", "Kho 12 Bình", "Kho 12 Cúc"]


def test_former_customers_whose_names_begin_so_crowd_nobody_out(
    acting: Acting, house: House, tuan: Actor, lan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST", 3)
    with house(), writing():
        shop("Quán Kho Cũ", lan)
        for name in ("Kho An", "Kho Bình", "Kho Cúc"):
            shop(name, lan, status="former")
    with acting(tuan):
        assert names("kho")[0] == "Quán Kho Cũ"


def test_nobody_at_work_finds_nothing(app: Flask) -> None:
    with app.app_context(), pytest.raises(NoPrincipal):
        names("hong")
