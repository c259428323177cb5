"""Whoever leaves a phone, or loses it, leaves no pages there; what they did stays until it is sent."""

from __future__ import annotations

import re

from playwright.sync_api import BrowserContext, Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import writing
from crmweb.notes.models import Note
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    PACKED,
    PhoneInHand,
    count,
    notes,
    out_of_reach,
    unsent,
    write,
)
from tests.conftest import system_access_to
from tests.supervisor.product import until

LONG_AGO = """() => new Promise((done) => {
  indexedDB.open("phone").onsuccess = ({ target }) => {
    const writing = target.result.transaction("facts", "readwrite");
    const facts = writing.objectStore("facts");
    facts.get("met").onsuccess = ({ target: { result } }) =>
      facts.put({ ...result, contact: Date.now() - 73 * 3600 * 1000 }, "met");
    writing.oncomplete = () => done(target.result.close());
  };
})"""
"""As if the server had last been heard of three days and an hour ago."""


def test_signing_out_asks_first_and_takes_the_pages_but_not_the_work(
    lans: Page,
    context: BrowserContext,
    live_server: LiveServer,
    co_ba: str,
    lan: Actor,
    phone_in_hand: PhoneInHand,
) -> None:
    with out_of_reach(context, "**/notes"):
        write(lans, co_ba, "Still here")
        unsent(lans, 1)
        lans.goto("/settings")
        unsent(lans, 1)
        lans.get_by_role("button", name="Sign out").tap()
        lans.get_by_role("button", name="Stay").tap()
        expect(lans).to_have_url(re.compile("/settings$"))
        lans.get_by_role("button", name="Sign out").first.tap()
        lans.get_by_role("button", name="Sign out anyway").tap()
        expect(lans).to_have_url(re.compile("/session/new"))
    until(lambda: lans.evaluate(PACKED) == [], within=5)
    context.set_offline(True)
    lans.goto(co_ba)
    expect(lans.get_by_text("This page is not on this phone")).to_be_visible()
    expect(lans.get_by_text(street.NEAREST.name)).to_have_count(0)
    context.set_offline(False)
    page = phone_in_hand(lan)
    page.goto("/")
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "Still here")]


def test_nobody_is_signed_out_without_a_signal_and_the_pages_stay(
    lans: Page, context: BrowserContext, co_ba: str
) -> None:
    """Only the server can end the session: gone pages alone would look like an end, and be none."""
    lans.goto("/settings")
    context.set_offline(True)
    lans.get_by_role("button", name="Sign out").first.tap()
    expect(lans.get_by_text("This needs a signal. Nothing was changed")).to_be_visible()
    expect(lans).to_have_url(re.compile("/settings$"))
    lans.goto(co_ba)
    expect(lans.get_by_role("heading", level=1)).to_have_text(street.NEAREST.name)


def test_whoever_has_bars_but_no_way_is_told_so_instead_of_being_signed_out(
    lans: Page, context: BrowserContext, co_ba: str
) -> None:
    lans.goto("/settings")
    context.route("**/healthz", lambda route: route.abort())
    lans.get_by_role("button", name="Sign out").first.tap()
    expect(lans.get_by_text("This needs a signal. Nothing was changed")).to_be_visible()
    expect(lans).to_have_url(re.compile("/settings$"))
    context.unroute("**/healthz")
    lans.get_by_role("button", name="Sign out").first.tap()
    expect(lans).to_have_url(re.compile("/session/new"))


def test_what_is_about_oneself_opens_without_a_signal(lans: Page, context: BrowserContext) -> None:
    context.set_offline(True)
    lans.goto("/")
    lans.get_by_role("navigation", name="Main").get_by_role("link", name="Me", exact=True).tap()
    expect(lans.get_by_role("heading", level=1)).to_have_text("Me")
    expect(lans.get_by_role("button", name="Sign out")).to_be_visible()


def test_a_lost_phone_forgets_what_it_keeps_at_its_next_word_with_us(
    lans: Page, live_server: LiveServer, lan: Actor
) -> None:
    with system_access_to(live_server.app, "her phone is lost"), writing():
        DeviceSession.end_all(lan.id, at=clock.now())
    lans.goto("/")
    expect(lans).to_have_url(re.compile("/session/new"))
    until(lambda: lans.evaluate(PACKED) == [], within=5)


def test_after_three_days_without_a_word_the_pages_are_gone_and_the_work_is_not(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Three days ago")
    unsent(lans, 1)
    lans.evaluate(LONG_AGO)
    lans.goto("/")
    expect(lans.get_by_text("This page is not on this phone")).to_be_visible()
    assert lans.evaluate(PACKED) == []
    context.set_offline(False)
    lans.goto("/")
    unsent(lans, 0)
    assert count(live_server, Note) == 1
