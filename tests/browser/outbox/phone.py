"""What the stories of the outbox have in common: a phone with its pack, and what it says and brings."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

from flask import Flask
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import func, select
from werkzeug.serving import make_server

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db
from crmweb.notes.models import Note
from tests.browser.conftest import LiveServer
from tests.conftest import system_access_to
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


class Expected(list[str]):
    """What the page complains of, but for a server that is out of reach: that is what is tried here."""

    def append(self, said: str) -> None:
        if not re.search(r"net::ERR_|status of (401|404|422|503)|^htmx:", said):
            super().append(said)


def ready(page: Page, url: str = "/", *, sync: bool = False) -> Page:
    """After one visit to Today: the worker is there, and the pack. Without `sync` it sends while a page is open, as on
    iOS: a worker that Chromium wakes does not hear at once that the phone is said to be offline.
    """
    if not sync:
        page.context.add_init_script(NO_SYNC)
    page.goto(url)
    until(lambda: "/outbox" in page.evaluate(PACKED), within=20)
    return page


def unsent(page: Page, many: int) -> None:
    expect(page.locator("#outbox-count")).to_have_text(str(many), timeout=15_000)


def write(page: Page, shop: str, words: str) -> None:
    """A note, as far as the phone can bring it."""
    page.goto(f"{shop}/notes/new")
    page.get_by_label("Note", exact=True).fill(words)
    page.get_by_role("button", name="Save").tap()
    page.wait_for_url(re.compile(f"{re.escape(shop)}$"))


def count(live_server: LiveServer, model: type[Any]) -> int:
    with system_access_to(live_server.app, "how many there are"):
        return db.session.scalar(select(func.count()).select_from(model)) or 0


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
