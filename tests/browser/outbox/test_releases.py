"""F17: a worker that is broken, switched off, or waits for its turn; and installing it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import BrowserContext, Error, Page, expect

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.pwa import routes
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import (
    count,
    out_of_reach,
    unsent,
    write,
)
from tests.conftest import system_access_to
from tests.supervisor.product import until

SENDING = """() => void navigator.locks.request(
  `outbox-${document.body.dataset.person}`, () => new Promise((done) => (window.letGo = done)),
)"""
"""As if something were on its way out, until `letGo()`."""
ANOTHER_WAITS = "navigator.serviceWorker.getRegistration().then(({ waiting }) => Boolean(waiting))"
LANGUAGE = """async () => {
  const cache = await caches.open((await caches.keys()).find((name) => name.startsWith("pages-")));
  return (await (await cache.match("/outbox")).text()).match(/<html lang="(\\w+)"/)[1];
}"""
"""Of what is taken along last."""
BROKEN = """self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(Promise.reject(new Error("broken"))));"""
"""A release that lets no page through."""


def test_a_broken_worker_is_switched_off_and_what_waits_stays(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Before the release")
    unsent(lans, 1)
    with out_of_reach(context, "**/notes"):
        context.set_offline(False)
        with monkeypatch.context() as released:
            released.setattr("crmweb.pwa.routes.worker_script", lambda: BROKEN)
            until(lambda: _is_out(lans), within=20)
        app = live_server.app
        off = replace(app.extensions["settings"], service_worker="off")
        monkeypatch.setitem(app.extensions, "settings", off)
        until(lambda: not _is_out(lans), within=40)
        unsent(lans, 1)
    lans.goto("/outbox")
    unsent(lans, 0)
    assert count(live_server, Note) == 1


def test_another_version_waits_until_nothing_is_on_its_way(
    lans: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    lans.evaluate(SENDING)
    now = routes.worker_script
    monkeypatch.setattr(routes, "worker_script", lambda: f"{now()}\n// another")
    lans.evaluate("navigator.serviceWorker.getRegistration().then((found) => void found.update())")
    until(lambda: lans.evaluate(ANOTHER_WAITS), within=10)
    lans.wait_for_timeout(1_000)
    assert lans.evaluate(ANOTHER_WAITS)
    lans.evaluate("letGo()")
    until(lambda: not lans.evaluate(ANOTHER_WAITS), within=10)


def _is_out(page: Page) -> bool:
    """Whether no page comes any more; asking has the browser look for another worker."""
    try:
        page.goto("/", timeout=3_000)
    except Error:
        page.wait_for_timeout(3_000)  # the browser looks for another worker a while after each page
        return True
    page.evaluate(
        "navigator.serviceWorker.getRegistration().then((found) => found?.update().catch(() => {}))"
    )
    return False


def test_it_can_be_put_on_the_home_screen(lans: Page) -> None:
    cdp = lans.context.new_cdp_session(lans)
    errors = [error["errorId"] for error in cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [error for error in errors if error != "in-incognito"] == []


def test_what_the_phone_keeps_speaks_the_language_of_its_person(
    lans: Page, context: BrowserContext, live_server: LiveServer, lan: Actor
) -> None:
    with system_access_to(live_server.app, "she prefers Vietnamese"), writing():
        db.session.get_one(User, lan.id).locale = "vi"
    lans.goto("/")
    expect(lans.locator("html")).to_have_attribute("lang", "vi")
    lans.wait_for_load_state()
    until(lambda: lans.evaluate(LANGUAGE) == "vi", within=20)
    context.set_offline(True)
    lans.goto("/customers")
    expect(lans.get_by_text("Không có mạng.")).to_be_visible()
    expect(lans.get_by_role("heading", level=1)).to_have_text("Khách")
