"""A browser that runs no script at all: the core still works."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from playwright.sync_api import Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.db import db, writing
from tests.browser import street

House = Callable[[], AbstractContextManager[None]]
PhoneInHand = Callable[[Actor], Page]

pytestmark = pytest.mark.browser_context_args(java_script_enabled=False)


def test_lan_comes_in_by_a_link(page: Page, house: House, lan: Actor) -> None:
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())
    page.goto(f"/join/{token}")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile(r"\d/$"))


def test_lan_types_where_she_is_and_filters_the_list(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby")
    expect(page.get_by_role("button", name="Use my position")).to_be_hidden()
    field = page.get_by_role("searchbox", name="Address, customer or coordinates")
    field.fill("10.7725 106.6980")
    field.press("Enter")
    expect(page.get_by_role("article")).to_contain_text(street.NEAREST.name)
    page.get_by_role("link", name="Due today 1").click()
    expect(page.get_by_role("article")).to_contain_text(street.DUE_TODAY.name)
    page.get_by_role("link", name="All", exact=True).click()
    page.get_by_role("link", name="Show more").click()
    expect(page.locator("#nearby li.row")).to_have_count(23)


def test_a_sheet_of_choices_opens_and_closes(phone_in_hand: PhoneInHand, mai: Actor) -> None:
    page = phone_in_hand(mai)
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    page.get_by_role("button", name="Responsible person").click()
    sheet = page.locator(".sheet:popover-open")
    expect(sheet.get_by_role("link", name="Everyone")).to_be_visible()
    sheet.get_by_role("button", name="Close").click()
    expect(page.locator(".sheet:popover-open")).to_have_count(0)


def test_a_row_leads_to_the_page_that_tells_how_to_reach_the_shop(
    phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    page = phone_in_hand(lan)
    for path in ("/customers", "/nearby/map?lat=10.7725&lng=106.6980"):
        page.goto(path)
        page.get_by_role("button", name=f"Reach {street.NEAREST.name}").click()
        expect(page.get_by_role("heading", name=street.NEAREST.name)).to_be_visible()
        expect(page.get_by_role("link", name="Call", exact=True)).to_have_attribute(
            "href", "tel:+84905412777"
        )


def test_the_map_still_has_its_list(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby/map?lat=10.7725&lng=106.6980")
    expect(page.locator("#map-rows > li").first).to_be_visible()


def test_lan_changes_her_language_and_signs_out(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings")
    page.get_by_text("Tiếng Việt").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".toast")).to_have_css(
        "animation-name", "leave"
    )  # or it would lie over the button for ever
    page.goto("/settings")
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page).to_have_url(re.compile("/session/new$"))


def test_a_visit_from_today_to_the_next_reminder(
    phone_in_hand: PhoneInHand, lan: Actor, house: House
) -> None:
    """The day's core without a script: the shop, a check-in without a place, its result, a note, a reminder."""
    page = phone_in_hand(lan)
    page.goto("/")
    page.get_by_role("link", name="Customers", exact=True).click()
    page.get_by_role("link", name=street.NEAREST.name).first.click()
    page.get_by_role("link", name="Check in").click()
    page.get_by_role("button", name=f"Check in {street.NEAREST.name}").click()
    expect(page).to_have_url(re.compile("/visits/"))
    expect(page.locator("[data-verdict=unproven]")).to_be_visible()
    page.get_by_role("link", name="Finish").first.click()
    page.get_by_role("button", name="Interested").click()
    expect(page.get_by_text("Interested").first).to_be_visible()
    with house():
        shop = street.customer(street.NEAREST).id
    page.goto(f"/customers/{shop}/notes/new")
    page.get_by_label("Note", exact=True).fill("Wants 20 boxes")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Wants 20 boxes").first).to_be_visible()
    page.goto(f"/customers/{shop}/reminders/new")
    page.get_by_label("What").fill("Send the quote")
    page.get_by_role("button", name="Save").click()
    page.goto("/reminders?view=later")
    expect(page.get_by_text("Send the quote")).to_be_visible()
    page.goto("/outbox")
    expect(page.get_by_text("Without scripts nothing waits on this phone")).to_be_visible()
