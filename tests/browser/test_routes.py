"""Lan lays a route with her thumb; Mai hands it over when Lan is ill."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from playwright.sync_api import Locator, Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import writing
from crmweb.routes.models import Route
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.conftest import device_token, system_access_to

PhoneInHand = Callable[[Actor], Page]

ONE, TWO, THREE = street.NEAREST.name, street.DUE_TODAY.name, street.LONG_NAMED.name


@pytest.fixture
def route_of_lan(app: Flask, lan: Actor) -> str:
    """A route of every day through her nearest shop and another; the id of the shop."""
    with system_access_to(app, "laying a route"), writing():
        through = [street.customer(shop) for shop in (street.NEAREST, street.DUE_TODAY)]
        Route.lay(lan, weekdays=127, at=clock.now(), customers=through)
        return str(through[0].id)


def _stops(page: Page) -> Locator:
    return page.locator("#stops li .name")


def _drag(page: Page, handle: Locator, onto: Locator) -> None:
    """With a mouse, which sends the same pointer events as a thumb."""
    start, end = handle.bounding_box(), onto.bounding_box()
    assert start is not None
    assert end is not None
    page.mouse.move(start["x"] + 20, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 20, end["y"] + 10, steps=8)
    page.mouse.move(start["x"] + 20, end["y"] + 2, steps=2)
    page.mouse.up()


def test_lan_lays_a_monday_route_and_puts_it_in_order(
    phone_in_hand: PhoneInHand, lan: Actor, axe: Callable[[Page], list[str]]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/settings")
    page.get_by_role("link", name="Routes").tap()
    page.get_by_text("Mon", exact=True).last.tap()
    page.get_by_role("button", name="Lay this route").tap()
    expect(page.get_by_role("heading", name="Monday")).to_be_visible()
    for name in (ONE, TWO):
        page.get_by_role("button", name=f"Add {name}").tap()
        expect(_stops(page).last).to_have_text(name)
    search = page.get_by_role("searchbox")
    search.press_sequentially("phuoc")
    page.get_by_role("button", name=f"Add {THREE}").tap()
    expect(_stops(page)).to_have_text([ONE, TWO, THREE])

    page.get_by_role("button", name=f"Earlier: {TWO}").tap()
    expect(_stops(page)).to_have_text([TWO, ONE, THREE])
    handles = page.locator("#stops .handle")
    _drag(page, handles.nth(2), page.locator("#stops li").nth(0))
    expect(_stops(page)).to_have_text([THREE, TWO, ONE])
    expect(handles.nth(0)).to_have_text("1")  # the server's answer
    handles.nth(0).focus()
    page.keyboard.press("ArrowDown")
    expect(_stops(page)).to_have_text([TWO, THREE, ONE])
    expect(page.locator("#stops li").nth(1).locator(".handle")).to_have_text("2")
    page.reload()
    expect(_stops(page)).to_have_text([TWO, THREE, ONE])
    assert axe(page) == []

    page.get_by_role("button", name=f"Take off the route: {THREE}").tap()
    expect(_stops(page)).to_have_text([TWO, ONE])
    page.get_by_role("button", name="Undo").tap()
    expect(_stops(page)).to_have_text([TWO, THREE, ONE])
    page.get_by_role("link", name="Back").tap()
    expect(page.locator("#week")).to_contain_text("3 stops")
    assert axe(page) == []


def test_mai_covers_lans_route_in_six_taps(
    phone_in_hand: PhoneInHand,
    mai: Actor,
    lan: Actor,
    hung: Actor,
    route_of_lan: str,
    axe: Callable[[Page], list[str]],
) -> None:
    page, taps = phone_in_hand(mai), 0

    def tap(what: Locator) -> None:
        nonlocal taps
        taps += 1
        what.tap()

    page.goto("/routes")
    tap(page.get_by_role("button", name="Your team"))
    tap(page.get_by_role("link", name=lan.name))
    tap(page.get_by_text("Hand over for some days"))
    tap(page.get_by_text("Today and tomorrow"))
    tap(page.locator("#hand-over").get_by_text(hung.name))
    assert axe(page) == []
    tap(page.get_by_role("button", name="Hand over", exact=True))
    expect(page.locator("#covers")).to_contain_text(f"{hung.name} goes instead")
    assert taps <= 6
    page.goto(f"/customers/{route_of_lan}")
    expect(page.locator("#people")).to_contain_text("stands in for Lan")
    page.goto(f"/routes?person={lan.id}")
    page.get_by_role("button", name=f"End for {hung.name}").tap()
    expect(page.locator("#covers")).to_have_count(0)


@pytest.mark.usefixtures("route_of_lan")
def test_mai_covers_a_rep_who_is_ill_this_morning_from_team_day(
    phone_in_hand: PhoneInHand, mai: Actor, lan: Actor, hung: Actor, live_server: LiveServer,
    axe: Callable[[Page], list[str]],
) -> None:  # fmt: skip
    """At most six taps from Team day; the stand-in finds it on Today."""
    page = phone_in_hand(mai)
    hand = Hand(page)
    page.goto("/team")
    hand.tap(hand.link(lan.name))
    expect(page.get_by_role("heading", name=lan.name)).to_be_visible()
    assert axe(page) == []
    hand.tap(hand.link("Cover"))
    hand.tap(page.locator("#hand-over").get_by_text(hung.name))
    hand.tap(hand.button("Hand over"))
    expect(page.locator("#covers")).to_contain_text(f"{hung.name} goes instead")
    assert hand.taps <= 6
    page.goto("/team")
    expect(page.locator(f"#user-{lan.id}")).to_contain_text(f"{hung.name} goes instead")
    cookie = {"name": "session", "value": device_token(live_server.app, hung), "url": live_server.url}
    page.context.add_cookies([cookie])  # type: ignore[list-item]
    page.goto("/")
    for name in (ONE, TWO):
        expect(page.get_by_role("main")).to_contain_text(name)


@pytest.mark.usefixtures("route_of_lan")
def test_lan_drags_the_stops_of_today(
    phone_in_hand: PhoneInHand, lan: Actor, axe: Callable[[Page], list[str]]
) -> None:
    page = phone_in_hand(lan)
    page.goto("/")
    page.get_by_role("link", name="Change", exact=True).tap()
    names, handles = page.locator("#order .name"), page.locator("#order .handle")
    expect(names).to_have_text([ONE, TWO])
    for expected in ([TWO, ONE], [ONE, TWO]):  # what the server sends can be dragged again
        _drag(page, handles.nth(1), page.locator("#order li").nth(0))
        expect(names).to_have_text(expected)
        expect(handles.nth(0)).to_have_text("1")
    page.get_by_role("button", name=f"Later: {ONE}").tap()
    expect(names).to_have_text([TWO, ONE])
    assert axe(page) == []
    page.get_by_role("button", name=f"Take out: {ONE}").tap()
    expect(names).to_have_text([TWO])
    page.get_by_role("button", name="Undo").tap()
    expect(names).to_have_text([TWO, ONE])
