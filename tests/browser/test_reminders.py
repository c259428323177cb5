"""Reminders in the hand: few taps, one thumb, and a word about what is not now."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.db import db
from crmweb.reminders.models import Reminder
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.conftest import device_token, system_access_to

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]


@pytest.fixture
def shop(live_server: LiveServer) -> uuid.UUID:
    """The nearest one."""
    with system_access_to(live_server.app, "which shop it is"):
        return street.customer(street.NEAREST).id


def _of(server: LiveServer, text: str) -> Reminder:
    with system_access_to(server.app, "what was kept"):
        return db.session.scalars(select(Reminder).where(Reminder.text == text)).one()


def test_lan_is_reminded_in_three_taps_and_typing(
    phone_in_hand: PhoneInHand, lan: Actor, shop: uuid.UUID, live_server: LiveServer, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto(f"/customers/{shop}")
    page.locator("#to-do").get_by_role("link", name="Remind me").tap()
    expect(page.get_by_role("textbox").first).to_be_focused()
    page.keyboard.type("Call about the display")
    page.get_by_text("Next Monday").tap()
    assert axe(page) == []
    page.get_by_role("button", name="Save").tap()
    expect(page).to_have_url(f"{live_server.url}/customers/{shop}")
    expect(page.locator("#to-do")).to_contain_text("Call about the display")
    expect(page.locator("#toasts")).to_contain_text("You will be reminded")
    due = _of(live_server, "Call about the display").due_at.astimezone(lan.tzinfo)
    assert (due.weekday(), due.hour) == (0, 9)


def test_a_tick_is_one_tap_and_not_now_is_two(
    phone_in_hand: PhoneInHand, lan: Actor, shop: uuid.UUID, live_server: LiveServer, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto("/reminders/new")
    page.get_by_role("textbox").first.fill("Call the depot")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("You will be reminded")
    page.goto("/reminders?view=later")
    row = page.locator("li.check", has_text="Call the depot")
    before = _of(live_server, "Call the depot").due_at
    row.get_by_role("link", name="Call the depot").tap()
    page.get_by_role("button", name="In an hour").tap()
    expect(page.locator("#toasts")).to_contain_text("Put off")
    assert _of(live_server, "Call the depot").due_at < before
    page.goto("/reminders?view=due")
    if row.count() == 0:  # an hour before midnight it is tomorrow's
        page.goto("/reminders?view=later")
    assert axe(page) == []
    row.get_by_role("button", name="Done").tap()
    expect(row.get_by_role("button")).to_have_attribute("aria-pressed", "true")
    page.locator("#toasts").get_by_role("button", name="Undo").tap()
    expect(page.locator("#toasts")).to_contain_text("Still to do")
    assert _of(live_server, "Call the depot").is_open


def test_without_script_a_day_is_chosen_and_the_words_stay(
    browser: Browser, lan: Actor, live_server: LiveServer
) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url, locale="en-GB")
    token = device_token(live_server.app, lan)
    context.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    page = context.new_page()
    page.goto("/reminders/new")
    page.get_by_role("textbox").first.fill("Renew the licence")
    page.get_by_text("Another moment").click()
    page.get_by_label("Day", exact=True).fill("2020-01-01")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#when-error")).to_contain_text("That has passed")
    expect(page.get_by_role("textbox").first).to_have_value("Renew the licence")
    page.get_by_text("Tomorrow").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#toasts")).to_contain_text("You will be reminded")
    context.close()
