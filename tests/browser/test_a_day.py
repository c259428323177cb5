"""Lan's whole day on her phone, in Vietnamese, from the first look at Today to Mai's question about it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from math import cos, radians
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, Geolocation, Locator, Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.routes.models import Route
from tests.browser import street
from tests.browser.conftest import LiveServer, listen
from tests.browser.hand import Hand
from tests.browser.test_every_screen import LAPTOP
from tests.conftest import device_token, system_access_to
from tests.visits import photos

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

CALLED, LAST = street.FURTHER[1], street.FURTHER[0]
STOPS = [street.NEAREST, street.DUE_TODAY, street.LONG_NAMED, CALLED, LAST, *street.FURTHER[8:11]]
"""The first ones lie so close together that who walks there within seconds is no airliner."""
EVERY_DAY = 0b1111111


@pytest.fixture
def route(app: Flask, lan: Actor) -> None:
    """Lan's route of eight stops, and nobody has a day off."""
    with system_access_to(app, "laying Lan's route"), writing():
        Route.lay(
            db.session.get_one(User, lan.id), weekdays=EVERY_DAY, at=clock.now() - timedelta(days=9),
            customers=[street.customer(shop) for shop in STOPS],
        )  # fmt: skip


class Walk(Hand):
    """Lan on her way: where she stands, and what she sees."""

    def __init__(self, page: Page, axe: Axe) -> None:
        super().__init__(page)
        self._axe = axe

    def stand(self, shop: street.Shop, north: float = 0) -> None:
        """In front of a shop, or so many metres beside it."""
        lat, lng = street.MARKET
        east = shop.metres / (street.DEGREE_M * cos(radians(lat)))
        place = Geolocation(latitude=lat + north / street.DEGREE_M, longitude=lng + east, accuracy=12)
        self.page.context.set_geolocation(place)

    def today(self) -> None:
        self.page.goto("/")

    def look(self) -> None:
        """Nobody is kept out of this screen, and nothing is wider than it."""
        assert self._axe(self.page) == []
        assert self.page.evaluate("document.documentElement.scrollWidth") <= 390

    def sees(self, *words: str) -> None:
        for each in words:
            expect(self.page.locator("main")).to_contain_text(each)

    def told(self, words: str) -> None:
        expect(self.page.locator("#toasts")).to_contain_text(words)

    def taps_for(self) -> int:
        """Taps since one asked last."""
        taps, self.taps = self.taps, 0
        return taps

    @property
    def next_stop(self) -> Locator:
        return self.page.locator("#plan li.next")


@pytest.mark.browser_context_args(locale="vi-VN")
@pytest.mark.usefixtures("route")
def test_lan_walks_her_day_and_mai_asks_about_it(
    phone_in_hand: PhoneInHand, lan: Actor, axe: Axe, tmp_path: Path, mais_laptop: Page
) -> None:
    walk = Walk(phone_in_hand(lan), axe)
    _opens_today(walk)
    _reads_up_on(walk)
    _checks_in(walk)
    _writes_down_and_photographs(walk, tmp_path)
    _finishes_as_usual(walk)
    _finds_the_next_one_shut(walk)
    _adds_a_stop_from_nearby(walk)
    _adds_a_lead(walk)
    _says_that_a_pin_is_wrong(walk)
    _calls_the_next_one(walk)
    _forgot_to_finish(walk)
    _finishes_in_full(walk)
    _looks_back(walk)
    _mai_asks(mais_laptop)
    _answers(walk)
    _mai_reads_it(mais_laptop)


def _opens_today(walk: Walk) -> None:
    walk.stand(street.NEAREST)
    walk.today()
    walk.sees("Còn 8 điểm", STOPS[-1].name)
    expect(walk.next_stop).to_contain_text(street.NEAREST.name)
    expect(walk.next_stop.get_by_label(f"Chỉ đường đến {street.NEAREST.name}")).to_be_visible()
    walk.look()


def _reads_up_on(walk: Walk) -> None:
    """Before the door: what was said last, what is promised, and every way to reach them."""
    walk.tap(walk.next_stop.locator("a.row"))
    walk.sees("Ghi chú gần nhất", "Kệ dưới còn 2 lốc", "Đã hứa", "Báo giá combo Tết", "Nguyễn Thị Ba")
    for way, begins in (
        ("Gọi", "tel:+84905412777"),
        ("Zalo", "https://zalo.me/84905412777"),
        ("Chỉ đường", "https://www.google.com/maps/dir/"),
    ):
        link = walk.page.locator(".dock").get_by_role("link", name=way, exact=True)
        assert (link.get_attribute("href") or "").startswith(begins)
    walk.look()


