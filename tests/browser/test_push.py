"""Push in Chromium: its own service worker shows what comes, a tap opens the page, a button does the act."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, expect
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.notifications.channels import Message
from crmweb.notifications.push_words import spelled
from crmweb.reminders.models import Reminder
from tests.browser import street
from tests.browser.conftest import PATIENCE, LiveServer, listen
from tests.conftest import device_token, system_access_to
from tests.supervisor.product import until

STATUS = "navigator.serviceWorker.ready.then(worker => worker.getNotifications()).then({})"
SHOWN = STATUS.format("all => all.map(each => [each.title, each.body, each.actions.map(one => one.title)])")
TAP = """async (action) => {
  const [notification] = await registration.getNotifications();
  self.dispatchEvent(new NotificationEvent("notificationclick", { notification, action }));
}"""


@dataclass
class Phone:
    """A page of Lan's in a browser with our service worker."""

    page: Page
    cdp: CDPSession
    registration: str
    url: str

    def gets(self, data: str) -> None:
        """A push comes, as the browser hands it over when it has decrypted it, and is shown.

        What the protocol takes now and then gets lost on a busy machine: it is handed over again, as a push service
        would; one tag shows once.
        """
        what = {"origin": self.url, "registrationId": self.registration, "data": data}
        for _ in range(4):
            self.cdp.send("ServiceWorker.deliverPushMessage", what)
            with suppress(AssertionError):
                return until(self.shown, within=4)
        raise AssertionError("no push was shown")

    def shown(self) -> list[list[Any]]:
        found: list[list[Any]] = self.page.evaluate(SHOWN)
        return found

    def tap(self, action: str = "") -> None:
        """On the notification, or on one of its buttons."""
        (worker,) = self.page.context.service_workers
        worker.evaluate(TAP, action)


@pytest.fixture
def together(
    browser: Browser, browser_context_args: dict[str, Any], live_server: LiveServer, complaints: list[str]
) -> Iterator[BrowserContext]:
    """A browser that lets service workers and notifications be."""
    allowed = {"service_workers": "allow", "permissions": ["notifications"]}
    context = browser.new_context(**{**browser_context_args, **allowed})
    context.set_default_timeout(PATIENCE)
    listen(context, complaints)
    yield context
    context.close()
    assert not complaints, "the page complained: " + "; ".join(complaints)


@pytest.fixture
def phone(together: BrowserContext, live_server: LiveServer, lan: Actor) -> Phone:
    token = device_token(live_server.app, lan)
    together.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    page = together.new_page()
    cdp, found = together.new_cdp_session(page), []
    cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    cdp.send("ServiceWorker.enable")
    page.goto("/settings/notifications")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    expect(page.get_by_text("Off on this device")).to_be_visible()
    ours = [each["registrationId"] for each in found if each["scopeURL"] == f"{live_server.url}/"]
    return Phone(page, cdp, ours[-1], live_server.url)


def _reminder(live_server: LiveServer) -> tuple[uuid.UUID, uuid.UUID]:
    """One of Lan's, and its customer."""
    with system_access_to(live_server.app, "a promise"), writing():
        customer = street.customer(street.NEAREST)
        lan = Actor.of(customer.assignments[0].person)
        due = clock.today(lan.zone)
        made = Reminder.promise(customer, "Gửi báo giá", promised_by="us", until=due, by=lan, at=clock.now())
        return made.id, customer.id


def _push(url: str, customer: uuid.UUID, reminder: uuid.UUID) -> str:
    payload = {
        "title": "Gửi báo giá cho anh Minh",
        "body": "Đã hứa hôm thứ hai",
        "path": f"/customers/{customer}",
        "tag": f"reminder {reminder}",
        "lang": "vi",
        "actions": [{"name": "done", "label": "Xong", "path": f"/reminders/{reminder}/done"}],
    }
    return spelled(Message("reminder", "", payload), url).decode()


def test_a_push_is_shown_and_a_tap_opens_the_customer(phone: Phone, live_server: LiveServer) -> None:
    reminder, customer = _reminder(live_server)
    phone.gets(_push(phone.url, customer, reminder))
    until(lambda: phone.shown() == [["Gửi báo giá cho anh Minh", "Đã hứa hôm thứ hai", ["Xong"]]])
    phone.tap()
    phone.page.wait_for_url(f"**/customers/{customer}")
    expect(phone.page.get_by_role("heading", name=street.NEAREST.name)).to_be_visible()
    until(lambda: phone.shown() == [])


def test_done_on_the_notification_is_done(phone: Phone, live_server: LiveServer) -> None:
    reminder, customer = _reminder(live_server)
    for _ in range(2):  # on another phone, too
        phone.gets(_push(phone.url, customer, reminder))
        until(lambda: len(phone.shown()) == 1)
        phone.tap("done")
        until(lambda: phone.shown() == [])
    until(lambda: _done(live_server, reminder))
    assert phone.page.url.endswith("/settings/notifications")


