"""The book on the phone: found, sorted and shown from the pack alone, in frames filled as a phone fills them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from crmweb.accounts.actor import Actor
from crmweb.db import writing
from crmweb.pwa.frames import FRAMES
from tests.browser import street
from tests.browser.test_every_screen import LAYOUT, SMALL
from tests.conftest import system_access_to
from tests.pwa.books import fill_book

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

SAID = {"begun": "10:20, 12 min", "outcome": "Interested", "html:said": "", "html:words": "<b>A note</b>"}


@pytest.fixture
def book(phone_in_hand: PhoneInHand, lan: Actor) -> Page:
    """Lan's phone, with the list of what it took along."""
    page = phone_in_hand(lan)
    page.goto("/frames/customers")
    expect(page.locator(".rows > li").first).to_be_visible()
    return page


def shown(page: Page) -> list[str]:
    """The names that the list shows, in their order."""
    return page.locator(".rows > li:visible .name").all_inner_texts()


def test_lan_finds_a_shop_as_she_types(book: Page) -> None:
    everybody = len(shown(book))
    search = book.get_by_role("searchbox")
    search.fill("co ba")
    assert shown(book) == [street.NEAREST.name]
    expect(book.locator(".count")).to_have_text("1 customer")
    search.fill("8297")
    assert shown(book) == [street.DUE_TODAY.name]
    search.fill("xyz")
    expect(book.get_by_text("Nobody on this phone matches")).to_be_visible()
    search.fill("")
    assert len(shown(book)) == everybody


def test_lan_leaves_those_who_are_not_overdue_out(book: Page) -> None:
    filters = book.get_by_role("group", name="Filter")
    filters.get_by_text("Due today").click()
    assert shown(book) == [street.DUE_TODAY.name]
    filters.get_by_text("Overdue").click()
    assert street.NEAREST.name in shown(book)
    assert street.DUE_TODAY.name not in shown(book)


def test_lan_sees_who_is_near_without_the_server(book: Page) -> None:
    book.get_by_role("button", name="Nearest first").click()
    expect(book.locator("[data-distance-m]").first).to_be_visible()
    first = book.locator(".rows > li").first
    expect(first).to_contain_text(street.NEAREST.name)
    expect(first.locator(".away")).to_have_text("120 m")
    metres = [
        int(row.get_attribute("data-distance-m") or -1) for row in book.locator("[data-distance-m]").all()
    ]
    assert metres == sorted(metres)


def test_an_address_that_asked_for_a_place_is_answered_from_the_pack(book: Page) -> None:
    lat, lng = street.MARKET
    book.goto(f"/frames/customers?lat={lat}&lng={lng}&q=minh")
    expect(book.locator("[data-distance-m]:visible").first).to_contain_text("Minh Tâm 1")


def test_a_full_book_comes_by_and_by_and_is_searched_as_a_whole(
    app: Flask, phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    with system_access_to(app, "a full book"), writing():
        fill_book(lan, 100)
    page = phone_in_hand(lan)
    page.goto("/frames/customers")
    expect(page.locator(".rows > li")).to_have_count(60)
    more = page.get_by_role("button", name="Show more")
    more.click()
    more.click()
    expect(page.locator(".rows > li")).to_have_count(124)
    expect(more).to_be_hidden()
    page.get_by_role("searchbox").fill("phuc 99")
    assert shown(page) == ["Nhà thuốc Hồng Phúc số 99"]


def test_it_stands_in_for_nearby_under_its_name(book: Page) -> None:
    frame = book.request.get("/frames/customers").text()
    book.route("**/nearby*", lambda route: route.fulfill(body=frame, content_type="text/html"))
    book.goto("/nearby")
    expect(book.locator("h1")).to_have_text("Nearby")
    expect(book).to_have_title(re.compile("^Nearby"))
    expect(book.locator(".places [aria-current]")).to_have_text("Nearby")


def test_a_row_calls_and_opens_the_customer(book: Page) -> None:
    row = book.locator(".rows > li").filter(has_text=street.NEAREST.name)
    expect(row.get_by_role("link", name=f"Call {street.NEAREST.name}")).to_have_attribute(
        "href", "tel:+84905412777"
    )
    assert re.fullmatch(r"/customers/[0-9a-f-]{36}", row.locator("a.main").get_attribute("href") or "")


@pytest.mark.parametrize("age", ["old", "none"])
def test_a_phone_that_has_no_pack_says_so(
    phone_in_hand: PhoneInHand, lan: Actor, age: str, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    old = {"made_at": "2026-01-01T00:00:00Z", "expires_at": "2026-01-04T00:00:00Z", "customers": [{}]}
    page.route("**/pack", lambda route: route.fulfill(json=old) if age == "old" else route.abort())
    page.goto("/frames/customers")
    expect(page.get_by_text("Nothing is kept here any more")).to_be_visible()
    complaints.clear()  # of the request that got no answer


@pytest.fixture
def filled(book: Page, app: Flask) -> Page:
    """Every frame comes filled for the nearest shop, as a phone fills it."""
    with system_access_to(app, "whom to show"):
        nearest = str(street.customer(street.NEAREST).id)
    pack = book.evaluate("async () => (await fetch('/pack')).json()")
    customer = next(each for each in pack["customers"] if each["id"] == nearest)
    words = {**SAID, **customer, "customer": nearest, "html:body": customer["body"]}
    book.route("**/frames/*", lambda route: _fill(route, words))
    return book


def _fill(route: Route, words: dict[str, Any]) -> None:
    answer = route.fetch()
    route.fulfill(
        response=answer, body=re.sub(r"\[\[([\w:-]+)\]\]", lambda gap: words[gap[1]], answer.text())
    )


def test_a_customer_from_the_pack_has_their_ways_drawn(filled: Page) -> None:
    filled.goto("/frames/customer")
    expect(filled.locator("h1")).to_have_text(street.NEAREST.name)
    for name, address in (("Call", "tel:+84905412777"), ("Zalo", "https://zalo.me/84905412777")):
        way = filled.locator(".tiles").get_by_role("link", name=name)
        expect(way).to_have_attribute("href", address)
        expect(way.locator("svg use")).to_have_attribute("href", re.compile("sprite.*#"))


def test_who_was_there_is_asked_of_the_people_that_the_phone_knows(filled: Page) -> None:
    filled.goto("/frames/finish")
    filled.get_by_text("Note, next step, promises").click()
    filled.get_by_text("Nguyễn Thị Ba").click()
    sent = filled.evaluate("[...new FormData(document.querySelector('#finish')).getAll('attendee')]")
    assert [len(each) for each in sent] == [36]


@pytest.mark.parametrize("wide", [390, pytest.param(360, marks=pytest.mark.browser_context_args(**SMALL))])
def test_every_frame_reads_well_once_it_is_filled(filled: Page, axe: Axe, wide: int) -> None:
    wrong = []
    for name in FRAMES:
        filled.goto(f"/frames/{name}")
        filled.wait_for_load_state("networkidle")
        wrong += [f"{name} {flaw}" for flaw in [*filled.evaluate(LAYOUT), *axe(filled)]]
        filled.emulate_media(color_scheme="dark")
        wrong += [f"{name} by night {flaw}" for flaw in axe(filled, ["color-contrast"])]
        filled.emulate_media(color_scheme="light")
    assert not wrong, "\n".join(wrong)
