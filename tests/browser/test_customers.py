"""Customers in the hand: found as one types, read, added and put right."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street

PhoneInHand = Callable[[Actor], Page]


def names(page: Page) -> list[str]:
    return page.locator("#customers .name:not(.reach *)").all_inner_texts()


def test_lan_finds_a_shop_without_accents_while_she_types(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers")
    field = page.get_by_role("searchbox", name="Name, code, address or number")
    field.press_sequentially("hong ph")
    expect(page.locator("#customers li.row")).to_have_count(1)
    assert names(page) == [street.DUE_TODAY.name]
    expect(field).to_be_focused()
    expect(page).to_have_url(re.compile("q=hong"))
    field.fill("412777")
    expect(page.get_by_role("link", name=street.NEAREST.name)).to_be_visible()


def test_what_nobody_matches_can_be_added_by_its_name(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers")
    page.get_by_role("searchbox").fill("Quán Cây Bàng")
    expect(page.get_by_role("heading", name="Nobody matches")).to_be_visible()
    page.get_by_role("main").get_by_text("Add customer").tap()
    expect(page.get_by_label("Name")).to_have_value("Quán Cây Bàng")


def test_a_second_number_is_asked_for_once_there_is_a_first(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers/new")
    first, second = page.get_by_label("Phones 1"), page.locator("[aria-label='Phones 2']")
    expect(second).to_be_hidden()
    first.fill("0905 412 777")
    expect(second).to_be_visible()


def test_the_list_goes_on_where_it_ended(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers?sort=due")
    assert names(page)[0] == street.NEAREST.name
    page.get_by_role("link", name="By name").tap()
    expect(page.locator("#customers li.row").first).to_contain_text("Công ty")


def test_a_shop_is_read_and_reached_from_its_page(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers")
    page.get_by_role("link", name=street.NEAREST.name).tap()
    expect(page.get_by_role("heading", name=street.NEAREST.name)).to_be_visible()
    expect(page.get_by_text("Kệ dưới còn 2 lốc").first).to_be_visible()
    dock = page.get_by_role("navigation", name="With this customer")
    expect(dock.get_by_role("link", name="Call")).to_have_attribute("href", "tel:+84905412777")
    expect(dock.get_by_role("link", name="Navigate")).to_have_attribute(
        "href", re.compile("google.com/maps/dir")
    )
    page.get_by_role("link", name="Back").tap()
    expect(page).to_have_url(re.compile("/customers$"))


def test_lan_adds_the_shop_she_stands_before(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers/new")
    page.get_by_label("Name", exact=True).fill("Quán Cây Bàng")
    page.get_by_role("button", name="I am there now").tap()
    expect(page.get_by_label("Latitude")).to_have_value("10.772500")
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("heading", name="Quán Cây Bàng")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Added")
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    expect(page.get_by_role("article")).to_contain_text("Quán Cây Bàng")


def test_what_is_wrong_is_read_first_and_what_was_typed_stays(
    phone_in_hand: PhoneInHand, lan: Actor, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers/new")
    page.get_by_label("Address").fill("12 Lê Lợi")
    page.get_by_role("button", name="Save").tap()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    summary.get_by_role("link", name="Name").tap()
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    expect(page.get_by_label("Address")).to_have_value("12 Lê Lợi")
    assert "422" in complaints.pop()


def test_a_shop_that_is_there_already_is_asked_about(
    phone_in_hand: PhoneInHand, lan: Actor, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers/new")
    page.get_by_label("Name", exact=True).fill("Tạp hóa cô Ba")
    page.get_by_label("Phones").first.fill("0905 412 777")
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("alert")).to_contain_text(street.NEAREST.name)
    page.get_by_role("button", name="Add anyway").tap()
    expect(page.get_by_role("heading", name="Tạp hóa cô Ba")).to_be_visible()
    assert "422" in complaints.pop()


def test_two_taps_on_save_add_one_customer(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers/new")
    page.get_by_label("Name", exact=True).fill("Quán Cây Bàng")
    page.get_by_role("button", name="Save").dblclick()
    expect(page.get_by_role("heading", name="Quán Cây Bàng")).to_be_visible()
    page.goto("/customers?q=cay+bang")
    assert names(page) == ["Quán Cây Bàng"]


def test_lan_puts_a_name_right(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers?q=hong+phuc")
    page.get_by_role("link", name=street.DUE_TODAY.name).tap()
    page.get_by_role("link", name="Edit").tap()
    page.get_by_label("Name", exact=True).fill("Nhà thuốc Hồng Phước")
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_role("heading", name="Nhà thuốc Hồng Phước")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Saved")


def test_what_was_put_away_by_mistake_comes_back_by_the_toast(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers?q=hong+phuc")
    page.get_by_role("link", name=street.DUE_TODAY.name).tap()
    page.get_by_role("button", name="Put this customer away").tap()
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Brought back")


def test_lan_names_who_pays(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers?q=hong+phuc")
    page.get_by_role("link", name=street.DUE_TODAY.name).tap()
    page.locator("#contacts").get_by_role("link", name="Add").tap()
    page.get_by_label("Name", exact=True).fill("Chị Hạnh")
    page.get_by_text("Pays").tap()
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#contacts")).to_contain_text("Chị Hạnh")


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_a_customer_is_found_added_and_put_right(
    phone_in_hand: PhoneInHand, lan: Actor, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/customers")
    page.get_by_role("searchbox").fill("hong phuc")
    page.get_by_role("searchbox").press("Enter")
    assert names(page) == [street.DUE_TODAY.name]
    page.goto("/customers/new")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert "422" in complaints.pop()
    page.get_by_label("Name", exact=True).fill("Quán Cây Bàng")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Quán Cây Bàng")).to_be_visible()
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Address").fill("12 Lê Lợi")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("12 Lê Lợi").first).to_be_visible()
