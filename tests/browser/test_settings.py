"""One's own language, look and devices."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from crmweb.accounts.actor import Actor

PhoneInHand = Callable[[Actor], Page]


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.documentElement).backgroundColor"))


def test_lan_has_her_screens_in_vietnamese_and_at_night(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings")
    by_day = background(page)
    page.get_by_text("Tiếng Việt").click()
    page.get_by_text("Dark", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.get_by_role("link", name="Quanh đây")).to_be_visible()
    expect(page.locator("#toasts")).to_contain_text("Đã lưu")
    assert background(page) != by_day
    page.goto("/nearby")
    assert background(page) != by_day


def test_a_stranger_reads_the_door_in_vietnamese(page: Page) -> None:
    page.goto("/session/new")
    page.get_by_role("button", name="Tiếng Việt").click()
    expect(page.get_by_role("button", name="Đăng nhập")).to_be_visible()


def test_a_password_that_is_too_short_is_told_beside_its_field(
    phone_in_hand: PhoneInHand, lan: Actor, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings")
    field = page.get_by_label("New password")
    field.fill("short")
    page.get_by_role("button", name="Save the password").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#password-error")).to_be_in_viewport()
    assert "422" in complaints.pop()
