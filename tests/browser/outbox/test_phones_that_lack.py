"""Phones without room, without storage, or with a wrong clock: the work is kept or sent all the same."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import BrowserContext, Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.notes.models import Note
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    PACKED,
    PhoneInHand,
    count,
    notes,
    unsent,
    write,
)
from tests.supervisor.product import until

NO_STORE = "indexedDB.open = () => { throw new DOMException('', 'SecurityError'); };"
FULL = """const { add } = IDBObjectStore.prototype;
let room = false;
IDBObjectStore.prototype.add = function (...what) {
  if (room) return add.apply(this, what);
  room = true;
  throw new DOMException("", "QuotaExceededError");
};"""
"""There is no room, once."""


def test_a_full_phone_lets_its_pages_go_before_any_work(
    lans: Page, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    lans.add_init_script(FULL)
    lans.goto(f"{co_ba}/notes/new")
    context.set_offline(True)
    lans.get_by_label("Note", exact=True).fill("y" * 9_000)
    lans.get_by_role("button", name="Save").tap()
    expect(lans).to_have_url(re.compile(f"{co_ba}$"))
    unsent(lans, 1)
    kept = lans.evaluate(PACKED)
    assert "/pack" in kept
    assert "/outbox" not in kept
    context.set_offline(False)
    until(lambda: count(live_server, Note) == 1, within=20)
    expect(lans.locator("body[data-from-phone]")).to_have_count(0)  # the page was asked for anew


def test_a_phone_that_may_keep_nothing_sends_as_ever(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    page.add_init_script(NO_STORE)
    write(page, co_ba, "By the browser alone")
    expect(page.locator("#toasts")).to_contain_text("Noted")
    assert count(live_server, Note) == 1


def test_before_the_worker_is_there_a_note_is_kept_all_the_same(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined });")
    page.goto(f"{co_ba}/notes/new")
    context.set_offline(True)
    page.get_by_label("Note", exact=True).fill("In the first minute")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Saved on this phone")
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    context.set_offline(False)
    unsent(page, 0)
    assert count(live_server, Note) == 1


def test_a_clock_that_is_a_day_wrong_loses_nothing(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    for hours in (-24, 23):
        page.clock.install(time=clock.now() + timedelta(hours=hours))
        write(page, co_ba, f"{hours} hours off")
        unsent(page, 0)
    assert sorted(text for _name, text in notes(live_server)) == ["-24 hours off", "23 hours off"]
