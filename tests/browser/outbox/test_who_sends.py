"""F12, F13: lost answers, sessions that are over, other people, other tabs and phones."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, expect
from sqlalchemy import update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.notes.models import Note
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    PhoneInHand,
    count,
    notes,
    out_of_reach,
    ready,
    unsent,
    write,
)
from tests.conftest import device_token, system_access_to
from tests.supervisor.product import until


def test_an_answer_that_is_lost_doubles_nothing(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    def swallow(route: Any) -> None:
        with suppress(Error):  # the page may be gone before its answer is
            route.fetch(max_redirects=0)
            route.abort()

    context.route("**/notes", swallow)
    write(lans, co_ba, "Once")
    until(lambda: count(live_server, Note) == 1, within=10)
    unsent(lans, 1)
    context.unroute("**/notes")
    lans.goto("/")
    unsent(lans, 0)
    assert count(live_server, Note) == 1


def test_a_session_that_expired_holds_everything_until_she_is_back(
    lans: Page,
    context: BrowserContext,
    live_server: LiveServer,
    co_ba: str,
    lan: Actor,
    phone_in_hand: PhoneInHand,
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Before the session was over")
    unsent(lans, 1)
    with system_access_to(live_server.app, "time goes by"), writing():
        db.session.execute(update(DeviceSession).values(seen_at=clock.now() - timedelta(days=400)))
    context.set_offline(False)
    lans.goto("/outbox")
    expect(lans).to_have_url(re.compile("/session/new"))
    assert count(live_server, Note) == 0
    page = phone_in_hand(lan)
    page.goto("/")
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "Before the session was over")]


def test_nothing_goes_out_under_another_name(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor, hung: Actor,
    phone_in_hand: PhoneInHand,
) -> None:  # fmt: skip
    with out_of_reach(context, "**/notes"):
        write(lans, co_ba, "Lan's own")
        unsent(lans, 1)
        phone_in_hand(hung)
    # Her page is still open while he is signed in beside it.
    lans.evaluate("dispatchEvent(new Event('online'))")
    lans.wait_for_timeout(800)
    unsent(lans, 1)
    assert notes(live_server) == []
    lans.goto("/outbox")
    unsent(lans, 0)
    expect(lans.get_by_text("Somebody else's work waits on this phone, too.")).to_be_visible()
    assert notes(live_server) == []
    phone_in_hand(lan)
    lans.goto("/outbox")
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Lan's own")]


def test_two_tabs_send_each_once_and_in_order(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    context.set_offline(True)
    other = context.new_page()
    other.goto("/")
    for number in range(4):
        write(lans, co_ba, f"Note {number}")
        unsent(lans, number + 1)
    unsent(other, 4)
    context.set_offline(False)
    unsent(other, 0)
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, f"Note {number}") for number in range(4)]


def test_two_phones_of_hers_each_bring_their_own(
    lans: Page, new_context: Callable[..., BrowserContext], live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    second = new_context()
    second.add_cookies(
        [{"name": "session", "value": device_token(live_server.app, lan), "url": live_server.url}]
    )
    other = ready(second.new_page())
    for phone, words in ((lans, "From the first"), (other, "From the second")):
        phone.context.set_offline(True)
        write(phone, co_ba, words)
        unsent(phone, 1)
    for phone in (lans, other):
        phone.context.set_offline(False)
        unsent(phone, 0)
    assert sorted(text for _name, text in notes(live_server)) == ["From the first", "From the second"]
