"""The day from above and looked back on: Mai looks at the doubtful, Lan answers, and sends her day as a text."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Browser, Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.geo import Point
from crmweb.routes.models import Route
from crmweb.visits.models import Visit
from crmweb.visits.verdicts import Fix
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.test_every_screen import LAPTOP, LAYOUT
from tests.conftest import device_token, system_access_to

PhoneInHand = Callable[[Actor], Page]
Axe = Callable[..., list[str]]
Day = dict[str, uuid.UUID]


def _between_visits(lan: Actor) -> timedelta:
    """Eight minutes, but so that all of a day's five fit after midnight: who runs this may be up late."""
    now = clock.now().astimezone(lan.tzinfo)
    return min(timedelta(minutes=8), (now - now.replace(hour=0, minute=0, second=0, microsecond=0)) / 6)


@pytest.fixture
def day(app: Flask, lan: Actor) -> Day:
    """Lan runs her route today: on site, 420 m away, without a position, and a shut door."""
    with system_access_to(app, "a day of Lan's"), writing():
        shops = [street.customer(each) for each in (street.NEAREST, street.DUE_TODAY, *street.FURTHER[:10])]
        route = Route.lay(
            db.session.get_one(User, lan.id),
            weekdays=0b1111111,
            at=clock.now() - timedelta(days=9),
            customers=shops,
        )
        assert route.stops
        step, made = _between_visits(lan), {}
        begin = clock.now() - 5 * step
        for number, (name, metres) in enumerate([("on_site", 5), ("away", 420), ("lost", None), ("shut", 8)]):
            shop = shops[number]
            assert shop.lat is not None
            assert shop.lng is not None
            at = begin + number * step
            fix = metres and Fix(Point(shop.lat + metres / street.DEGREE_M, shop.lng), 14, at)
            kind = "closed" if name == "shut" else "in_person"
            why = "owner_away" if kind == "closed" else None
            visit = Visit.check_in(shop, by=lan, at=at, kind=kind, fix=fix or None, outcome=why)
            if kind != "closed":
                visit.finish("order_taken", by=lan, at=at + step * 0.75)
            made[name] = visit.id
        return made


def _story(page: Page, axe: Axe, day: Day, hers: Page) -> None:
    page.goto("/team")
    expect(page.get_by_role("row", name="Nguyễn Thị Lan")).to_contain_text("3/12")
    assert axe(page) == []
    assert page.evaluate(LAYOUT) == []
    page.goto("/review")
    assert axe(page) == []
    away, lost = (page.locator(f"#visit-{day[name]}") for name in ("away", "lost"))
    expect(away).to_contain_text("420 m")
    expect(lost).to_contain_text("has not told where it is")
    lost.get_by_role("button", name="Accept").click()
    expect(lost).to_contain_text("Accepted")
    away.get_by_text("Ask", exact=True).click()
    away.get_by_label("Your question").fill("Where was their store?")
    away.get_by_role("button", name="Send the question").click()
    expect(away).to_contain_text("was asked")
    assert axe(page) == []

    hers.goto(f"/visits/{day['away']}")
    expect(hers.locator("#review")).to_contain_text("Where was their store?")
    hers.get_by_label("Your words").fill("In lane 12, they moved the stock.")
    hers.get_by_role("button", name="Send", exact=True).click()
    expect(hers.locator("#toasts")).to_contain_text("Answered")
    page.goto("/review")
    expect(away).to_contain_text("In lane 12")
    away.get_by_role("button", name="Accept").click()
    away.get_by_role("button", name="Undo").click()
    expect(away.get_by_role("button", name="Accept")).to_be_visible()


@pytest.fixture
def lans_page(
    browser: Browser, browser_context_args: dict[str, object], live_server: LiveServer, lan: Actor
) -> Page:
    """Lan's own phone beside Mai's."""
    context = browser.new_context(**browser_context_args)  # type: ignore[arg-type]
    context.add_cookies(
        [{"name": "session", "value": device_token(live_server.app, lan), "url": live_server.url}]
    )
    return context.new_page()


def test_mai_accepts_one_and_asks_about_one_on_her_phone(
    phone_in_hand: PhoneInHand, mai: Actor, day: Day, axe: Axe, lans_page: Page
) -> None:
    _story(phone_in_hand(mai), axe, day, lans_page)


@pytest.mark.browser_context_args(**{**LAPTOP, "locale": "en-GB"})
def test_mai_accepts_one_and_asks_about_one_on_her_laptop(
    phone_in_hand: PhoneInHand, mai: Actor, day: Day, axe: Axe, lans_page: Page
) -> None:
    page = phone_in_hand(mai)
    page.goto("/")
    expect(page.get_by_role("link", name=re.compile(r"Review waiting for you: \d"))).to_be_visible()
    _story(page, axe, day, lans_page)


def _two_at_once(page: Page, day: Day) -> None:
    """Choose both, accept them, take it back."""
    page.goto("/review")
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(2)
    for number in range(2):
        boxes.nth(number).check()
    page.get_by_role("button", name="Accept what is chosen").click()
    for name in ("away", "lost"):
        expect(page.locator(f"#visit-{day[name]}")).to_have_count(0)
    toast = page.locator(".toast", has_text="2 check-ins accepted")
    toast.get_by_role("button", name="Undo").click()
    for name in ("away", "lost"):
        expect(page.locator(f"#visit-{day[name]}")).to_be_visible()


