"""Without a signal: what is done is kept on the phone, shown there, and delivered once."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, Error, Page, expect
from sqlalchemy import func, select, update
from werkzeug.serving import make_server

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.pwa import routes
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.hand import Hand
from tests.conftest import device_token, system_access_to
from tests.supervisor.product import free_port, until

PhoneInHand = Callable[[Actor], Page]
A_VISIT = re.compile(r"/visits/[0-9a-f-]{36}$")
PACKED = """async () => {
  const names = await caches.keys();
  const shelf = names.find((name) => name.startsWith("pages-"));
  return shelf ? (await (await caches.open(shelf)).keys()).map(({ url }) => new URL(url).pathname) : [];
}"""
"""What lies on the phone."""
NO_SYNC = """if (self.ServiceWorkerRegistration)
  Object.defineProperty(ServiceWorkerRegistration.prototype, "sync", { value: undefined });"""
"""A phone that sends nothing by itself while no page is open, as all of Apple's."""
NO_STORE = "indexedDB.open = () => { throw new DOMException('', 'SecurityError'); };"
LONG_AGO = """() => new Promise((done) => {
  indexedDB.open("phone").onsuccess = ({ target }) => {
    const writing = target.result.transaction("facts", "readwrite");
    writing.objectStore("facts").put(Date.now() - 73 * 3600 * 1000, "contact");
    writing.oncomplete = () => done(target.result.close());
  };
})"""
"""As if the server had last been heard of three days and an hour ago."""
SENDING = """() => void navigator.locks.request(
  `outbox-${document.body.dataset.person}`, () => new Promise((done) => (window.letGo = done)),
)"""
"""As if something were on its way out, until `letGo()`."""
ANOTHER_WAITS = "navigator.serviceWorker.getRegistration().then(({ waiting }) => Boolean(waiting))"
FULL = """const { add } = IDBObjectStore.prototype;
let room = false;
IDBObjectStore.prototype.add = function (...what) {
  if (room) return add.apply(this, what);
  room = true;
  throw new DOMException("", "QuotaExceededError");
};"""
"""There is no room, once."""
BROKEN = """self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => event.respondWith(Promise.reject(new Error("broken"))));"""
"""A release that lets no page through."""


class Expected(list[str]):
    """What the page complains of, but for a server that is out of reach: that is what is tried here."""

    def append(self, said: str) -> None:
        if not re.search(r"net::ERR_|status of (401|404|422|503)|^htmx:", said):
            super().append(said)


@pytest.fixture
def complaints() -> list[str]:
    return Expected()


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "service_workers": "allow"}


@pytest.fixture
def lans(phone_in_hand: PhoneInHand, lan: Actor) -> Page:
    """Lan's phone, after one visit to Today: the worker is there, and the pack."""
    return ready(phone_in_hand(lan))


def ready(page: Page, url: str = "/") -> Page:
    page.goto(url)
    until(lambda: "/outbox" in page.evaluate(PACKED), within=20)
    return page


def count(live_server: LiveServer, model: type[Any]) -> int:
    with system_access_to(live_server.app, "how many there are"):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def co_ba(live_server: LiveServer) -> str:
    """The address of the nearest shop."""
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}"


def unsent(page: Page, many: int) -> None:
    expect(page.locator("#outbox-count")).to_have_text(str(many), timeout=15_000)


def write(page: Page, shop: str, words: str) -> None:
    """A note, as far as the phone can bring it."""
    page.goto(f"{shop}/notes/new")
    page.get_by_label("Note", exact=True).fill(words)
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))


def notes(live_server: LiveServer) -> list[tuple[str, str]]:
    """Who wrote what, in the order in which it came."""
    with system_access_to(live_server.app, "what was written"):
        rows = db.session.execute(
            select(User.name, Note.text).join(User, User.id == Note.by_id).order_by(Note.recorded_at, Note.id)
        )
        return [(name, text) for name, text in rows]


