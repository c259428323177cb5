"""On the street: a new lead, a shop that a colleague has, a pin that is wrong, a promise that is kept."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.conftest import system_access_to

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]


@pytest.fixture
def shop(live_server: LiveServer) -> Callable[[street.Shop], str]:
    """The address of a shop's page."""

    def address(which: street.Shop) -> str:
        with system_access_to(live_server.app, "which shop it is"):
            return f"/customers/{street.customer(which).id}"

    return address


Shop = Callable[[street.Shop], str]


def test_a_lead_is_three_taps_and_its_name(phone_in_hand: PhoneInHand, lan: Actor, axe: Axe) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.get_by_role("link", name="Add lead here").tap()
    page.get_by_role("button", name="Use my position").tap()
    expect(page.get_by_text("Found, accuracy 12 m")).to_be_visible()
    assert axe(page) == []
    page.get_by_label("Name").fill("Tạp hóa Út Hương")
    page.get_by_role("button", name="Save new lead").tap()
    expect(page.get_by_role("heading", name="Tạp hóa Út Hương")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Added")
    expect(page.locator(".who")).to_contain_text("Lead")
    page.goto("/customers/new/here")
    expect(page.get_by_label("Name")).to_have_value("")  # no draft of what the server has


def test_a_colleagues_shop_is_named_and_a_visit_there_logged(
    phone_in_hand: PhoneInHand, lan: Actor, shop: Shop, complaints: list[str], axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.context.set_geolocation({"latitude": street.MARKET[0], "longitude": 106.7062, "accuracy": 10})
    page.goto("/customers/new/here")
    page.get_by_role("button", name="Use my position").tap()
    expect(page.get_by_text("Found, accuracy 10 m")).to_be_visible()
    page.get_by_label("Name").fill(street.OF_HUNG.name)
    page.get_by_role("button", name="Save new lead").tap()
    warning = page.get_by_role("alert")
    expect(warning).to_contain_text(f"{street.OF_HUNG.name} · Lê Văn Hùng")
    expect(warning.get_by_role("link")).to_have_count(0)
    assert all("422" in each for each in complaints)
    complaints.clear()
    assert axe(page) == []
    warning.get_by_role("button", name="Log a visit there").tap()
    expect(page).to_have_url(re.compile("/visits/"))
    expect(page.get_by_role("heading", name=street.OF_HUNG.name)).to_be_visible()
    page.goto(shop(street.OF_HUNG))
    assert "404" in complaints.pop()


def test_the_pin_is_wrong_and_mai_moves_it(
    phone_in_hand: PhoneInHand, lan: Actor, mai: Actor, shop: Shop, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto(shop(street.DUE_TODAY))
    page.get_by_role("button", name="Pin is wrong").tap()
    proposed = page.locator("[id^=proposal-]")
    expect(proposed).to_contain_text("Pin 400 m from the old one")
    expect(proposed).to_contain_text("Waits for Mai")
    expect(page.locator("#toasts")).to_contain_text("Proposed")
    assert axe(page) == []
    phone_in_hand(mai)
    page.goto(shop(street.DUE_TODAY))
    page.get_by_role("button", name="Move the pin there").tap()
    expect(page.locator("#toasts")).to_contain_text("The pin is there now")
    expect(page.locator("[id^=proposal-]")).to_have_count(0)
    expect(page.locator(".timeline")).to_contain_text("Pin moved by 400 m")


def test_indoors_the_phone_is_too_unsure_for_a_pin(
    phone_in_hand: PhoneInHand, lan: Actor, shop: Shop, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.context.set_geolocation({"latitude": 10.77, "longitude": 106.7, "accuracy": 400})
    page.goto(shop(street.DUE_TODAY))
    page.get_by_role("button", name="Pin is wrong").tap()
    expect(page.get_by_role("alert")).to_contain_text("Only sure within 400 m. Go outside")
    assert all("422" in each for each in complaints)
    complaints.clear()


def test_a_promise_is_ticked_and_unticked(
    phone_in_hand: PhoneInHand, lan: Actor, shop: Shop, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto(shop(street.NEAREST))
    tick = page.get_by_role("button", name="Done: Báo giá combo Tết")
    tick.tap()
    expect(tick).to_have_attribute("aria-pressed", "true")
    assert axe(page) == []
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Still to do")
    expect(tick).to_have_attribute("aria-pressed", "false")