def _checks_in(walk: Walk) -> None:
    walk.taps_for()
    walk.tap(walk.link("Check-in"))
    walk.tap(walk.button(f"Check-in {street.NEAREST.name}"))
    assert walk.taps_for() == 2
    walk.sees("Đang ghé", "Đúng điểm")
    walk.look()


def _writes_down_and_photographs(walk: Walk, folder: Path) -> None:
    walk.tap(walk.link("Ghi chú"))
    expect(walk.page.get_by_label("Ghi chú")).to_be_focused()
    walk.page.keyboard.type("Muốn đổi kệ lên ngang tầm mắt")
    walk.look()
    walk.tap(walk.button("Lưu"))
    assert walk.taps_for() == 2
    walk.told("Đã ghi chú")
    walk.sees("Muốn đổi kệ lên ngang tầm mắt")
    shelf = folder / "shelf.jpg"
    shelf.write_bytes(photos.photo(1600, 1200))
    walk.page.locator("input[type=file]").set_input_files(shelf)
    expect(walk.page.locator(".photos img")).to_have_count(1)


def _finishes_as_usual(walk: Walk) -> None:
    walk.tap(walk.link("Kết thúc"))
    walk.sees("Kết thúc lượt ghé")
    walk.look()
    walk.tap(walk.button("Quan tâm"))
    assert walk.taps_for() == 2
    walk.told("Đã kết thúc")
    walk.tap(walk.button("Hoàn tác"))
    walk.sees("Đang ghé")
    walk.taps_for()
    walk.tap(walk.link("Kết thúc"))
    walk.tap(walk.button("Có đơn"))
    assert walk.taps_for() == 2
    walk.sees("Có đơn", "Việc tiếp theo")


def _finds_the_next_one_shut(walk: Walk) -> None:
    walk.stand(street.DUE_TODAY)
    walk.today()
    walk.sees("Còn 7 điểm")
    expect(walk.next_stop).to_contain_text(street.DUE_TODAY.name)
    walk.taps_for()
    walk.tap(walk.link("Check-in"))
    walk.sees("Check-in ở đâu?")
    walk.look()
    walk.tap(walk.button("Chủ đi vắng"))
    assert walk.taps_for() == 2
    walk.told("Đã kết thúc")
    walk.sees("Chủ đi vắng", "Đúng điểm")


def _adds_a_stop_from_nearby(walk: Walk) -> None:
    walk.today()
    walk.tap(walk.link("Quanh đây"))
    walk.tap(walk.button("Dùng vị trí của tôi"))
    walk.sees("gần trước")
    walk.look()
    walk.tap(walk.button(f"Liên hệ {street.LEAD.name}"))
    walk.tap(walk.button("Thêm vào hôm nay"))
    walk.told("Đã thêm vào hôm nay")


def _adds_a_lead(walk: Walk) -> None:
    """Across the street; from Nearby, which she looks at."""
    walk.page.goto("/nearby")
    walk.taps_for()
    walk.tap(walk.link("Thêm khách tại đây"))
    walk.tap(walk.button("Dùng vị trí của tôi"))
    walk.sees("Đã có vị trí, sai số 12 m")
    walk.page.get_by_label("Tên").fill("Tạp hóa Út Hương")
    walk.look()
    walk.tap(walk.button("Lưu khách mới"))
    assert walk.taps_for() == 3
    expect(walk.page.get_by_role("heading", name="Tạp hóa Út Hương")).to_be_visible()


def _says_that_a_pin_is_wrong(walk: Walk) -> None:
    """They moved by 200 m: the check-in is away from the pin, and the pin is what is wrong."""
    walk.stand(street.LONG_NAMED, north=200)
    walk.today()
    walk.sees("Còn 7 điểm", street.LEAD.name)
    walk.tap(walk.link("Check-in"))
    walk.tap(walk.button(f"Check-in {street.LONG_NAMED.name}"))
    walk.sees("Cách xa điểm bán 200 m")
    walk.look()
    walk.tap(walk.link("Khách hàng"))
    walk.tap(walk.button("Ghim sai, ở đây"))
    walk.told("Đã đề nghị")
    walk.sees("Chờ Mai duyệt")


def _calls_the_next_one(walk: Walk) -> None:
    """On the way, while the visit before is still open."""
    walk.today()
    expect(walk.page.locator(".live")).to_contain_text(street.LONG_NAMED.name)
    walk.look()
    walk.tap(walk.next_stop.locator("a.row"))
    walk.tap(walk.link("Check-in"))
    walk.tap(walk.button("Gọi điện"))
    walk.sees("Qua điện thoại")
    expect(walk.page.get_by_role("region", name="Vị trí")).to_have_count(0)
    walk.tap(walk.link("Kết thúc"))
    walk.tap(walk.button("Quan tâm"))
    walk.sees("Kết quả", "Quan tâm")


