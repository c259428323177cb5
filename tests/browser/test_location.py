"""The notice about one's place, on the phone: read once, heeded by every page that could ask."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Geolocation, Page, expect
from sqlalchemy import delete, select

from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.db import db, writing
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.conftest import system_access_to

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]

AT_CO_BA = Geolocation(latitude=street.MARKET[0], longitude=street.MARKET[1] + 0.0011, accuracy=12)
A_VISIT = re.compile(r"/visits/[0-9a-f-]{36}$")
COUNT_LOOKS = """
  for (const name of ["getCurrentPosition", "watchPosition"]) {
    const look = Geolocation.prototype[name];
    Geolocation.prototype[name] = function (...how) {
      sessionStorage.setItem("looks", Number(sessionStorage.getItem("looks")) + 1);
      return look.apply(this, how);
    };
  }
"""


@pytest.fixture
def unasked(phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer) -> Hand:
    """Lan stands before her shop, and nobody has told her yet what is recorded."""
    page = phone_in_hand(lan)
    page.context.set_geolocation(AT_CO_BA)
    page.add_init_script(COUNT_LOOKS)
    with system_access_to(live_server.app, "nobody was asked"), writing():
        db.session.execute(delete(LocationAnswer))
    page.goto(_shop(live_server, street.NEAREST))
    return Hand(page)


def _shop(live_server: LiveServer, shop: street.Shop) -> str:
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(shop).id}"


def _looks(hand: Hand) -> int:
    return int(hand.page.evaluate("Number(sessionStorage.getItem('looks'))"))


def _visit(live_server: LiveServer) -> Visit:
    with system_access_to(live_server.app, "what was saved"):
        found = db.session.scalars(select(Visit).order_by(Visit.started_at.desc())).first()
        assert found
        db.session.expunge(found)
        return found


def test_lan_reads_the_notice_once_and_then_checks_in_with_two_taps(
    unasked: Hand, live_server: LiveServer, axe: Axe
) -> None:
    page = unasked.page
    unasked.tap(page.get_by_role("link", name="Check in"))
    expect(page.get_by_role("heading", name="Your place")).to_be_visible()
    for way in ("I agree", "Do not read my place"):
        expect(unasked.button(way)).to_be_in_viewport()
    assert axe(page) == []
    assert _looks(unasked) == 0
    unasked.tap(unasked.button("I agree"))
    unasked.tap(unasked.button(f"Check in {street.NEAREST.name}"))
    expect(page.get_by_text("On site")).to_be_visible()
    page.goto(_shop(live_server, street.LONG_NAMED))
    unasked.taps = 0
    unasked.tap(page.get_by_role("link", name="Check in"))
    unasked.tap(unasked.button(f"Check in {street.LONG_NAMED.name}"))
    expect(page).to_have_url(A_VISIT)
    assert unasked.taps == 2


def test_lan_refuses_and_no_page_ever_asks_her_phone(
    unasked: Hand, live_server: LiveServer, axe: Axe
) -> None:
    page = unasked.page
    unasked.tap(page.get_by_role("link", name="Check in"))
    unasked.tap(unasked.button("Do not read my place"))
    unasked.taps = 0
    unasked.tap(unasked.button(f"Check in {street.NEAREST.name}"))
    expect(page).to_have_url(A_VISIT)
    assert unasked.taps == 1
    expect(page.get_by_text("Location unproven")).to_be_visible()
    expect(page.get_by_text("No place shared.")).to_be_visible()
    assert axe(page) == []
    page.goto("/nearby")
    unasked.tap(page.get_by_role("link", name="Use my position"))
    expect(page.get_by_text("You refused")).to_be_visible()
    assert _looks(unasked) == 0
    saved = _visit(live_server)
    assert (saved.reason, saved.lat) == ("not_shared", None)


def test_lan_changes_her_mind_at_the_shop(unasked: Hand, live_server: LiveServer) -> None:
    page = unasked.page
    unasked.tap(page.get_by_role("link", name="Check in"))
    unasked.tap(unasked.button("Do not read my place"))
    unasked.tap(unasked.button(f"Check in {street.NEAREST.name}"))
    unasked.tap(page.get_by_role("link", name="Change what you share"))
    unasked.tap(unasked.button("I agree"))
    expect(page).to_have_url(A_VISIT)
    unasked.tap(unasked.button("Find my position"))
    expect(page.get_by_text("On site")).to_be_visible()
    assert _visit(live_server).verdict == "on_site"
