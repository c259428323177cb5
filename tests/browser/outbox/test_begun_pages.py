"""A page seen before begins at once, with the head that lies on the phone; the rest is the server's own answer."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from crmweb import clock
from crmweb.accounts.sessions import DeviceSession
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, writing
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.conftest import system_access_to

BEGINS = "performance.getEntriesByType('navigation')[0].responseStart"
"""When the first of a page was there, in milliseconds since it was asked for."""


@pytest.fixture
def slow(lans: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that thinks for a second and a half, since the phone has its pack."""
    answer = live_server.app.wsgi_app

    def thinking(*asked: object) -> Iterable[bytes]:
        time.sleep(1.5)
        return answer(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(live_server.app, "wsgi_app", thinking)


@pytest.mark.usefixtures("slow")
def test_it_is_begun_while_the_server_thinks(lans: Page) -> None:
    lans.goto("/", wait_until="commit")
    expect(lans.locator(".coming")).to_be_visible(timeout=1_400)
    expect(lans.get_by_role("heading", level=1)).to_have_text("Today")
    expect(lans.locator(".coming")).to_be_hidden()
    assert lans.evaluate(BEGINS) < 1_000
    assert lans.locator("body").get_attribute("data-person")
    expect(lans.get_by_text("No signal. Everything still saves on this phone.")).to_be_hidden()


def test_whoever_may_not_see_it_any_more_is_told_so(lans: Page, live_server: LiveServer, co_ba: str) -> None:
    lans.goto(co_ba)
    with system_access_to(live_server.app, "the shop has gone to somebody else"), writing():
        shop = street.customer(street.NEAREST).id
        ended = update(Assignment).where(Assignment.customer_id == shop).values(ended_at=clock.now())
        db.session.execute(ended)
    lans.goto(co_ba)
    expect(lans.get_by_role("heading", level=1)).to_have_text("Nothing here")
    expect(lans.get_by_text(street.NEAREST.name)).to_have_count(0)
    lans.go_back()
    lans.wait_for_url("**/")


def test_whoever_was_signed_out_meanwhile_comes_to_the_sign_in(
    lans: Page, live_server: LiveServer, co_ba: str
) -> None:
    lans.goto(co_ba)
    with system_access_to(live_server.app, "somebody signs her out"), writing():
        db.session.execute(update(DeviceSession).values(ended_at=clock.now()))
    lans.goto(co_ba)
    lans.wait_for_url(re.compile(r"/session/new\?next="))
    expect(lans.get_by_label("Email")).to_be_visible()
