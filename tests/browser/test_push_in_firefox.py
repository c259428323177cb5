"""Push, all the way: the product as it runs, its worker, a push service, and a Firefox that decrypts and shows it."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Page, Playwright, expect
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.notifications import Delivery
from crmweb.notifications.subscriptions import PushSubscription, devices_of
from tests import cast
from tests.browser.autopush import Autopush
from tests.conftest import device_token, system_access_to
from tests.machine import firefox
from tests.supervisor.product import Product, until

ARRIVES_WITHIN = 20.0
"""Seconds."""


@pytest.fixture
def autopush() -> Iterator[Autopush]:
    service = Autopush()
    yield service
    service.close()


@pytest.fixture
def product(autopush: Autopush, tmp_path: Path) -> Iterator[Product]:
    running = Product(tmp_path / "home", "--no-demo", PUSH_SERVICES=autopush.origin).ready()
    yield running
    running.end()


@pytest.fixture
def lan_id(product: Product) -> uuid.UUID:
    with system_access_to(product.app(), "hiring the cast"), writing():
        cast.hire_everyone()
        return db.session.scalars(select(User.id).where(User.email == cast.PARTS["lan"].email)).one()


OpenFirefox = Callable[[], Any]


@pytest.fixture
def open_firefox(playwright: Playwright, autopush: Autopush, tmp_path: Path) -> OpenFirefox:
    """`with open_firefox() as context:`: the same one each time, with what it knew when it was closed."""
    preferences: dict[str, str | float | bool] = {
        "dom.push.serverURL": autopush.address,
        "dom.push.testing.allowInsecureServerURL": True,
        "dom.push.connection.enabled": True,  # a browser under control switches it off
        "alerts.useSystemBackend": False,  # there is no desktop to show it
        "permissions.default.desktop-notification": 1,  # allowed, as by a tap
    }

    @contextmanager
    def opened() -> Iterator[BrowserContext]:
        context = playwright.firefox.launch_persistent_context(
            str(tmp_path / "profile"),
            channel="moz-firefox",
            executable_path=firefox.where(),
            env={**os.environ, **firefox.environment()},
            firefox_user_prefs=preferences,
            locale="en-GB",
        )
        context.set_default_timeout(20_000)
        yield context
        context.close()

    return opened


def _shown(page: Page) -> list[list[str]]:
    """Title and text of the notifications that stand there."""
    found: list[list[str]] = page.evaluate(
        "navigator.serviceWorker.ready.then(worker => worker.getNotifications())"
        ".then(shown => shown.map(each => [each.title, each.body]))"
    )
    return found


def _push(app: Flask, person_id: uuid.UUID, title: str) -> None:
    """As a slice would: a row in the ledger, and the worker is rung after the commit."""
    with system_access_to(app, "something to tell"), writing():
        for device, host in devices_of([person_id], at=clock.now()).get(person_id, []):
            Delivery.file(
                dedupe=f"{title} {device}", kind="push", recipient=device.hex, lane=f"push {host}",
                payload={"title": title, "body": "Gọi chị Hạnh 9:00", "path": "/customers", "tag": title},
                at=clock.now(),
            )  # fmt: skip
    app.extensions["bell"].settle()


def _expire_all(app: Flask) -> None:
    """As if the push service had said that it knows none of them any more."""
    with system_access_to(app, "what is gone"), writing():
        for device in db.session.scalars(select(PushSubscription.id)).all():
            PushSubscription.expire(device)


def _devices(app: Flask, person_id: uuid.UUID) -> int:
    with system_access_to(app, "a look"):
        return len(devices_of([person_id], at=clock.now()).get(person_id, []))


def test_lan_gets_pushes_from_the_worker_open_closed_and_after_her_subscription_ran_out(
    product: Product, lan_id: uuid.UUID, autopush: Autopush, open_firefox: OpenFirefox
) -> None:
    app = product.app()
    here = f"http://localhost:{product.port}"
    with system_access_to(app, "looking Lan up"):
        token = device_token(app, Actor.of(db.session.get_one(User, lan_id)))
    with open_firefox() as context:
        context.add_cookies([{"name": "session", "value": token, "url": here}])
        page = context.new_page()
        page.goto(f"{here}/settings/notifications")
        page.get_by_role("button", name="Turn on").click()
        expect(page.get_by_text("On for this device")).to_be_visible()
        expect(page.locator("#devices")).to_contain_text("This device")
        _push(app, lan_id, "Gửi báo giá cho anh Minh")
        until(
            lambda: _shown(page) == [["Gửi báo giá cho anh Minh", "Gọi chị Hạnh 9:00"]], within=ARRIVES_WITHIN
        )
        page.get_by_role("button", name="Send a test").click()
        expect(page.get_by_text("A test is on its way")).to_be_visible()
        until(
            lambda: ["A test from crmweb", "This is how reminders will reach you here."] in _shown(page),
            within=ARRIVES_WITHIN,
        )
    until(lambda: not autopush.connected)
    _push(app, lan_id, "Giao hàng cho chị Tư")
    until(lambda: len(autopush.got) == 3, within=ARRIVES_WITHIN)
    with open_firefox() as context:
        page = context.new_page()
        page.goto(f"{here}/settings/notifications")
        page.wait_for_url("**/session/new?**")  # the browser was closed, and its session with it
        until(lambda: ["Giao hàng cho chị Tư", "Gọi chị Hạnh 9:00"] in _shown(page), within=ARRIVES_WITHIN)
        _expire_all(app)
        context.add_cookies([{"name": "session", "value": token, "url": here}])
        page.goto(f"{here}/nearby")  # any page: the app was opened
        until(lambda: _devices(app, lan_id) == 1, within=ARRIVES_WITHIN)
        _push(app, lan_id, "Ghé lại quán cô Ba")
        until(lambda: len(autopush.got) == 4, within=ARRIVES_WITHIN)
    assert autopush.refused == []
    assert set(autopush.acknowledged) == {100}  # shown; 301 and 302 would say that it could not be
