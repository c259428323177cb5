from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from crmweb.accounts.actor import Actor
from tests.browser import street
from tests.browser.conftest import LiveServer
from tests.browser.outbox.phone import Expected, PhoneInHand, Server, ready
from tests.conftest import system_access_to


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


@pytest.fixture
def co_ba(live_server: LiveServer) -> str:
    """The address of the nearest shop."""
    with system_access_to(live_server.app, "which shop it is"):
        return f"/customers/{street.customer(street.NEAREST).id}"


@pytest.fixture
def server(live_server: LiveServer) -> Iterator[Server]:
    server = Server(live_server.app)
    yield server
    server.stop()