def _done(live_server: LiveServer, reminder: uuid.UUID) -> bool:
    with system_access_to(live_server.app, "a look"):
        return db.session.get_one(Reminder, reminder).done_at is not None


def test_a_button_without_a_signal_stays_and_says_so(phone: Phone, live_server: LiveServer) -> None:
    reminder, customer = _reminder(live_server)
    phone.gets(_push(phone.url, customer, reminder))
    until(lambda: len(phone.shown()) == 1)
    phone.page.context.set_offline(True)
    phone.tap("done")
    until(lambda: "Mất sóng" in phone.shown()[0][1] if phone.shown() else False)
    phone.page.context.set_offline(False)
    phone.tap("done")
    until(lambda: _done(live_server, reminder))


def test_a_button_is_there_until_the_server_has_answered(phone: Phone, live_server: LiveServer) -> None:
    phone.gets(_push(phone.url, *reversed(_reminder(live_server))))
    until(lambda: len(phone.shown()) == 1)
    (worker,) = phone.page.context.service_workers
    worker.evaluate("() => { self.fetch = () => new Promise(answered => (self.answers = answered)); }")
    phone.tap("done")
    until(lambda: worker.evaluate("() => Boolean(self.answers)"))
    assert len(phone.shown()) == 1
    worker.evaluate("() => self.answers(new Response(null, { status: 204 }))")
    until(lambda: phone.shown() == [])


def test_a_button_of_somebody_who_is_signed_out_opens_the_page(
    phone: Phone, live_server: LiveServer, complaints: list[str]
) -> None:
    reminder, customer = _reminder(live_server)
    phone.gets(_push(phone.url, customer, reminder))
    until(lambda: len(phone.shown()) == 1)
    with system_access_to(live_server.app, "signing out"), writing():
        for session in db.session.scalars(select(DeviceSession)):
            session.end(at=clock.now())
    phone.tap("done")
    phone.page.wait_for_url(re.compile("/session/new.next=/customers/"))
    assert not _done(live_server, reminder)
    complaints.clear()  # the browser notes the 401


@pytest.mark.parametrize("data", ["", "not JSON", json.dumps({"notification": {"title": 7, "navigate": {}}})])
def test_a_push_that_cannot_be_read_is_shown_all_the_same(phone: Phone, data: str) -> None:
    phone.gets(data)
    until(lambda: len(phone.shown()) == 1)
    phone.tap()
    phone.page.wait_for_url(f"{phone.url}/notifications")


def test_a_browser_that_does_not_answer_is_not_waited_for_for_ever(phone: Phone) -> None:
    phone.page.evaluate("() => { PushManager.prototype.subscribe = () => new Promise(() => {}); }")
    phone.page.clock.install()
    phone.page.get_by_role("button", name="Turn on").click()
    expect(phone.page.get_by_text("This takes a few seconds")).to_be_visible()
    phone.page.clock.fast_forward(21_000)
    expect(phone.page.get_by_text("No answer from the browser")).to_be_visible()
    expect(phone.page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_browser_that_was_told_to_block_says_how_to_unblock(
    together: BrowserContext, live_server: LiveServer, lan: Actor
) -> None:
    token = device_token(live_server.app, lan)
    together.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    together.add_init_script("Object.defineProperty(Notification, 'permission', { get: () => 'denied' })")
    page = together.new_page()
    page.goto("/settings/notifications")
    expect(page.get_by_text("Blocked in this browser")).to_be_visible()


def test_an_iphone_hears_of_the_home_screen_first(
    browser: Browser, browser_context_args: dict[str, Any], live_server: LiveServer, lan: Actor
) -> None:
    safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X) Version/18.4 Mobile/15E148 Safari/604.1"
    context = browser.new_context(**{**browser_context_args, "user_agent": safari})
    token = device_token(live_server.app, lan)
    context.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
    context.add_init_script("delete window.PushManager")
    page = context.new_page()
    page.goto("/settings/notifications")
    expect(page.get_by_text("First put crmweb on the home screen")).to_be_visible()
    context.close()


def test_the_app_can_be_put_on_the_home_screen(phone: Phone) -> None:
    told = phone.cdp.send("Page.getAppManifest")
    assert told["errors"] == []
    assert json.loads(told["data"])["display"] == "standalone"
    flaws = phone.cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert {flaw["errorId"] for flaw in flaws} <= {"in-incognito"}


def test_lan_has_email_tried_before_her_phone(phone: Phone) -> None:
    page = phone.page
    first = page.locator("#channels li").first
    expect(first).to_contain_text("Notifications on your devices")
    page.get_by_role("button", name="Try Email earlier").click()
    expect(first).to_contain_text("Email")