def _forgot_to_finish(walk: Walk) -> None:
    """Her next check-in ends the one before by a guess, and Today asks what came of it."""
    walk.stand(LAST)
    walk.today()
    walk.tap(walk.next_stop.locator("a.row"))
    walk.tap(walk.link("Check-in"))
    walk.sees(f"Lượt ghé {street.LONG_NAMED.name} sẽ kết thúc.")
    walk.tap(walk.button(f"Check-in {LAST.name}"))
    walk.sees("Đúng điểm")
    walk.today()
    asks = walk.page.locator("#resultless")
    expect(asks).to_contain_text("Kết quả thế nào?")
    walk.look()
    walk.tap(asks.get_by_role("link"))
    walk.tap(walk.button("Quan tâm"))
    walk.sees("giờ ra ước tính")


def _finishes_in_full(walk: Walk) -> None:
    walk.today()
    expect(walk.page.locator("#resultless")).to_have_count(0)
    walk.taps_for()
    walk.tap(walk.link("Kết thúc"))
    walk.tap(walk.page.get_by_text("Ghi chú, việc tiếp theo, đã hứa"))
    walk.type(walk.page.get_by_label("Ghi chú"), "Lấy thêm 3 thùng")
    walk.tap(walk.page.locator("#next .chip", has_text="Ngày mai"))
    walk.type(walk.page.get_by_label("Đã hứa gì"), "Gửi bảng giá sỉ")
    walk.look()
    walk.tap(walk.button("Có đơn"))
    assert walk.taps_for() == 6
    walk.sees("Có đơn", "Lấy thêm 3 thùng", "Gửi bảng giá sỉ", "Việc tiếp theo")


def _looks_back(walk: Walk) -> None:
    walk.page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    walk.today()
    walk.tap(walk.link("Tôi"))
    walk.tap(walk.page.get_by_role("link", name="Tổng kết ngày"))
    facts = walk.page.locator("dl.facts")
    expect(facts).to_contain_text("km")
    walk.look()
    walk.tap(walk.button("Chia sẻ dạng chữ"))
    shared = walk.page.evaluate("window.shared.text")
    for words in (street.LONG_NAMED.name, "Lấy thêm 3 thùng", "Gửi bảng giá sỉ", "km", "Chủ đi vắng"):
        assert words.lower() in shared.lower()


@pytest.fixture
def mais_laptop(
    browser: Browser, browser_context_args: dict[str, object], live_server: LiveServer, mai: Actor,
    complaints: list[str],
) -> Iterator[Page]:  # fmt: skip
    """Mai's laptop beside Lan's phone."""
    context = browser.new_context(**{**browser_context_args, **LAPTOP})  # type: ignore[arg-type]
    token = device_token(live_server.app, mai)
    context.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    listen(context, complaints)
    yield context.new_page()
    context.close()


def _mai_asks(page: Page) -> None:
    page.goto("/team")
    row = page.get_by_role("row", name="Nguyễn Thị Lan")
    expect(row).to_contain_text("4/9")
    doubt = page.locator("article[id^=visit-]", has_text=street.LONG_NAMED.name)
    expect(doubt).to_contain_text("200 m")
    doubt.get_by_text("Hỏi lại", exact=True).click()
    doubt.get_by_label("Câu hỏi").fill("Kho của họ ở đâu?")
    doubt.get_by_role("button", name="Gửi câu hỏi").click()
    expect(page.locator("main")).to_contain_text("Đã hỏi Nguyễn Thị Lan")


def _answers(walk: Walk) -> None:
    walk.today()
    walk.sees("Kho của họ ở đâu?")
    walk.tap(walk.page.locator("a.note", has_text="Kho của họ ở đâu?"))
    walk.type(walk.page.get_by_label("Lời của bạn"), "Họ dời sang hẻm 12 rồi")
    walk.look()
    walk.tap(walk.button("Gửi"))
    walk.told("Đã trả lời")


def _mai_reads_it(page: Page) -> None:
    page.goto("/review")
    doubt = page.locator("article[id^=visit-]", has_text=street.LONG_NAMED.name)
    expect(doubt).to_contain_text("Họ dời sang hẻm 12 rồi")
    doubt.get_by_role("button", name="Chấp nhận").click()
    expect(page.locator("main")).to_contain_text("Đã chấp nhận")