@contextmanager
def out_of_reach(context: BrowserContext, path: str) -> Iterator[None]:
    """Writes to that address get lost on the way."""
    context.route(path, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    yield
    context.unroute(path)


# --- a morning in airplane mode -----------------------------------------------------------------------


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


def test_the_whole_visit_without_a_signal_comes_as_it_happened(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    lans.goto(f"/check-in?customer={co_ba.rpartition('/')[2]}")
    lans.get_by_role("button", name=f"Check in {street.NEAREST.name}").tap()
    expect(lans).to_have_url(A_VISIT)
    visit = lans.url
    lans.goto(f"{visit}/finish")
    lans.get_by_role("button", name="Interested").tap()
    expect(lans.get_by_text("Saved on this phone").first).to_be_visible()
    lans.goto("/")
    expect(lans.get_by_text("Visited, saved on this phone").first).to_be_visible()
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
    context.set_offline(False)
    unsent(lans, 0)
    with system_access_to(live_server.app, "what came"):
        assert db.session.get_one(Reminder, made).done_at is not None


# --- F12, F13: lost answers, other people, other tabs and phones ----------------------------------------


def test_an_answer_that_is_lost_doubles_nothing(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    def swallow(route: Any) -> None:
        with suppress(Error):  # the page may be gone before its answer is
            route.fetch(max_redirects=0)
            route.abort()

    context.route("**/notes", swallow)
    write(lans, co_ba, "Once")
    until(lambda: count(live_server, Note) == 1, within=10)
    unsent(lans, 1)
    context.unroute("**/notes")
    lans.goto("/")
    unsent(lans, 0)
    assert count(live_server, Note) == 1


def test_a_session_that_expired_holds_everything_until_she_is_back(
    lans: Page,
    context: BrowserContext,
    live_server: LiveServer,
    co_ba: str,
    lan: Actor,
    phone_in_hand: PhoneInHand,
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Before the session was over")
    unsent(lans, 1)
    with system_access_to(live_server.app, "time goes by"), writing():
        db.session.execute(update(DeviceSession).values(seen_at=clock.now() - timedelta(days=400)))
    context.set_offline(False)
    lans.goto("/outbox")
    expect(lans).to_have_url(re.compile("/session/new"))
    assert count(live_server, Note) == 0
    page = phone_in_hand(lan)
    page.goto("/")
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "Before the session was over")]


def test_nothing_goes_out_under_another_name(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor, hung: Actor,
    phone_in_hand: PhoneInHand,
) -> None:  # fmt: skip
    lans.add_init_script(NO_SYNC)
    with out_of_reach(context, "**/notes"):
        write(lans, co_ba, "Lan's own")
        unsent(lans, 1)
        phone_in_hand(hung)
    # Her page is still open while he is signed in beside it.
    lans.evaluate("dispatchEvent(new Event('online'))")
    lans.wait_for_timeout(800)
    unsent(lans, 1)
    assert notes(live_server) == []
    lans.goto("/outbox")
    unsent(lans, 0)
    expect(lans.get_by_text("Somebody else's work waits on this phone, too.")).to_be_visible()
    assert notes(live_server) == []
    phone_in_hand(lan)
    lans.goto("/outbox")
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, "Lan's own")]


