"""F17: a server that is gone, silent or not ours is no signal either; nothing is taken for saved."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from crmweb.accounts.actor import Actor
from crmweb.notes.models import Note
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    PhoneInHand,
    Server,
    count,
    notes,
    ready,
    unsent,
    write,
)
from tests.supervisor.product import until


@pytest.mark.parametrize("sync", [True, False], ids=["with Background Sync", "as on iOS"])
def test_a_server_that_is_gone_is_no_signal_either(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, server: Server, co_ba: str, sync: bool
) -> None:
    page = phone_in_hand(lan)
    ready(page, server.url, sync=sync)
    server.stop()
    write(page, f"{server.url}{co_ba}", "While it was down")
    assert page.evaluate("navigator.onLine")
    unsent(page, 1)
    server.start()
    page.goto(server.url)
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "While it was down")]


def test_a_page_that_does_not_come_is_shown_as_it_was(
    phone_in_hand: PhoneInHand, lan: Actor, server: Server, co_ba: str
) -> None:
    """The server takes the call and says nothing: bars on the phone, and no way."""
    page = ready(phone_in_hand(lan), server.url)
    page.goto(f"{server.url}{co_ba}")
    server.stop()
    with server.silent():
        page.goto(server.url, timeout=9_000)
        expect(page.get_by_text("No signal. Everything still saves on this phone.")).to_be_visible()
        expect(page.get_by_text(re.compile(r"^As of \d\d:\d\d\.$"))).to_be_visible()
        page.goto(f"{server.url}{co_ba}", timeout=9_000)
        expect(page.get_by_role("heading", level=1)).to_have_text(street.NEAREST.name)
    server.start()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<h1>Welcome to our hotel</h1>", "content_type": "text/html"},
        {"status": 302, "headers": {"Location": "/session/new"}},
        {"status": 503, "headers": {"Retry-After": "1"}, "body": ""},
        {"status": 404, "body": "<h1>Not here</h1>", "content_type": "text/html"},
    ],
    ids=["a hotel", "a redirect", "busy", "somebody else's 404"],
)
def test_an_answer_that_names_no_key_takes_nothing_away(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, answer: dict[str, Any]
) -> None:
    context.route("**/notes", lambda route: route.fulfill(**answer))
    write(lans, co_ba, "Taken by nobody")
    unsent(lans, 1)
    context.unroute("**/notes")
    lans.wait_for_timeout(1_100)
    lans.goto("/")
    until(lambda: count(live_server, Note) == 1, within=20)
    unsent(lans, 0)


def test_what_failed_at_our_side_is_not_called_on_its_way(
    lans: Page, context: BrowserContext, co_ba: str, complaints: list[str]
) -> None:
    """It waits, for minutes in the end, and whoever looks must not wait beside it."""
    context.route("**/notes", lambda route: route.fulfill(status=500, body=""))
    write(lans, co_ba, "Fails for now")
    lans.goto("/outbox")
    lans.locator(".outgoing summary").tap()
    with lans.expect_response("**/notes"):
        lans.get_by_role("button", name="Send now").tap()
    expect(lans.get_by_text("The server was busy; it is tried again by itself")).to_be_visible()
    expect(lans.locator("[data-saved]")).to_have_attribute("data-state", "waiting")
    complaints[:] = [said for said in complaints if "status of 500" not in said]
