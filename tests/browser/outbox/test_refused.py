"""F14: what the server refuses is shown, mended or given up, and holds nothing else up."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import BrowserContext, Page, expect

from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.outbox.models import OutboxWrite
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    A_VISIT,
    count,
    notes,
    unsent,
    write,
)
from tests.conftest import system_access_to
from tests.supervisor.product import until

TRIES = """(person) => new Promise((done) => {
  indexedDB.open(`outbox-${person}`).onsuccess = ({ target }) => {
    target.result.transaction("items").objectStore("items").getAll().onsuccess = (all) => {
      target.result.close();
      done(all.target.result[0].tries);
    };
  };
})"""
"""How often the first that waits was tried."""


def test_what_is_refused_is_shown_and_mended_while_the_others_go(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    context.set_offline(True)
    for words in ("First", "x" * 10_001, "Third"):
        write(lans, co_ba, words)
    unsent(lans, 3)
    lans.goto("/outbox")
    context.set_offline(False)
    unsent(lans, 1)
    expect(lans.get_by_role("heading", name="To send")).to_be_hidden(timeout=15_000)
    assert notes(live_server) == [(lan.name, "First"), (lan.name, "Third")]
    expect(lans.get_by_text("10001 characters are too many")).to_be_visible()
    lans.get_by_role("link", name="Edit and send").tap()
    field = lans.get_by_label("Note", exact=True)
    expect(field).to_have_value("x" * 10_001)
    field.fill("Second, but shorter")
    lans.get_by_role("button", name="Save").tap()
    unsent(lans, 0)
    assert (lan.name, "Second, but shorter") in notes(live_server)


def test_what_a_form_says_at_once_is_put_right_there_and_nobody_decides_on_it_later(
    lans: Page, live_server: LiveServer, co_ba: str, lan: Actor, complaints: list[str]
) -> None:
    lans.goto(f"{co_ba}/notes/new")
    lans.get_by_label("Note", exact=True).fill("x" * 10_001)
    lans.get_by_role("button", name="Save").tap()
    expect(lans.locator(".error, [role=alert]").first).to_contain_text("10001 characters are too many")
    field = lans.get_by_label("Note", exact=True)
    field.fill("Shorter")
    lans.get_by_role("button", name="Save").tap()
    lans.wait_for_url(f"**{co_ba}")
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Shorter")]
    lans.goto("/outbox")
    expect(lans.get_by_role("heading", name="Could not be done")).to_have_count(0)
    with system_access_to(live_server.app, "nothing is left to decide"):
        assert OutboxWrite.count() == 0
    assert all("status of 422" in said for said in complaints)
    complaints.clear()


def test_a_newcomer_who_waited_in_the_phone_is_taken_though_somebody_has_their_name(
    lans: Page, context: BrowserContext, live_server: LiveServer
) -> None:
    """Nobody stands before the screen any more who could be asked whether it is the same one."""
    lans.goto("/customers/new/here")
    context.set_offline(True)
    lans.get_by_label("Name", exact=True).fill(street.NEAREST.name)
    lans.locator("input[name=lat]").evaluate("(field, at) => { field.value = at; }", str(street.MARKET[0]))
    lans.locator("input[name=lng]").evaluate("(field, at) => { field.value = at; }", str(street.MARKET[1]))
    before = count(live_server, Customer)
    lans.get_by_role("button", name="Save new lead").tap()
    unsent(lans, 1)
    context.set_offline(False)
    unsent(lans, 0)
    assert count(live_server, Customer) == before + 1


def test_the_head_counts_what_is_to_be_looked_at_by_itself(
    lans: Page, context: BrowserContext, co_ba: str
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "x" * 10_001)
    lans.goto("/")
    context.set_offline(False)
    expect(lans.get_by_role("link", name="1 for you to look at", exact=True)).to_be_visible(timeout=15_000)
    context.set_offline(True)
    write(lans, co_ba, "Waits for a signal alone")
    lans.goto("/outbox")
    expect(lans.locator(".outgoing > li")).to_have_count(1)
    expect(lans.get_by_role("link", name="1 for you to look at", exact=True)).to_be_visible()


def test_giving_up_is_said_in_words_and_can_be_thought_better_of(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Never mind")
    unsent(lans, 1)
    lans.goto("/outbox")
    lans.locator(".outgoing summary").tap()
    lans.get_by_role("button", name="Give up", exact=True).tap()
    lans.get_by_role("button", name="Keep it").tap()
    unsent(lans, 1)
    lans.get_by_role("button", name="Give up", exact=True).tap()
    lans.get_by_role("button", name="Give up, do not send").tap()
    unsent(lans, 0)
    context.set_offline(False)
    lans.goto("/")
    unsent(lans, 0)
    assert count(live_server, Note) == 0


def test_what_breaks_the_server_again_and_again_is_seen_by_an_admin_and_still_goes(
    lans: Page,
    context: BrowserContext,
    live_server: LiveServer,
    co_ba: str,
    lan: Actor,
    complaints: list[str],
) -> None:
    context.route("**/notes", lambda route: route.fulfill(status=500, body=""))
    write(lans, co_ba, "Breaks it")
    lans.goto("/outbox")
    lans.locator(".outgoing summary").tap()
    for tries in range(2, 6):
        lans.get_by_role("button", name="Send now").tap()
        until(partial(_was_tried, lans, lan, tries), within=10)
    expect(lans.get_by_text("Your admin sees a copy")).to_be_visible()
    with system_access_to(live_server.app, "what an admin sees"):
        copy = db.session.scalars(OutboxWrite.in_quarantine()).one()
        assert (copy.person_id, copy.status, copy.field("text")) == (lan.id, 500, "Breaks it")
    assert all("status of 500" in said for said in complaints)
    complaints.clear()
    context.unroute("**/notes")
    lans.get_by_role("button", name="Send now").tap()
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Breaks it")]
    with system_access_to(live_server.app, "nothing is left to decide"):
        assert OutboxWrite.count() == 0


def _was_tried(page: Page, who: Actor, times: int) -> bool:
    return int(page.evaluate(TRIES, str(who.id))) >= times


def test_what_belongs_to_a_check_in_that_is_given_up_goes_with_it_and_that_is_said(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    """Left alone, its result would lie at the server and wait for a visit that never comes."""
    context.set_offline(True)
    write(lans, co_ba, "Wants 20 boxes")
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 3)
    lans.goto(f"{lans.url}/finish")
    lans.get_by_role("button", name="Interested").tap()
    expect(lans).to_have_url(A_VISIT)
    unsent(lans, 4)
    lans.goto("/outbox")
    row = lans.locator(".outgoing > li").filter(has=lans.get_by_text("Check-in ·"))
    row.locator("summary").tap()
    row.get_by_role("button", name="Give up", exact=True).tap()
    dialog = lans.get_by_role("dialog", name="Give this up?")
    expect(dialog.get_by_text("What belongs to it goes with it:")).to_be_visible()
    expect(dialog.get_by_role("listitem")).to_contain_text(["Position", "Result"])
    lans.get_by_role("button", name="Give up, do not send").tap()
    unsent(lans, 1)
    context.set_offline(False)
    unsent(lans, 0)
    assert [text for _name, text in notes(live_server)] == ["Wants 20 boxes"]
    assert (count(live_server, Visit), count(live_server, OutboxWrite)) == (0, 0)
