"""Notes in the hand: two taps and typing, and nothing typed is lost."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserType, Page, expect

from crmweb.accounts.actor import Actor
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.conftest import device_token, system_access_to

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]


TO_DISK = 6_000
"""Milliseconds after which Chromium has written a page's storage down; a killed page alone loses none of them."""


def process_of(profile: Path) -> int:
    """The browser that works in this folder, without its children."""
    for told in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = told.read_bytes().decode(errors="replace").split("\0")
            if f"--user-data-dir={profile}" in words and not any(w.startswith("--type=") for w in words):
                return int(told.parent.name)
    raise LookupError(profile)


@pytest.fixture
def address(live_server: LiveServer) -> str:
    """The page for a note on the nearest shop."""
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}/notes/new"


def kept(page: Page) -> int:
    found: int = page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('draft:')).length")
    return found


def test_a_note_is_two_taps_and_typing(phone_in_hand: PhoneInHand, lan: Actor, address: str) -> None:
    page = phone_in_hand(lan)
    page.goto(address.removesuffix("/notes/new"))
    page.locator(f"a[href='{address}']:visible").first.tap()
    field = page.get_by_label("Note", exact=True)
    expect(field).to_be_focused()
    page.keyboard.type("Wants two more cases")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Noted")
    expect(page.locator("li.quote").first).to_contain_text("Wants two more cases")
    assert kept(page) == 0


def test_a_tap_on_a_word_begins_a_line(
    phone_in_hand: PhoneInHand, lan: Actor, address: str, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto(address)
    page.get_by_role("button", name="Stock").tap()
    page.keyboard.type("two cases")
    page.get_by_role("button", name="Price").tap()
    page.keyboard.type("too high")
    expect(page.get_by_label("Note", exact=True)).to_have_value("Stock: two cases\nPrice: too high")
    assert axe(page) == []


def test_what_lan_typed_survives_a_killed_page(
    phone_in_hand: PhoneInHand, lan: Actor, address: str, axe: Axe
) -> None:
    page = phone_in_hand(lan)
    page.goto(address)
    page.keyboard.type("Kệ dưới còn 2 lốc")
    page.wait_for_timeout(500)
    page.close(run_before_unload=False)
    page = page.context.new_page()
    page.goto(address)
    expect(page.get_by_label("Note", exact=True)).to_have_value("Kệ dưới còn 2 lốc")
    expect(page.get_by_text("Brought back what you typed")).to_be_visible()
    assert axe(page) == []
    page.get_by_role("button", name="Discard").tap()
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    page.reload()
    expect(page.get_by_label("Note", exact=True)).to_have_value("")


def test_what_lan_typed_survives_a_killed_browser(
    browser_type: BrowserType,
    browser_type_launch_args: dict[str, object],
    live_server: LiveServer,
    lan: Actor,
    address: str,
    tmp_path: Path,
) -> None:
    """The process is shot: no event of the page tells it that it goes."""
    cookie = {"name": "session", "value": device_token(live_server.app, lan), "url": live_server.url}
    phone = browser_type.launch_persistent_context(str(tmp_path), **browser_type_launch_args)  # type: ignore[arg-type]
    phone.add_cookies([cookie])  # type: ignore[list-item]
    page = phone.pages[0]
    page.goto(live_server.url + address)
    page.keyboard.type("Chị Hạnh đòi giá sỉ")
    page.wait_for_timeout(TO_DISK)
    with phone.expect_event("close"):
        os.kill(process_of(tmp_path), signal.SIGKILL)
    phone = browser_type.launch_persistent_context(str(tmp_path), **browser_type_launch_args)  # type: ignore[arg-type]
    phone.add_cookies([cookie])  # type: ignore[list-item]
    page = phone.pages[0]
    page.goto(live_server.url + address)
    expect(page.locator("#text")).to_have_value("Chị Hạnh đòi giá sỉ")
    phone.close()


def test_a_colleague_on_the_same_phone_sees_nothing_of_it(
    phone_in_hand: PhoneInHand, lan: Actor, mai: Actor, address: str
) -> None:
    page = phone_in_hand(lan)
    page.goto(address)
    page.keyboard.type("Between us")
    page.wait_for_timeout(500)
    phone_in_hand(mai)
    page.goto(address)
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    phone_in_hand(lan)
    page.goto(address)
    expect(page.get_by_label("Note", exact=True)).to_have_value("Between us")


def test_a_note_whose_answer_never_came_is_written_once(
    phone_in_hand: PhoneInHand, lan: Actor, address: str, complaints: list[str]
) -> None:
    """The server took it, the lift swallowed the answer, the phone killed the page: it goes out again by itself."""
    page = phone_in_hand(lan)
    page.goto(address)
    page.keyboard.type("Said once")

    def swallow(route: object) -> None:
        route.fetch(max_redirects=0)  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.context.route("**/notes", swallow)
    with page.expect_event("requestfailed"):
        page.get_by_role("button", name="Save").tap()
    expect(page.locator("#outbox-count")).to_have_text("1")
    page.close()
    page.context.unroute("**/notes")
    page = page.context.new_page()
    page.goto(address.removesuffix("/notes/new"))
    expect(page.locator("#outbox-count")).to_have_text("0")
    page.reload()
    expect(page.locator("li.quote", has_text="Said once")).to_have_count(1)
    assert kept(page) == 0
    complaints.clear()


def test_a_refused_note_stays_on_the_phone_too(
    phone_in_hand: PhoneInHand, lan: Actor, address: str, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto(address)
    page.get_by_label("Note", exact=True).fill("x" * 10_001)
    page.get_by_role("button", name="Save").tap()
    expect(page.get_by_text("10001 characters are too many")).to_be_visible()
    assert kept(page) == 1
    page.get_by_label("Note", exact=True).fill("Short")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Noted")
    assert kept(page) == 0
    assert all("422" in each for each in complaints)
    complaints.clear()


def test_coming_back_from_a_call_offers_a_note(phone_in_hand: PhoneInHand, lan: Actor, address: str) -> None:
    page = phone_in_hand(lan)
    page.goto(address.removesuffix("/notes/new"))
    page.evaluate(
        """() => {
            document.addEventListener("click", (event) => event.preventDefault(), { once: true });
            document.querySelector('a[href^="tel:"]').click();
            for (const hidden of [true, false]) {
                Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }
        }"""
    )
    offer = page.locator("#toasts")
    expect(offer).to_contain_text("Note the call?")
    offer.get_by_role("link", name="Note").tap()
    expect(page.get_by_role("heading", name="Note on the call")).to_be_visible()


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_without_script_a_note_is_a_form(phone_in_hand: PhoneInHand, lan: Actor, address: str) -> None:
    page = phone_in_hand(lan)
    page.goto(address)
    expect(page.get_by_role("button", name="Stock")).to_be_hidden()
    page.get_by_label("Note", exact=True).fill("By hand")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("li.quote").first).to_contain_text("By hand")
