"""A rep's first minute: in by a link, and who is near."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from playwright.sync_api import Page, expect

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from tests.browser.conftest import LiveServer

House = Callable[[], AbstractContextManager[None]]


def _link_for(person: Actor, house: House) -> str:
    with house(), writing():
        return OneTimeLink.issue(db.session.get_one(User, person.id), at=clock.now())


def test_lan_comes_in_by_her_link_with_one_tap(
    page: Page, live_server: LiveServer, lan: Actor, house: House, axe: Callable[[Page], None]
) -> None:
    page.goto(f"{live_server.url}/join/{_link_for(lan, house)}")
    axe(page)
    page.get_by_role("main").get_by_role("button").first.tap()
    page.wait_for_url("**/nearby")
    axe(page)


def test_lan_taps_once_and_sees_the_shop_around_the_corner(
    phone_in_hand: Callable[[Actor], Page], lan: Actor, house: House, axe: Callable[[Page], None]
) -> None:
    with house(), writing():
        at = clock.now()
        shop = Customer.add(
            by=None, at=at, name="Tạp hóa Bến Thành", responsible=db.session.get_one(User, lan.id)
        )
        shop.move_pin(10.7735, 106.6980, source="gps", by=None, at=at)
    page = phone_in_hand(lan)
    page.goto("/nearby")
    page.locator("geo-field button").tap()
    row = page.locator("[data-distance-m]").first
    expect(row).to_contain_text("Tạp hóa Bến Thành")
    assert 100 < int(row.get_attribute("data-distance-m") or 0) < 130
    axe(page)
