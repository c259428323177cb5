"""A morning in airplane mode: what is done is kept on the phone, shown there, and delivered once."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.routes.plans import Day
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.browser.outbox.phone import (
    A_VISIT,
    PhoneInHand,
    count,
    ready,
    unsent,
    write,
)
from tests.conftest import system_access_to


def test_a_check_in_without_a_signal_is_two_taps_and_arrives_once(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    hand = Hand(lans)
    context.set_offline(True)
    lans.goto(co_ba)
    expect(lans.get_by_role("heading", level=1)).to_have_text(street.NEAREST.name)
    hand.tap(lans.get_by_role("link", name="Check in"))
    hand.tap(hand.button(f"Check in {street.NEAREST.name}"))
    assert hand.taps == 2
    expect(lans).to_have_url(A_VISIT)
    expect(lans.get_by_text("Saved on this phone").first).to_be_visible()
    assert count(live_server, Visit) == 0
    context.set_offline(False)
    unsent(lans, 0)
    assert count(live_server, Visit) == 1
    expect(lans.locator("[data-verdict=on_site]")).to_be_visible(timeout=15_000)


def test_whoever_checks_in_once_more_where_they_are_finds_their_visit(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    begun = lans.locator("article[id^=visit-]").get_attribute("id")
    lans.goto(co_ba)
    lans.get_by_role("link", name="Check in").tap()
    expect(lans.locator(f"#{begun}")).to_contain_text("Visiting now")
    context.set_offline(False)
    unsent(lans, 0)
    assert count(live_server, Visit) == 1


def test_the_whole_visit_without_a_signal_comes_as_it_happened(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    visit = lans.url
    unsent(lans, 2)  # the place has come, too
    lans.goto("/")
    now = lans.get_by_role("region", name="Open visit")
    expect(now.get_by_role("link", name=street.NEAREST.name)).to_have_attribute("href", urlsplit(visit).path)
    now.get_by_role("link", name="Finish").tap()
    lans.get_by_role("button", name="Interested").tap()
    expect(lans.get_by_text("Saved on this phone").first).to_be_visible()
    lans.goto("/")
    expect(lans.get_by_text("Visited, saved on this phone").first).to_be_visible()
    expect(now).to_have_count(0)
    lans.goto("/outbox")
    expect(lans.locator(".outgoing > li")).to_have_count(3)
    expect(lans.get_by_text("Goes after what it belongs to")).to_have_count(2)
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        came = db.session.scalars(select(Visit)).one()
        assert (came.outcome, came.verdict) == ("interested", "on_site")
        assert came.ended_at is not None
        assert came.client_at is not None
    expect(lans.get_by_role("heading", name="Sent lately")).to_be_visible()


def test_the_plan_of_the_day_counts_what_was_done_without_a_signal(
    phone_in_hand: PhoneInHand, context: BrowserContext, live_server: LiveServer, lan: Actor, co_ba: str
) -> None:
    with system_access_to(live_server.app, "planning her day"), writing():
        for shop in (street.NEAREST, street.DUE_TODAY, street.LONG_NAMED):
            Day(lan.id, lan.today(clock.now())).add(street.customer(shop).id, at=clock.now())
    page = ready(phone_in_hand(lan))
    plan = page.locator("#plan")
    expect(plan.get_by_role("heading")).to_have_text("3 stops left")
    context.set_offline(True)
    page.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    page.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(page).to_have_url(A_VISIT)
    page.goto("/")
    expect(plan.get_by_role("heading")).to_have_text("2 stops left")
    expect(plan.get_by_role("img", name="1 of 3 stops done")).to_be_visible()
    expect(plan.locator(".route > li").last).to_contain_text("Visited, saved on this phone")
    expect(plan.locator(".route > .next")).to_have_count(1)
    expect(plan.locator(".route > li").first).to_have_class("next")
    expect(plan.locator(".route > .next")).to_contain_text(street.DUE_TODAY.name)
    context.set_offline(False)
    unsent(page, 0)


def test_a_result_said_without_a_signal_shows_where_the_visit_was_open(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    """Checked in with a signal, finished without one: the page that was kept would still say *visiting now*."""
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans.locator("[data-verdict=on_site]")).to_be_visible(timeout=15_000)
    visit = lans.url
    context.set_offline(True)
    lans.goto(f"{visit}/finish")
    lans.get_by_role("button", name="Interested").tap()
    expect(lans.get_by_text("Saved on this phone").first).to_be_visible()
    expect(lans.get_by_text("Visiting now")).to_have_count(0)
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        assert db.session.scalars(select(Visit)).one().outcome == "interested"


def test_a_note_survives_the_page_and_goes_out_when_the_signal_is_back(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Wants 20 boxes")
    unsent(lans, 1)
    expect(lans.locator("#waits-here")).to_contain_text("“Wants 20 boxes”")
    lans.goto("/outbox")
    expect(lans.get_by_text("“Wants 20 boxes”")).to_be_visible()
    lans.close()
    page = context.new_page()
    page.goto("/")
    unsent(page, 1)
    context.set_offline(False)
    unsent(page, 0)
    assert count(live_server, Note) == 1


def test_a_reminder_ticked_without_a_signal_is_done_when_it_is_back(
    lans: Page, context: BrowserContext, live_server: LiveServer, lan: Actor
) -> None:
    with system_access_to(live_server.app, "something to do"), writing():
        due = clock.now() + timedelta(hours=1)
        made = Reminder.remind("Call Minh", due_at=due, by=lan, at=clock.now()).id
    lans.goto("/reminders")
    context.set_offline(True)
    lans.locator(f"#reminder-{made} form button").first.tap()
    expect(lans.locator("#toasts")).to_contain_text("Saved on this phone")
    unsent(lans, 1)
    lans.goto("/outbox")
    row = lans.locator(".outgoing > li")
    expect(row.get_by_text("Reminder done · Call Minh")).to_be_visible()
    row.locator("summary").tap()
    expect(row.get_by_role("button", name="Give up")).to_be_visible()
    expect(row.get_by_role("link", name="Edit")).to_have_count(0)  # there is nothing to mend in a tick
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        assert db.session.get_one(Reminder, made).done_at is not None


def test_what_cannot_wait_on_the_phone_says_so_and_keeps_what_was_typed(
    lans: Page, context: BrowserContext, co_ba: str
) -> None:
    lans.goto(f"{co_ba}/contacts/new")
    context.set_offline(True)
    lans.get_by_label("Name", exact=True).fill("Trần Văn Tư")
    lans.get_by_role("button", name="Save").tap()
    expect(lans.get_by_text("This needs a signal. Nothing was changed")).to_be_visible()
    expect(lans.get_by_label("Name", exact=True)).to_have_value("Trần Văn Tư")
    context.set_offline(False)
    lans.get_by_role("button", name="Save").tap()
    expect(lans.get_by_role("link", name="Trần Văn Tư").first).to_be_visible()


def test_a_new_customer_without_a_signal_has_a_page_and_a_name_before_they_are_sent(
    lans: Page, context: BrowserContext, live_server: LiveServer
) -> None:
    context.set_offline(True)
    lans.goto("/customers/new/here")
    lans.get_by_label("Name", exact=True).fill("Corner stall")
    lans.get_by_text("Grocery").tap()
    lans.get_by_label("Phone").fill("0905 123 456")
    lans.get_by_role("button", name="Save new lead").tap()
    expect(lans.get_by_role("heading", level=1)).to_have_text("Corner stall")
    expect(lans.get_by_text("grocery · 0905 123 456")).to_be_visible()
    expect(lans.locator("#waits-here")).to_contain_text("Saved on this phone")
    lans.goto("/outbox")
    expect(lans.get_by_text("New customer · Corner stall")).to_be_visible()
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        assert db.session.scalar(select(Customer.name).where(Customer.name == "Corner stall"))