def test_mai_accepts_two_at_once_and_takes_them_back(
    phone_in_hand: PhoneInHand, mai: Actor, day: Day, axe: Axe
) -> None:
    page = phone_in_hand(mai)
    page.goto("/review")
    expect(page.get_by_role("button", name="Accept what is chosen")).to_be_hidden()
    page.get_by_role("checkbox").first.check()
    expect(page.get_by_role("button", name="Accept what is chosen")).to_be_in_viewport()
    _covers_nothing(page, "Accept what is chosen")
    assert axe(page) == []
    assert page.evaluate(LAYOUT) == []
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Accept what is chosen")).to_be_hidden()
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    _two_at_once(page, day)


def _covers_nothing(page: Page, act: str) -> None:
    """The act has the dock's place to itself, and all of the page can be read above it."""
    expect(page.get_by_role("navigation", name="Main")).to_be_hidden()
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    last = page.get_by_role("main").locator(":scope > *").last.bounding_box()
    bar = page.get_by_role("button", name=act).bounding_box()
    assert last
    assert bar
    assert last["y"] + last["height"] <= bar["y"]


@pytest.mark.browser_context_args(java_script_enabled=False)
def test_mai_accepts_two_at_once_without_script(phone_in_hand: PhoneInHand, mai: Actor, day: Day) -> None:
    _two_at_once(phone_in_hand(mai), day)


def test_what_repeats_opens_in_its_row(
    app: Flask, phone_in_hand: PhoneInHand, mai: Actor, lan: Actor, day: Day, axe: Axe
) -> None:
    with system_access_to(app, "two more without a place"), writing():
        for number, each in enumerate(street.FURTHER[4:6]):
            at = clock.now() - timedelta(minutes=12 - number)
            Visit.check_in(street.customer(each), by=lan, at=at).finish("order_taken", by=lan, at=at)
    page = phone_in_hand(mai)
    page.goto("/review")
    row = page.locator(".matter")
    expect(row).to_contain_text("3 check-ins")
    expect(page.locator(f"#visit-{day['lost']}")).to_be_hidden()
    row.get_by_text("Show each").click()
    expect(page.locator(f"#visit-{day['lost']}")).to_be_visible()
    assert axe(page) == []
    page.locator(f"#visit-{day['lost']}").get_by_role("button", name="Accept").click()
    expect(page.locator(f"#visit-{day['lost']}")).to_contain_text("Accepted")
    page.reload()
    page.locator(".matter").get_by_role("button", name="Accept all 2").click()
    expect(page.locator(".toast")).to_contain_text("2 check-ins accepted")
    expect(page.locator(".matter")).to_have_count(0)


def test_mai_hands_two_customers_over(
    phone_in_hand: PhoneInHand,
    mai: Actor,
    lan: Actor,
    hung: Actor,
    day: Day,
    axe: Axe,
    complaints: list[str],
) -> None:
    page = phone_in_hand(mai)
    page.goto(f"/team/{lan.id}")
    page.get_by_role("link", name="Hand customers over").click()
    assert axe(page) == []
    assert page.evaluate(LAYOUT) == []
    boxes = page.get_by_role("checkbox")
    many = boxes.count()
    for number in (0, 2):
        boxes.nth(number).check()
    _covers_nothing(page, "Hand over the chosen")
    page.locator("#handing").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Hand over the chosen").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose who gets them")
    expect(page.get_by_label("Who gets them")).to_have_attribute("aria-invalid", "true")
    assert [said for said in complaints if "422" not in said] == []
    complaints.clear()
    assert axe(page) == []
    page.get_by_label("Who gets them").select_option(label=hung.name)
    page.get_by_role("button", name="Hand over the chosen").click()
    expect(page.locator(".toast")).to_contain_text("2 customers handed over")
    expect(page.get_by_role("checkbox")).to_have_count(many - 2)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("checkbox")).to_have_count(many)


def test_lan_sends_her_day_as_a_text(phone_in_hand: PhoneInHand, lan: Actor, day: Day, axe: Axe) -> None:
    page = phone_in_hand(lan)
    page.add_init_script("navigator.share = async (what) => { window.shared = what }")
    page.goto("/settings")
    page.get_by_role("link", name="My day").click()
    page.get_by_role("button", name="Share as text").click()
    shared = page.evaluate("window.shared.text")
    assert "3 of 12 stops visited, 1 skipped (1 owner away)" in shared
    assert page.locator("dd.hero-num").first.inner_text() == "3"
    assert axe(page) == []
    page.get_by_role("link", name="Show them on the map").click()
    shared_points = page.locator("#points-list > li")
    expect(page.locator("map-view .pin")).to_have_count(shared_points.count())
    expect(page.locator("map-view path.leaflet-interactive")).to_have_count(0)
    assert page.evaluate(LAYOUT) == []


def test_where_nothing_can_be_shared_the_text_is_copied(
    phone_in_hand: PhoneInHand, lan: Actor, day: Day
) -> None:
    page = phone_in_hand(lan)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.add_init_script("delete Navigator.prototype.share")
    page.goto("/my-day")
    page.get_by_role("button", name="Share as text").click()
    expect(page.locator("share-text")).to_contain_text("Copied")
    assert "Order taken" in page.evaluate("navigator.clipboard.readText()")
