"""Nearby in the hand: a tap says where one is, and the list answers."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street

PhoneInHand = Callable[[Actor], Page]
AT_THE_MARKET = "/nearby?lat=10.7725&lng=106.6980"


def names(page: Page) -> list[str]:
    return page.locator("#nearby .name:not(.reach *)").all_inner_texts()


def sheet(page: Page) -> Locator:
    return page.locator(".reach:popover-open")


def test_lan_taps_once_and_sees_who_is_near(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.get_by_role("button", name="Use my position").tap()
    expect(page.get_by_role("article")).to_contain_text("120 m")
    expect(page.get_by_text("Your position, accuracy 12 m")).to_be_visible()
    assert names(page)[:3] == [street.NEAREST.name, street.DUE_TODAY.name, street.LONG_NAMED.name]


def test_the_address_holds_the_place_to_eleven_metres_and_no_closer(
    phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    page = phone_in_hand(lan)
    page.context.set_geolocation({"latitude": 10.77251234, "longitude": 106.69801234, "accuracy": 12})
    page.goto("/nearby")
    page.get_by_role("button", name="Use my position").tap()
    expect(page).to_have_url(re.compile(r"lat=10\.7725&lng=106\.6980&"))


@pytest.mark.browser_context_args(permissions=[])
def test_a_phone_that_may_not_tell_says_what_to_do(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.get_by_role("button", name="Use my position").tap()
    expect(page.get_by_text("Allow it in the settings of this page")).to_be_in_viewport()


def test_a_phone_without_a_fix_says_so(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.context.new_cdp_session(page).send("Emulation.setGeolocationOverride", {})
    page.get_by_role("button", name="Use my position").tap()
    expect(page.get_by_text("This device cannot find its position right now.")).to_be_in_viewport()


def test_lan_narrows_the_list_to_who_is_overdue_and_widens_it_again(
    phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    page = phone_in_hand(lan)
    page.goto(AT_THE_MARKET)
    page.get_by_role("link", name="Overdue 13").tap()
    expect(page.get_by_role("link", name="Overdue 13")).to_have_attribute("aria-current", "true")
    assert names(page)[:2] == [street.NEAREST.name, "Đại lý Minh Tâm 9"]
    page.get_by_role("link", name="All", exact=True).tap()
    expect(page.get_by_role("link", name=street.DUE_TODAY.name)).to_be_visible()


def test_a_filter_from_the_far_end_of_the_line_stays_in_sight(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(AT_THE_MARKET)
    page.get_by_role("link", name="Leads").tap()
    expect(page.get_by_role("link", name="Leads")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("link", name="Leads")).to_be_in_viewport(ratio=1)


def test_lan_asks_for_more_and_keeps_her_place(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(AT_THE_MARKET)
    assert len(names(page)) == 20
    page.get_by_role("link", name="Show more").tap()
    expect(page.locator("#nearby li.row")).to_have_count(23)
    assert page.evaluate("scrollY") > 0
    expect(page).to_have_url(re.compile("k=40"))


def test_mai_picks_out_one_of_her_people(phone_in_hand: PhoneInHand, mai: Actor, hung: Actor) -> None:
    page = phone_in_hand(mai)
    page.goto(AT_THE_MARKET)
    page.get_by_role("button", name="Responsible person").tap()
    page.get_by_role("link", name=hung.name, exact=True).tap()
    expect(page.get_by_role("article")).to_contain_text(street.OF_HUNG.name)
    assert names(page) == [street.OF_HUNG.name]


def test_the_sheet_of_a_shop_leads_to_phone_zalo_map_and_mail(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(AT_THE_MARKET)
    page.get_by_role("button", name=f"Reach {street.DUE_TODAY.name}").tap()
    expect(sheet(page)).to_be_visible()
    ways = {
        link.inner_text(): link.get_attribute("href") or "" for link in sheet(page).get_by_role("link").all()
    }
    assert ways["Call"] == "tel:+842838297000"
    assert "Email" not in ways
    expect(sheet(page)).to_contain_text("028 3829 7000")
    assert ways["Navigate"].startswith("https://www.google.com/maps/dir/?api=1&destination=10.77")
    sheet(page).get_by_role("button", name="Close").tap()
    expect(sheet(page)).to_have_count(0)


def test_one_sheet_serves_every_row(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers")
    for shop, number in ((street.DUE_TODAY, "tel:+842838297000"), (street.NEAREST, "tel:+84905412777")):
        page.get_by_role("button", name=f"Reach {shop.name}").tap()
        expect(page.get_by_role("dialog", name=shop.name)).to_be_visible()
        expect(sheet(page).get_by_role("link", name="Call")).to_have_attribute("href", number)
        page.keyboard.press("Escape")


def test_the_nearest_shop_has_its_ways_in_the_open(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto(AT_THE_MARKET)
    ways = {
        link.inner_text(): link.get_attribute("href")
        for link in page.get_by_role("article").locator(".acts a").all()
    }
    assert ways["Call"] == "tel:+84905412777"
    assert ways["Zalo"] == "https://zalo.me/84905412777"
    assert ways["Email"] == "mailto:coba@example.com"


def test_lan_looks_from_another_place_by_typing_it(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    field = page.get_by_role("searchbox", name="Address, customer or coordinates")
    field.fill("10.7725, 106.7070")
    field.press("Enter")
    expect(page.get_by_role("article")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/nearby\?lat=10\.7725&lng=106\.7070"))


def test_lan_looks_from_one_of_her_customers(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    field = page.get_by_role("searchbox", name="Address, customer or coordinates")
    field.fill("hong phuc")
    field.press("Enter")
    page.get_by_role("link", name=street.DUE_TODAY.name).tap()
    expect(page.get_by_role("article")).to_contain_text(street.DUE_TODAY.name)