def test_two_tabs_send_each_once_and_in_order(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    context.set_offline(True)
    other = context.new_page()
    other.goto("/")
    for number in range(4):
        write(lans, co_ba, f"Note {number}")
        unsent(lans, number + 1)
    unsent(other, 4)
    context.set_offline(False)
    unsent(other, 0)
    unsent(lans, 0)
    assert notes(live_server) == [(lan.name, f"Note {number}") for number in range(4)]


def test_two_phones_of_hers_each_bring_their_own(
    lans: Page, new_context: Callable[..., BrowserContext], live_server: LiveServer, co_ba: str, lan: Actor
) -> None:
    second = new_context()
    second.add_cookies(
        [{"name": "session", "value": device_token(live_server.app, lan), "url": live_server.url}]
    )
    other = ready(second.new_page())
    for phone, words in ((lans, "From the first"), (other, "From the second")):
        phone.context.set_offline(True)
        write(phone, co_ba, words)
        unsent(phone, 1)
    for phone in (lans, other):
        phone.context.set_offline(False)
        unsent(phone, 0)
    assert sorted(text for _name, text in notes(live_server)) == ["From the first", "From the second"]


# --- F14: what the server refuses -----------------------------------------------------------------------


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
    assert notes(live_server) == [(lan.name, "First"), (lan.name, "Third")]
    expect(lans.get_by_text("10001 characters are too many")).to_be_visible()
    lans.get_by_role("link", name="Edit and send").tap()
    field = lans.get_by_label("Note", exact=True)
    expect(field).to_have_value("x" * 10_001)
    field.fill("Second, but shorter")
    lans.get_by_role("button", name="Save").tap()
    unsent(lans, 0)
    assert (lan.name, "Second, but shorter") in notes(live_server)


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


def test_a_full_phone_lets_its_pages_go_before_any_work(
    lans: Page, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    lans.add_init_script(FULL)
    lans.goto(f"{co_ba}/notes/new")
    context.set_offline(True)
    lans.get_by_label("Note", exact=True).fill("y" * 9_000)
    lans.get_by_role("button", name="Save").tap()
    expect(lans).to_have_url(re.compile(f"{co_ba}$"))
    unsent(lans, 1)
    kept = lans.evaluate(PACKED)
    assert "/pack" in kept
    assert "/outbox" not in kept
    context.set_offline(False)
    until(lambda: count(live_server, Note) == 1, within=20)


# --- F17 and what phones lack ---------------------------------------------------------------------------


class Server:
    """The same app at an address of its own, which can really be gone."""

    def __init__(self, app: Flask) -> None:
        self.app, self.port = app, free_port()
        self.url = f"http://localhost:{self.port}"
        self.start()

    def start(self) -> None:
        self._server = make_server("127.0.0.1", self.port, self.app, threaded=True)
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """It is there, and answers nobody."""
        with socket.create_server(("127.0.0.1", self.port), backlog=64):
            yield


@pytest.fixture
def server(live_server: LiveServer) -> Iterator[Server]:
    server = Server(live_server.app)
    yield server
    server.stop()


@pytest.mark.parametrize("lacks", ["", NO_SYNC], ids=["with Background Sync", "as on iOS"])
def test_a_server_that_is_gone_is_no_signal_either(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, server: Server, co_ba: str, lacks: str
) -> None:
    page = phone_in_hand(lan)
    page.add_init_script(lacks)
    ready(page, server.url)
    server.stop()
    write(page, f"{server.url}{co_ba}", "While it was down")
    assert page.evaluate("navigator.onLine")
    unsent(page, 1)
    server.start()
    page.goto(server.url)
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "While it was down")]


