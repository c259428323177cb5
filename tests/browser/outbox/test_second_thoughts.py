"""People tap twice, and mend what they did: it stays one act, done when it was done."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Page, expect

from crmweb.accounts.actor import Actor
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import notes, unsent

TAPPED_UNTIL_IT_GOES = """button => new Promise((done) => {
  addEventListener("pagehide", done);
  setInterval(() => button.click(), 1);
})"""


def test_a_thumb_that_taps_on_until_the_page_goes_saves_once(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    context.set_offline(True)
    lans.goto(f"{co_ba}/notes/new")
    lans.get_by_label("Note", exact=True).fill("Once")
    with lans.expect_navigation():
        lans.get_by_role("button", name="Save").evaluate(f"button => void ({TAPPED_UNTIL_IT_GOES})(button)")
    expect(lans.locator("#waits-here").get_by_text("“Once”")).to_have_count(1)
    unsent(lans, 1)
    context.set_offline(False)
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Once")]
