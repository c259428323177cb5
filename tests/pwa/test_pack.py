"""The pack: the whole of one's own book on the phone, small enough, and nothing of anybody else's."""

from __future__ import annotations

import gzip
import json
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

import pytest

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.languages import speaking
from crmweb.notes.models import Note
from crmweb.pwa.book import MOST, Book
from crmweb.pwa.frames import FRAMES
from crmweb.pwa.pack import LARGEST
from crmweb.pwa.pages import Pages
from crmweb.reminders.models import Reminder
from crmweb.routes.plans import Day
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.pwa.books import LONG, fill_book
from tests.shops import Shops
from tests.statements import counted

Acting = Callable[[Actor], AbstractContextManager[None]]
NOW = datetime.fromisoformat("2026-11-26T02:15:00Z")
"""A Thursday morning, quarter past nine in Vietnam."""


@pytest.fixture(autouse=True)
def _held() -> Any:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def pack_of(phone_of: PhoneOf) -> Callable[..., Any]:
    return lambda person, **headers: phone_of(person).get("/pack", headers={**ENGLISH, **headers}).json


def _find(pack: Any, of: uuid.UUID) -> Any:
    return next(each for each in pack["customers"] if each["id"] == str(of))


# --- whose ----------------------------------------------------------------------------------------------


def test_lan_takes_along_whom_she_looks_after_today_and_nobody_else(
    house: House, lan: Actor, pack_of: Callable[..., Any]
) -> None:
    with house():
        shops = Shops.open()
    pack = pack_of(lan)
    assert [each["id"] for each in pack["customers"]] == [str(shops.lan)]
    assert pack["person"] == str(lan.id)


def test_who_leads_or_sees_all_takes_along_their_own_alone(
    house: House, mai: Actor, tuan: Actor, pack_of: Callable[..., Any]
) -> None:
    with house():
        Shops.open()
    with house(), writing():
        own = shop("Siêu thị Mai giữ", mai)
    assert [each["id"] for each in pack_of(mai)["customers"]] == [str(own)]
    assert pack_of(tuan)["customers"] == []


def test_who_was_put_away_is_left_behind(house: House, lan: Actor, pack_of: Callable[..., Any]) -> None:
    with house(), writing():
        away = shop("Quán đã nghỉ", lan)
        db.session.get_one(Customer, away).archive(by=None, at=NOW)
    assert pack_of(lan)["customers"] == []


def test_what_was_written_at_somebody_elses_customer_is_nowhere_in_it(
    house: House, lan: Actor, hung: Actor, phone_of: PhoneOf
) -> None:
    with house(), writing():
        mine, his = shop("Của Lan", lan), shop("Của Hùng", hung)
        for place, text in ((mine, "Kệ dưới còn hai lốc"), (his, "Chỉ Hùng được đọc")):
            Note.write(db.session.get_one(Customer, place), text, by=hung, at=NOW, now=NOW)
    answer = phone_of(lan).get("/pack").text
    assert "Kệ dưới còn hai lốc" in answer  # a colleague's word at her own customer
    assert "Chỉ Hùng được đọc" not in answer
    assert "Của Hùng" not in answer


def test_who_only_looks_as_lan_takes_nothing_of_hers_along(
    house: House, lan: Actor, tuan: Actor, phone_of: PhoneOf
) -> None:
    with house(), writing():
        shop("Tạp hóa Cô Ba", lan)
    phone = phone_of(tuan)
    phone.post(f"/admin/users/{lan.id}/preview")
    assert "Tạp hóa Cô Ba" in phone.get("/customers").text
    assert phone.get("/pack").status_code == 404
    assert phone.get("/frames/customer").status_code == 404


# --- what -----------------------------------------------------------------------------------------------


