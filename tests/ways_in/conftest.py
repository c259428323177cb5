"""People who have not come in yet, the mail that lets them, and a place to stand at the door."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock, jobs
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit.models import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.notifications.jobs import _due, deliver
from tests.notifications.conftest import post_office as post_office
from tests.notifications.post_office import PostOffice

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
Hire = Callable[..., Actor]
Work = Callable[[], None]
PASSWORD = "a boat on the river at noon"
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture(autouse=True)
def fresh_bell(app: Flask) -> Iterator[None]:
    """Nothing rung into the next test."""
    jobs.init_app(app)
    yield
    app.extensions["bell"].settle()


@pytest.fixture(autouse=True)
def held(app: Flask) -> Iterator[HeldClock]:
    """The clock stands still until the test moves it."""
    with clock.frozen(clock.now()) as held:
        yield held


@pytest.fixture
def work(app: Flask, house: House) -> Work:
    """`work()`: what is due is sent now."""

    def now() -> None:
        with house():
            deliver(*_due(at=clock.now()))

    return now


@pytest.fixture
def hire(house: House) -> Hire:
    """`hire("Nam", email="nam@example.com")`: somebody who has never been in."""

    def one(name: str, *, email: str | None = None, role: str = "rep", locale: str | None = None) -> Actor:
        with house(), writing():
            user = User.add(name, role=role, email=email, at=clock.now())
            user.locale = locale
            return Actor.of(user)

    return one


@pytest.fixture
def nam(hire: Hire) -> Actor:
    """A new rep with an email."""
    return hire("Trần Hoài Nam", email="nam@example.com")


@pytest.fixture
def sau(hire: Hire) -> Actor:
    """A new rep without one."""
    return hire("Võ Thị Sáu")


@pytest.fixture
def admins(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    """Tuấn's own browser."""
    return phone_of(tuan)


def is_in(client: FlaskClient) -> bool:
    """Whether this device is signed in."""
    return client.get("/settings").status_code == 200


def invited(admins: FlaskClient, person: Actor) -> TestResponse:
    return admins.post(f"/admin/users/{person.id}/invitation", headers=ENGLISH)


def link_in(office: PostOffice, place: int = -1) -> str:
    """The path of the link in a mail."""
    body = office.mails[place].get_body(("plain",))
    assert body is not None
    (address,) = re.findall(r"https?://\S+", body.get_content())
    return re.sub(r"https?://[^/]+", "", address)


def card_for(admins: FlaskClient, person: Actor) -> str:
    """Print one; its code."""
    printed = admins.post("/admin/users/cards", data={"person": str(person.id)}, headers=ENGLISH)
    assert printed.status_code == 200, printed.text
    return code_on(printed)


def code_on(printed: TestResponse) -> str:
    found = re.search(r'class="code num">([^<]+)<', printed.text)
    assert found is not None
    return found[1]


def actions(house: House) -> list[str]:
    """What the audit wrote down, in order."""
    with house():
        return list(db.session.scalars(select(Entry.action).order_by(Entry.seq)))
