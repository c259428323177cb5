"""What lies on this phone, and how crmweb gets onto its home screen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from crmweb.accounts.actor import Actor

PhoneInHand = Callable[[Actor], Page]

KEEP = """async (person) => {
  const cache = await caches.open(`pages-${person}`);
  await cache.add("/pack");
  await cache.add("/");
}"""
COUNT = """() => new Promise((done) => {
  const opening = indexedDB.open("phone");
  opening.onupgradeneeded = () => opening.result.createObjectStore("usage");
  opening.onsuccess = () => {
    const month = new Date().toLocaleDateString("sv").slice(0, 7);
    const written = opening.result.transaction("usage", "readwrite");
    written.objectStore("usage").put(12_300_000, month);
    written.oncomplete = () => { opening.result.close(); done(); };
  };
})"""
OFFER = """() => {
  const event = new Event("beforeinstallprompt", { cancelable: true });
  event.prompt = async () => { window.asked = true; };
  event.userChoice = Promise.resolve({ outcome: "accepted" });
  dispatchEvent(event);
}"""
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


def said(page: Page, name: str) -> str:
    return page.locator(f"[data-is={name}]").inner_text()


def test_lan_sees_what_is_kept_and_how_old_it_is(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/phone")
    expect(page.locator("[data-is=customers]")).to_have_text("Nothing yet")
    expect(page.locator("[data-is=month]")).to_have_text("Not counted yet")
    page.evaluate(KEEP, str(lan.id))
    page.evaluate(COUNT)
    page.reload()
    expect(page.locator("[data-is=customers]")).to_contain_text("24, as of")
    expect(page.locator("[data-is=pages]")).to_have_text("2")
    expect(page.locator("[data-is=month]")).to_have_text("12.3 MB")
    assert " of " in said(page, "space")


def test_lan_removes_it_and_only_it(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/phone")
    page.evaluate(KEEP, str(lan.id))
    page.evaluate("caches.open('pages-somebody-else')")
    page.get_by_role("button", name="Remove it from this phone").click()
    expect(page.get_by_role("status").filter(has_text="Removed.")).to_be_visible()
    expect(page.locator("[data-is=customers]")).to_have_text("Nothing yet")
    assert page.evaluate("caches.keys()") == ["pages-somebody-else"]


def test_lan_fetches_it_anew_where_there_is_a_signal(
    phone_in_hand: PhoneInHand, lan: Actor, complaints: list[str]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/phone")
    button = page.get_by_role("button", name="Fetch it anew")
    button.click()
    expect(page.get_by_role("status").filter(has_text="Fetched anew.")).to_be_visible()
    page.context.set_offline(True)
    button.click()
    expect(page.get_by_role("status").filter(has_text="What is here stays")).to_be_visible()
    complaints.clear()


def test_the_choice_that_photos_wait_is_kept_on_the_phone(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/phone")
    choice = page.get_by_label("Photos and voice notes wait for Wi-Fi")
    expect(choice).not_to_be_checked()
    choice.check()
    page.reload()
    expect(choice).to_be_checked()
    assert page.evaluate("localStorage.getItem('photos-wait-for-wifi')") == "yes"
    choice.uncheck()
    assert page.evaluate("localStorage.getItem('photos-wait-for-wifi')") == "no"


# --- the home screen --------------------------------------------------------------------------------------


def come_again(page: Page) -> None:
    """Another time on the same phone: the browser was closed meanwhile."""
    page.evaluate("sessionStorage.clear()")
    page.goto("/")


def test_the_home_screen_is_offered_from_the_second_time_on(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    page.evaluate(OFFER)
    offer = page.locator("install-offer")
    expect(offer).to_be_hidden()
    come_again(page)
    expect(offer).to_be_hidden()  # this browser has not said that it can
    page.evaluate(OFFER)
    expect(offer).to_be_visible()
    offer.get_by_role("button", name="Install").click()
    expect(offer).to_be_hidden()
    assert page.evaluate("window.asked")


def test_who_puts_the_offer_away_is_left_alone(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    come_again(page)
    page.evaluate(OFFER)
    page.locator("install-offer").get_by_role("button", name="Not now").click()
    come_again(page)
    page.evaluate(OFFER)
    expect(page.locator("install-offer")).to_be_hidden()


@pytest.mark.browser_context_args(user_agent=IPHONE)
def test_an_iphone_is_shown_how(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    come_again(page)
    page.locator("install-offer").get_by_role("link", name="How to").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text("iPhone and iPad, in Safari")
    expect(page.locator("[data-when=in-app]")).to_be_hidden()


@pytest.mark.browser_context_args(user_agent=f"{IPHONE} Zalo iOS/521")
def test_inside_another_app_one_is_told_to_leave_it(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/install")
    expect(page.get_by_text("This page was opened inside another app")).to_be_visible()


def test_the_page_installs_where_the_browser_can(phone_in_hand: PhoneInHand, lan: Actor) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings/install")
    button = page.get_by_role("button", name="Install crmweb")
    expect(button).to_be_hidden()
    page.evaluate(OFFER)
    button.click()
    expect(button).to_be_hidden()
    assert page.evaluate("window.asked")