@pytest.fixture
def co_ba(house: House, lan: Actor, hung: Actor) -> uuid.UUID:
    """A shop about which there is something to say."""
    with house(), writing():
        facts = {"tier": "A", "phones": ["0905 123 456"], "address": "12 Lê Lợi,\nBến Nghé", "code": "KH7"}
        opened = shop("Tạp hóa <Cô Ba>", lan, at=(10.7725, 106.698), visited_days_ago=30, **facts)
        customer = db.session.get_one(Customer, opened)
        hanh = Contact.named("Chị Hạnh", at=NOW)
        hanh.phone = hanh.phone_e164 = "+84912345678"
        db.session.add(hanh)
        customer.name_contact(hanh, "owner", by=None, at=NOW)
        for days, text in enumerate(("mới nhất", "hôm qua <b>", "tuần trước", "quá cũ")):
            at = NOW - timedelta(days=days)
            Note.write(customer, text, by=hung if days else lan, at=at, now=at)
        Reminder.promise(
            customer, "Gửi báo giá", promised_by="us", until=NOW.date() - timedelta(days=2), by=lan, at=NOW
        )
    return opened


def test_a_customer_is_all_there_with_numbers_promises_and_the_last_three_notes(
    lan: Actor, pack_of: Callable[..., Any], co_ba: uuid.UUID
) -> None:
    said = _find(pack_of(lan), co_ba)
    assert (said["name"], said["line"]) == ("Tạp hóa <Cô Ba>", "12 Lê Lợi, Bến Nghé")
    assert (said["lat"], said["lng"], said["phone"]) == (10.7725, 106.698, "+84905123456")
    assert said["due"] == "<span class='state late'>16 days overdue</span>"
    assert [name for _id, name in said["contacts"]] == ["Chị Hạnh"]
    for words in (
        "href=tel:+84905123456>", "href='https://zalo.me/84905123456'", "destination=10.772500%2C106.698000",
        "16 days overdue", "Tier A", "last visit 27 Oct", "Chị Hạnh", "0912 345 678", "tel:+84912345678", "Owner",
        "Gửi báo giá", "2 days late · Lan promised", "mới nhất", "<b>Lan</b>today 09:15", "hôm qua &lt;b&gt;",
        "<b>Hùng</b>yesterday 09:15", "tuần trước",
    ):  # fmt: skip
        assert words in said["body"], words
    assert "quá cũ" not in said["body"]


def test_a_promise_can_be_ticked_by_who_may_write(
    lan: Actor, pack_of: Callable[..., Any], co_ba: uuid.UUID
) -> None:
    body = _find(pack_of(lan), co_ba)["body"]
    assert "/done method=post data-once data-offline>" in body


def test_what_else_it_is_found_by_stands_beside_what_is_shown(
    lan: Actor, pack_of: Callable[..., Any], co_ba: uuid.UUID
) -> None:
    find = _find(pack_of(lan), co_ba)["find"]
    assert find == "kh7 0905123456 0912345678"


def test_without_pin_phone_or_people_nothing_is_made_up(
    house: House, lan: Actor, pack_of: Callable[..., Any]
) -> None:
    with house(), writing():
        bare = shop("Quán mới", lan)
    said = _find(pack_of(lan), bare)
    assert {"lat", "lng", "phone"}.isdisjoint(said)
    assert "href" not in said["body"]
    assert said["contacts"] == []


def test_todays_stops_stand_first_and_in_their_order(
    house: House, lan: Actor, pack_of: Callable[..., Any]
) -> None:
    with house(), writing():
        late = shop("Trễ nhất", lan, tier="A", visited_days_ago=90)
        second, first = shop("Thứ hai", lan), shop("Thứ nhất", lan)
        for each in (first, second):
            Day(lan.id, lan.today(NOW)).add(each, at=NOW)
    pack = pack_of(lan)
    assert pack["stops"] == [str(first), str(second)]
    assert [each["id"] for each in pack["customers"]] == [str(first), str(second), str(late)]


