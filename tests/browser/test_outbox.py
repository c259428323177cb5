"""Without a signal: what is done is kept on the phone, shown there, and delivered once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select

from crmweb.accounts.actor import Actor
from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.conftest import system_access_to
from tests.supervisor.product import until

PhoneInHand = Callable[[Actor], Page]
A_VISIT = re.compile(r"/visits/[0-9a-f-]{36}$")
PACKED = """async () => {
  const names = await caches.keys();
  const shelf = names.find((name) => name.startsWith("pages-"));
  return shelf ? (await (await caches.open(shelf)).keys()).map(({ url }) => new URL(url).pathname) : [];
}"""
"""What lies on the phone."""


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "service_workers": "allow"}


@pytest.fixture
def lans(phone_in_hand: PhoneInHand, lan: Actor) -> Page:
    """Lan's phone, after one visit to Today: the worker is there, and the pack."""
    page = phone_in_hand(lan)
    page.goto("/")
    until(lambda: "/outbox" in page.evaluate(PACKED), within=20)
    return page


def count(live_server: LiveServer, model: type[Any]) -> int:
    with system_access_to(live_server.app, "how many there are"):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def nearest(live_server: LiveServer) -> str:
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}"


def unsent(page: Page, many: int) -> None:
    expect(page.locator("#outbox-count")).to_have_text(str(many))


# --- a morning in airplane mode -----------------------------------------------------------------------


def test_a_check_in_without_a_signal_is_two_taps_and_arrives_once(
    lans: Page, context: BrowserContext, live_server: LiveServer, complaints: list[str]
) -> None:
    hand = Hand(lans)
    context.set_offline(True)
    lans.goto(nearest(live_server))
    expect(lans.get_by_role("heading", level=1)).to_have_text(street.NEAREST.name)
    hand.tap(lans.get_by_role("link", name="Check in"))
    hand.tap(hand.button(f"Check in {street.NEAREST.name}"))
    assert hand.taps == 2
    expect(lans).to_have_url(A_VISIT)
    expect(lans.get_by_text("Saved on this phone").first).to_be_visible()
    unsent(lans, 1)
    assert count(live_server, Visit) == 0
    complaints.clear()
    context.set_offline(False)
    unsent(lans, 0)
    until(lambda: count(live_server, Visit) == 1, within=10)


def test_a_note_survives_the_page_and_goes_out_when_the_signal_is_back(
    lans: Page, context: BrowserContext, live_server: LiveServer, complaints: list[str]
) -> None:
    lans.goto(f"{nearest(live_server)}/notes/new")
    context.set_offline(True)
    lans.keyboard.type("Wants 20 boxes")
    lans.get_by_role("button", name="Save").tap()
    unsent(lans, 1)
    lans.goto("/outbox")
    expect(lans.get_by_text("“Wants 20 boxes”")).to_be_visible()
    lans.close()
    page = context.new_page()
    page.goto("/")
    unsent(page, 1)
    context.set_offline(False)
    unsent(page, 0)
    assert count(live_server, Note) == 1
    complaints.clear()
