"""A phone in the hand: Chromium at 390 × 844, somewhere in Hồ Chí Minh City, in front of the real app.

Anything the page complains of on its console fails the test.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Event, Thread
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Page
from werkzeug.serving import make_server

from crmweb.accounts.actor import Actor
from crmweb.config import Settings
from crmweb.db import writing
from tests.browser import street
from tests.conftest import Standing, device_token, system_access_to
from tests.machine import Missing, chromium

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

BEN_THANH = {"latitude": street.MARKET[0], "longitude": street.MARKET[1], "accuracy": 12}
"""Where the phone says it is; accuracy in metres."""
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
ON_THE_MAP = {"rules": [{"id": "target-size", "selector": "*:not(.pin-place)"}]}
"""Pins may lie close together: their rows are the same targets, far apart (WCAG 2.5.8, "equivalent")."""
BEEPS = "--use-fake-device-for-media-stream"
"""A microphone that beeps once a second, for whoever is allowed to hear it."""
PATIENCE = 10_000
"""Milliseconds that a page has for anything."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {
        **browser_type_launch_args,
        "executable_path": str(chromium.where()),
        "args": [*chromium.FLAGS, BEEPS],
        "env": {**os.environ, **chromium.environment()},
    }


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], settings: Settings) -> dict[str, Any]:
    return {
        **browser_context_args,
        "base_url": f"http://localhost:{settings.port}",
        "viewport": {"width": 390, "height": 844},
        "device_scale_factor": 1,  # less to paint
        "is_mobile": True,
        "has_touch": True,
        "locale": "en-GB",
        "timezone_id": "Asia/Ho_Chi_Minh",
        "geolocation": BEN_THANH,
        "permissions": ["geolocation"],
        "service_workers": "block",
        "reduced_motion": "reduce",
    }


@pytest.fixture(scope="session")
def _street(standing: Standing) -> Standing:
    """The databases, one of them with the street."""
    app = standing.begin_from("company")
    with system_access_to(app, "opening the shops of the street"), writing():
        street.open_shops()
    standing.keep("street")
    return standing


@pytest.fixture
def app(_street: Standing) -> Flask:
    """The app, with the cast and their street, once it has answered what the last test's pages asked."""
    ANSWERING.wait_for_none()
    return _street.begin_from("street")


class Answering:
    """How many requests the server is at: a page that is gone leaves its last ones behind."""

    def __init__(self) -> None:
        self._now, self._changed = 0, Condition()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        self._add(1)
        try:
            yield
        finally:
            self._add(-1)

    def wait_for_none(self) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: not self._now, PATIENCE / 1000), "a request has no end"

    def _add(self, number: int) -> None:
        with self._changed:
            self._now += number
            self._changed.notify_all()


ANSWERING = Answering()


OUT_OF_REACH = Event()
"""The server hears nobody either while a phone has no signal: Chromium forgets now and then that it is to have none, as
it changes from one process to another.
"""


@pytest.fixture(scope="session")
def _served(standing: Standing, settings: Settings) -> Iterator[None]:
    server = make_server("127.0.0.1", settings.port, _heard(standing.app), threaded=True)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield
    server.shutdown()
    thread.join()


def _heard(app: Flask) -> WSGIApplication:
    def heard(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if OUT_OF_REACH.is_set():
            raise ConnectionResetError
        with ANSWERING.one_more():
            return app(environ, start_response)

    return heard


@dataclass(frozen=True)
class LiveServer:
    """The app under test, reachable over HTTP."""

    app: Flask
    url: str


@pytest.fixture
def live_server(app: Flask, settings: Settings, _served: None) -> LiveServer:
    return LiveServer(app, f"http://localhost:{settings.port}")


@pytest.fixture
def complaints() -> list[str]:
    """What the page wrote to its console as an error. A test that expects some empties it."""
    return []


@pytest.fixture
def context(
    context: BrowserContext, live_server: LiveServer, complaints: list[str]
) -> Iterator[BrowserContext]:
    context.set_default_timeout(PATIENCE)
    listen(context, complaints)
    _lose_signal_for_good(context)
    yield context
    OUT_OF_REACH.clear()
    assert not complaints, "the page complained: " + "; ".join(complaints)


def _lose_signal_for_good(context: BrowserContext) -> None:
    set_offline = context.set_offline

    def set_both(offline: bool) -> None:
        (OUT_OF_REACH.set if offline else OUT_OF_REACH.clear)()
        set_offline(offline)

    context.set_offline = set_both  # type: ignore[method-assign]


def listen(context: BrowserContext, complaints: list[str]) -> None:
    """Collect what the pages of a context complain of."""
    context.on("console", lambda message: _note(message, complaints))
    context.on("weberror", lambda error: complaints.append(str(error.error)))


def _note(message: ConsoleMessage, complaints: list[str]) -> None:
    if message.type == "error":
        complaints.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture
def phone_in_hand(page: Page, live_server: LiveServer) -> Callable[[Actor], Page]:
    """`phone_in_hand(lan).goto("/")`: the page, with Lan signed in."""

    def sign_in(person: Actor) -> Page:
        token = device_token(live_server.app, person)
        page.context.add_cookies([{"name": "session", "value": token, "url": live_server.url}])
        return page

    return sign_in


@pytest.fixture(scope="session")
def _axe_source() -> str:
    file = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
    if not file.exists():
        raise Missing("axe-core is not among the installed front-end packages; run `make lint`.")
    return file.read_text()


@pytest.fixture
def axe(_axe_source: str) -> Callable[..., list[str]]:
    """`axe(page)`: what keeps people with disabilities out (WCAG 2.2 AA), as far as axe-core sees.

    `rules=["color-contrast"]` looks at those alone.
    """

    def check(page: Page, rules: list[str] | None = None) -> list[str]:
        if not page.evaluate("'axe' in window"):
            page.evaluate(f"{_axe_source}; axe.configure({json.dumps(ON_THE_MAP)}); undefined")
        only = {"type": "rule", "values": rules} if rules else {"type": "tag", "values": STANDARDS}
        options = {"runOnly": only, "resultTypes": ["violations"]}
        found = page.evaluate("options => axe.run(document, options)", options)
        return [_violation(violation) for violation in found["violations"]]

    return check


def _violation(violation: dict[str, Any]) -> str:
    where = ", ".join(json.dumps(node["target"]) for node in violation["nodes"][:5])
    return f"{violation['id']} ({violation['impact']}): {violation['help']}: {where}"
