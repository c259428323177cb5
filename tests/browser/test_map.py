"""The map of Nearby: the same customers as the list, as pins."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Locator, Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street
from tests.browser.conftest import LiveServer

PhoneInHand = Callable[[Actor], Page]
MAP_AT_THE_MARKET = "/nearby/map?lat=10.7725&lng=106.6980&accuracy_m=12"


def pin(page: Page, shop: street.Shop) -> Locator:
    return page.locator("map-view").get_by_role("button", name=shop.name)


def test_the_map_shows_who_the_list_shows(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(MAP_AT_THE_MARKET)
    expect(page.locator("map-view .pin")).to_have_count(20)
    assert page.locator("#map-rows > li").count() == 20
    page.get_by_role("link", name="List").tap()
    expect(page.get_by_role("article")).to_contain_text(street.NEAREST.name)


def test_lan_chooses_a_pin_and_then_the_next_one(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(MAP_AT_THE_MARKET)
    expect(page.locator("#map-rows").get_by_role("link", name=street.NEAREST.name)).to_be_visible()
    pin(page, street.DUE_TODAY).tap()
    expect(pin(page, street.DUE_TODAY)).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#map-rows").get_by_role("link", name=street.DUE_TODAY.name)).to_be_in_viewport()
    expect(page.locator("#map-rows").get_by_role("link", name=street.NEAREST.name)).to_be_hidden()
    page.get_by_role("button", name=f"Next: {street.LONG_NAMED.name}").tap()
    expect(page.locator("#map-rows").get_by_role("link", name=street.LONG_NAMED.name)).to_be_in_viewport()


def test_lan_taps_the_ground_and_searches_there(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(MAP_AT_THE_MARKET)
    expect(page.get_by_role("link", name="Search around here")).to_be_hidden()
    page.locator("map-view").tap(position={"x": 200, "y": 220})
    page.get_by_role("link", name="Search around here").tap()
    expect(page).not_to_have_url(re.compile("lng=106.6980"))
    expect(page.locator("map-view .pin").first).to_be_visible()


def test_lan_finds_her_position_from_the_map(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby/map?lat=10.80&lng=106.75")
    page.get_by_role("button", name="Find my position").tap()
    expect(page).to_have_url(re.compile(r"lat=10\.7725&lng=106\.6980&accuracy_m=12"))


def test_the_pins_are_reached_and_chosen_by_keyboard(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(MAP_AT_THE_MARKET)
    pin(page, street.LONG_NAMED).press("Enter")
    expect(pin(page, street.LONG_NAMED)).to_have_attribute("aria-pressed", "true")
    page.locator("map-view").press("Enter")
    expect(page.get_by_role("link", name="Search around here")).to_be_visible()


def test_the_map_begins_where_lans_customers_are(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.get_by_role("link", name="See customers on the map").tap()
    expect(page.locator("map-view .pin")).to_have_count(20)


def test_whoever_drew_the_tiles_is_named(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiles = f"{live_server.url}/static/icons/app-192.png?tile={{z}}-{{x}}-{{y}}"
    settings = replace(live_server.app.extensions["settings"], tile_url=tiles)
    monkeypatch.setitem(live_server.app.extensions, "settings", settings)
    page = phone_in_hand(lan)
    page.goto(MAP_AT_THE_MARKET)
    expect(page.locator("map-view img.leaflet-tile-loaded").first).to_be_attached()
    credit = page.locator("map-view").get_by_role("link", name="© OpenStreetMap contributors")
    expect(credit).to_be_in_viewport()
    expect(credit).to_have_attribute("href", "https://www.openstreetmap.org/copyright")


@pytest.mark.browser_context_args(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
def test_on_a_laptop_the_map_stands_beside_the_list(phone_in_hand: PhoneInHand, mai: Actor) -> None:
    page = phone_in_hand(mai)
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    expect(page.locator("map-view .pin")).to_have_count(20)
    pin(page, street.FURTHER[14]).click()
    expect(pin(page, street.FURTHER[14])).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#nearby").get_by_role("link", name=street.FURTHER[14].name)).to_be_in_viewport()
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("map-view .pin")).to_have_count(25)


def test_a_phone_does_not_load_the_map_with_the_list(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    page.wait_for_load_state("networkidle")
    assert any("/app-" in url for url in asked)
    assert not any("/map-" in url for url in asked)
