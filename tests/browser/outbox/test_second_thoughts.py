"""People tap twice, and mend what they did: it stays one act, done when it was done."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from playwright.sync_api import BrowserContext, FilePayload, Page, expect
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.db import db
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    A_VISIT,
    notes,
    unsent,
)
from tests.conftest import system_access_to
from tests.visits import photos

TAPPED_UNTIL_IT_GOES = "button => void setInterval(() => button.click(), 1)"


def test_a_thumb_that_taps_on_until_the_page_goes_saves_once(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    context.set_offline(True)
    lans.goto(f"{co_ba}/notes/new")
    lans.get_by_label("Note", exact=True).fill("Once")
    lans.get_by_role("button", name="Save").evaluate(TAPPED_UNTIL_IT_GOES)
    expect(lans).to_have_url(re.compile(f"{co_ba}$"))
    expect(lans.locator("#waits-here").get_by_text("“Once”")).to_have_count(1)
    unsent(lans, 1)
    context.set_offline(False)
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Once")]


def test_what_is_mended_in_the_outbox_was_done_when_it_was_done(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    """A check-in and its result, both touched again in the evening, are no visit of the evening."""
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 2)
    lans.goto(f"{lans.url}/finish")
    lans.get_by_role("button", name="Interested").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 3)
    done = datetime.now(UTC)
    lans.wait_for_timeout(1_100)
    for what, button in (("Result ·", "Order taken"), ("Check-in ·", f"Check in {street.NEAREST.name}")):
        lans.goto("/outbox")
        row = lans.locator(".outgoing > li").filter(has=lans.get_by_text(what))
        row.locator("summary").tap()
        row.get_by_role("link", name="Edit").tap()
        lans.get_by_role("button", name=button).tap()
        expect(lans).to_have_url(A_VISIT)
        unsent(lans, 3)
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        visit = db.session.scalars(select(Visit)).one()
        assert (visit.outcome, visit.verdict) == ("order_taken", "on_site")
        assert visit.client_at is not None
        assert visit.ended_at is not None
        assert visit.client_at <= visit.ended_at <= done


def test_a_check_in_without_a_result_is_mended_on_its_sheet(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 2)
    lans.goto("/outbox")
    row = lans.locator(".outgoing > li").filter(has=lans.get_by_text("Check-in ·"))
    row.locator("summary").tap()
    row.get_by_role("link", name="Edit").tap()
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 3)  # its place is read once more; the first that arrives counts
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        assert db.session.scalars(select(Visit)).one().verdict == "on_site"


def test_a_photo_that_waits_is_seen_whenever_its_visit_is_looked_at(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    """Or it would be taken once more."""
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    picture: FilePayload = {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": photos.photo(800, 600)}
    lans.locator("photo-field input[type=file]").set_input_files(picture)
    waiting = lans.get_by_role("img", name="Photo on this phone, not sent yet")
    expect(waiting).to_have_count(1)
    lans.reload()
    expect(waiting).to_have_count(1)
    context.set_offline(False)
    unsent(lans, 0)
    expect(lans.get_by_role("img", name="Photo 1, taken")).to_be_visible(timeout=15_000)
    expect(waiting).to_have_count(0)