def test_it_speaks_the_language_of_its_person(
    house: House, lan: Actor, pack_of: Callable[..., Any], co_ba: uuid.UUID
) -> None:
    body = _find(pack_of(lan, **{"Accept-Language": "vi"}), co_ba)["body"]
    assert "Trễ lịch 16 ngày" in body
    assert "overdue" not in body


def test_it_names_the_frames_that_its_person_may_open(lan: Actor, pack_of: Callable[..., Any]) -> None:
    assert pack_of(lan)["frames"] == list(FRAMES)


# --- how long, how large ----------------------------------------------------------------------------------


def test_it_lasts_three_days(lan: Actor, pack_of: Callable[..., Any]) -> None:
    pack = pack_of(lan)
    assert (pack["made_at"], pack["expires_at"]) == ("2026-11-26T02:15:00Z", "2026-11-29T02:15:00Z")


@pytest.mark.parametrize("pressed", ["identity", "br", "gzip"])
def test_what_the_phone_has_already_is_not_sent_again(
    house: House, lan: Actor, phone_of: PhoneOf, co_ba: uuid.UUID, pressed: str
) -> None:
    phone = phone_of(lan)
    first = phone.get("/pack", headers={"Accept-Encoding": pressed})
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["ETag"], "Accept-Encoding": pressed}
    assert phone.get("/pack", headers=known).status_code == 304
    with house(), writing():
        Note.write(db.session.get_one(Customer, co_ba), "Hết trà lài", by=lan, at=NOW, now=NOW)
    assert phone.get("/pack", headers=known).status_code == 200


def test_one_that_says_the_same_is_made_anew_before_it_grows_old(
    lan: Actor, phone_of: PhoneOf, co_ba: uuid.UUID
) -> None:
    phone = phone_of(lan)
    known = {"If-None-Match": phone.get("/pack").headers["ETag"]}
    with clock.frozen(NOW + timedelta(hours=6)):
        assert phone.get("/pack", headers=known).status_code == 200


def test_four_hundred_shops_with_long_notes_are_all_there_in_less_than_a_megabyte(
    house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    with house(), writing():
        fill_book(lan, MOST + 5)
    answer = phone_of(lan).get("/pack", headers=ENGLISH)
    assert len(answer.data) <= LARGEST
    customers = json.loads(answer.data)["customers"]
    assert len(customers) == MOST
    assert all("Chị Hạnh muốn đổi kệ" in each["body"] for each in customers)
    assert len(gzip.compress(answer.data)) < LARGEST / 8


def test_where_there_is_room_three_hundred_letters_of_a_note_are_kept(
    house: House, lan: Actor, pack_of: Callable[..., Any]
) -> None:
    with house(), writing():
        fill_book(lan, 3)
    body = pack_of(lan)["customers"][0]["body"]
    kept = LONG[:299].rstrip().replace("&", "&amp;")
    assert f">{kept}…<" in body


def test_where_even_short_notes_are_too_much_who_comes_last_is_left_behind(
    house: House, lan: Actor, acting: Acting
) -> None:
    with house(), writing():
        fill_book(lan, 8)
    with acting(lan), speaking("en", lan.zone):
        pages = Pages(Book.of(lan, lan.today(NOW)), writes=True)
        whole = pages.within(LARGEST)
        few = pages.within(9_000)
    assert [each["id"] for each in few] == [each["id"] for each in whole[: len(few)]]
    assert 0 < len(few) < len(whole) == 8
    assert len(json.dumps(few, ensure_ascii=False, separators=(",", ":")).encode()) <= 9_000


def test_a_full_book_asks_as_often_as_a_thin_one(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    with house(), writing():
        fill_book(lan, 2)
    phone = phone_of(lan)
    phone.get("/pack")
    with counted() as few:
        phone.get("/pack")
    with house(), writing():
        fill_book(lan, 30, first=2)
    with counted() as many:
        assert len(json.loads(phone.get("/pack").data)["customers"]) == 32
    assert len(many) == len(few) <= 14
