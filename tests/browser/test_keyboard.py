"""Everything by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street

PhoneInHand = Callable[[Actor], Page]
FOCUSED = (Path(__file__).parent / "probes" / "focused.js").read_text()


def walk(page: Page, steps: int, key: str = "Tab") -> list[str]:
    """The names of what the focus comes by; fails where nobody could see that it is there."""
    names = []
    for _ in range(steps):
        page.keyboard.press(key)
        focused = page.evaluate(FOCUSED)
        assert focused["seen"], f"the focus cannot be seen on {focused['name']!r}"
        names.append(focused["name"])
    return names


def test_the_first_tab_leads_past_the_dock(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    assert walk(page, 1) == ["Go to the content"]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main')?.id") == "main"


def test_nearby_is_walked_in_the_order_it_is_read(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    walked = walk(page, 30)
    expected = ["Today", "Nearby", "Check in", "Customers", "Me", "Find my position again", "List", "Map",
                "All", street.NEAREST.name, "Navigate", "Call", street.DUE_TODAY.name]  # fmt: skip
    places = [walked.index(name) for name in expected]
    assert places == sorted(places)


def test_a_sheet_opens_and_closes_by_keyboard_and_gives_the_focus_back(
    phone_in_hand: PhoneInHand, lan: Actor
) -> None:
    page = phone_in_hand(lan)
    page.goto("/nearby?lat=10.7725&lng=106.6980")
    button = page.get_by_role("button", name=f"Reach {street.DUE_TODAY.name}")
    button.press("Enter")
    expect(page.locator(".reach:popover-open")).to_be_visible()
    assert walk(page, 2) == ["Close", "Call"]
    page.keyboard.press("Escape")
    expect(page.locator(".reach:popover-open")).to_have_count(0)
    expect(button).to_be_focused()


@pytest.mark.browser_context_args(viewport={"width": 1280, "height": 800}, is_mobile=False, has_touch=False)
def test_on_a_laptop_the_rail_is_walked_as_it_is_seen(phone_in_hand: PhoneInHand, mai: Actor) -> None:
    page = phone_in_hand(mai)
    page.goto("/")
    assert walk(page, 10) == [
        "Go to the content",
        "crmweb",
        "Today",
        "Nearby",
        "Customers",
        "My accounts",
        "Team day",
        "Review",
        "Check in",
        "Me",
    ]
