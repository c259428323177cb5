from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb import clock, jobs
from crmweb.accounts.actor import Actor
from crmweb.clock import HeldClock
from crmweb.followups.models import SECOND_THOUGHT
from crmweb.notifications.channels import Channels
from crmweb.notifications.email import Email
from crmweb.notifications.jobs import _due, deliver
from crmweb.notifications.sms import Sms
from crmweb.outgoing import Outgoing
from tests.notifications.post_office import PostOffice
from tests.notifications.sms_gateway import SmsGateway
from tests.shops import Shops

WEDNESDAY = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
"""Ten in the morning in Saigon."""


def minted(at: datetime) -> str:
    """The UUIDv7 that a phone mints at that moment."""
    return str(uuid.UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | 1))


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> Iterator[None]:
    """Nothing rung into the next test."""
    jobs.init_app(app)
    yield
    app.extensions["bell"].settle()


@pytest.fixture(autouse=True)
def time(app: Flask) -> Iterator[HeldClock]:
    with clock.frozen(WEDNESDAY) as held:
        yield held


@pytest.fixture
def shops(app: Flask, time: HeldClock, house: Callable[[], AbstractContextManager[None]]) -> Shops:
    with house():
        return Shops.open()


@pytest.fixture
def post_office(app: Flask) -> Iterator[PostOffice]:
    """A real mail server on loopback, and the app told to use it."""
    office, before = PostOffice(), app.extensions["channels"]
    app.extensions["channels"] = Channels({"email": Email(office.url, "Trà Xanh <crm@example.com>")})
    yield office
    app.extensions["channels"] = before
    office.close()


@pytest.fixture
def gateway(app: Flask) -> Iterator[SmsGateway]:
    """A real SMS gateway on loopback, and the app told to use it."""
    opened, before = SmsGateway(), app.extensions["channels"]
    way_out = Outgoing()
    way_out.allow_inside(opened.origin)
    settings = replace(app.extensions["settings"], sms_url=opened.url)
    app.extensions["channels"] = Channels({"sms": Sms(settings, way_out)})
    yield opened
    app.extensions["channels"] = before
    opened.close()


@pytest.fixture
def work(
    app: Flask, time: HeldClock, house: Callable[[], AbstractContextManager[None]]
) -> Callable[[], None]:
    """`work()`: a worker sends whatever is due, once nobody thinks again."""

    def send() -> None:
        time.move(SECOND_THOUGHT)
        with house():
            deliver(*_due(at=clock.now()))

    return send


@pytest.fixture
def mint() -> str:
    """A new id, as Lan's phone makes one."""
    return minted(WEDNESDAY)


@pytest.fixture
def phone(phone_of: Callable[[Actor], FlaskClient], lan: Actor) -> FlaskClient:
    """Lan's."""
    return phone_of(lan)


@pytest.fixture
def write(phone: FlaskClient, shops: Shops) -> Callable[..., Any]:
    """`write(text="…")`: Lan writes to her shop by email, and they said that she may."""

    def send(**more: str) -> Any:
        words = {
            "to": "shop",
            "channel": "email",
            "subject": "Xin chào",
            "text": "Chào {contact}",
            "agreed": "spoken",
        }
        return phone.post(f"/customers/{shops.lan}/followups", data={**words, "when": "now", **more})

    return send