def test_a_phone_that_may_keep_nothing_sends_as_ever(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    page.add_init_script(NO_STORE)
    write(page, co_ba, "By the browser alone")
    expect(page.locator("#toasts")).to_contain_text("Noted")
    assert count(live_server, Note) == 1


def test_before_the_worker_is_there_a_note_is_kept_all_the_same(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', { value: undefined });")
    page.goto(f"{co_ba}/notes/new")
    context.set_offline(True)
    page.get_by_label("Note", exact=True).fill("In the first minute")
    page.get_by_role("button", name="Save").tap()
    expect(page.locator("#toasts")).to_contain_text("Saved on this phone")
    expect(page.get_by_label("Note", exact=True)).to_have_value("")
    context.set_offline(False)
    unsent(page, 0)
    assert count(live_server, Note) == 1


def test_a_broken_worker_is_switched_off_and_what_waits_stays(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lans.add_init_script(NO_SYNC)  # or the old worker sends it in between
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


def test_a_page_that_does_not_come_is_shown_as_it_was(
    phone_in_hand: PhoneInHand, lan: Actor, server: Server, co_ba: str
) -> None:
    """The server takes the call and says nothing: bars on the phone, and no way."""
    page = ready(phone_in_hand(lan), server.url)
    page.goto(f"{server.url}{co_ba}")
    server.stop()
    with server.silent():
        page.goto(server.url, timeout=9_000)
        expect(page.get_by_text("No signal. Everything still saves on this phone.")).to_be_visible()
        page.goto(f"{server.url}{co_ba}", timeout=9_000)
        expect(page.get_by_role("heading", level=1)).to_have_text(street.NEAREST.name)
    server.start()


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": "<h1>Welcome to our hotel</h1>", "content_type": "text/html"},
        {"status": 302, "headers": {"Location": "/session/new"}},
        {"status": 503, "headers": {"Retry-After": "1"}, "body": ""},
        {"status": 404, "body": "<h1>Not here</h1>", "content_type": "text/html"},
    ],
    ids=["a hotel", "a redirect", "busy", "somebody else's 404"],
)
def test_an_answer_that_names_no_key_takes_nothing_away(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str, answer: dict[str, Any]
) -> None:
    lans.add_init_script(NO_SYNC)
    context.route("**/notes", lambda route: route.fulfill(**answer))
    write(lans, co_ba, "Taken by nobody")
    unsent(lans, 1)
    context.unroute("**/notes")
    lans.wait_for_timeout(1_100)
    lans.goto("/")
    until(lambda: count(live_server, Note) == 1, within=20)
    unsent(lans, 0)


def test_after_three_days_without_a_word_the_pages_are_gone_and_the_work_is_not(
    lans: Page, context: BrowserContext, live_server: LiveServer, co_ba: str
) -> None:
    context.set_offline(True)
    write(lans, co_ba, "Three days ago")
    unsent(lans, 1)
    lans.evaluate(LONG_AGO)
    lans.goto("/")
    expect(lans.get_by_text("This page is not on this phone")).to_be_visible()
    assert lans.evaluate(PACKED) == []
    context.set_offline(False)
    lans.goto("/")
    unsent(lans, 0)
    assert count(live_server, Note) == 1


def test_it_can_be_put_on_the_home_screen(lans: Page) -> None:
    cdp = lans.context.new_cdp_session(lans)
    errors = [error["errorId"] for error in cdp.send("Page.getInstallabilityErrors")["installabilityErrors"]]
    assert [error for error in errors if error != "in-incognito"] == []


# --- leaving --------------------------------------------------------------------------------------------


def test_signing_out_asks_first_and_takes_the_pages_but_not_the_work(
    lans: Page,
    context: BrowserContext,
    live_server: LiveServer,
    co_ba: str,
    lan: Actor,
    phone_in_hand: PhoneInHand,
) -> None:
    lans.add_init_script(NO_SYNC)
    with out_of_reach(context, "**/notes"):
        write(lans, co_ba, "Still here")
        unsent(lans, 1)
        lans.goto("/settings")
        unsent(lans, 1)
        lans.get_by_role("button", name="Sign out").tap()
        lans.get_by_role("button", name="Stay").tap()
        expect(lans).to_have_url(re.compile("/settings$"))
        lans.get_by_role("button", name="Sign out").first.tap()
        lans.get_by_role("button", name="Sign out anyway").tap()
        expect(lans).to_have_url(re.compile("/session/new"))
    until(lambda: lans.evaluate(PACKED) == [], within=5)
    context.set_offline(True)
    lans.goto(co_ba)
    expect(lans.get_by_text("This page is not on this phone")).to_be_visible()
    expect(lans.get_by_text(street.NEAREST.name)).to_have_count(0)
    context.set_offline(False)
    page = phone_in_hand(lan)
    page.goto("/")
    unsent(page, 0)
    assert notes(live_server) == [(lan.name, "Still here")]


def test_a_clock_that_is_a_day_wrong_loses_nothing(
    phone_in_hand: PhoneInHand, lan: Actor, live_server: LiveServer, context: BrowserContext, co_ba: str
) -> None:
    page = phone_in_hand(lan)
    for hours in (-24, 23):
        page.clock.install(time=clock.now() + timedelta(hours=hours))
        write(page, co_ba, f"{hours} hours off")
        unsent(page, 0)
    assert sorted(text for _name, text in notes(live_server)) == ["-24 hours off", "23 hours off"]


def test_a_lost_phone_forgets_what_it_keeps_at_its_next_word_with_us(
    lans: Page, live_server: LiveServer, lan: Actor
) -> None:
    with system_access_to(live_server.app, "her phone is lost"), writing():
        DeviceSession.end_all(lan.id, at=clock.now())
    lans.goto("/")
    expect(lans).to_have_url(re.compile("/session/new"))
    until(lambda: lans.evaluate(PACKED) == [], within=5)
