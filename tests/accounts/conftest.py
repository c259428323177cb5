"""Passwords, links and devices for whoever stands at the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from pyotp import TOTP
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.recovery import RecoveryCode
from crmweb.accounts.totp import STEP, TotpSecret
from crmweb.clock import HeldClock
from crmweb.db import db, writing

House = Callable[[], AbstractContextManager[None]]
PASSWORD = "a boat on the river at noon"


@pytest.fixture
def held() -> Iterator[HeldClock]:
    """The clock stands still until the test moves it."""
    with clock.frozen(clock.now()) as held:
        yield held


@pytest.fixture
def with_password(house: House) -> Callable[[Actor], Actor]:
    """`with_password(lan)`: from now on she can sign in with `PASSWORD`."""

    def give(person: Actor) -> Actor:
        with house(), writing():
            db.session.get_one(User, person.id).password_hash = passwords.hash_password(PASSWORD)
        return person

    return give


@pytest.fixture
def link_for(house: House) -> Callable[[Actor], str]:
    """`link_for(lan)`: the path of a fresh one-time link."""

    def issue(person: Actor, purpose: str = "sign_in") -> str:
        with house(), writing():
            user = db.session.get_one(User, person.id)
            return f"/join/{OneTimeLink.issue(user, at=clock.now(), purpose=purpose)}"

    return issue


def try_password(client: FlaskClient, email: str | None, password: str, **more: str) -> TestResponse:
    """Fill in the form at the door and send it."""
    return client.post("/session", data={"email": email or "", "password": password, **more})


def is_in(client: FlaskClient) -> bool:
    """Whether this device is signed in."""
    return client.get("/settings").status_code == 200


@pytest.fixture
def with_app(house: House, held: HeldClock) -> Callable[[Actor], TOTP]:
    """`with_app(lan)`: from now on she needs the codes of this app, too. The clock stands still."""

    def set_up(person: Actor) -> TOTP:
        with house(), writing():
            secret = TotpSecret.begin(person.id, at=clock.now())
            secret.confirmed_at = clock.now()
            key = secret.key
        assert key is not None
        return TOTP(key)

    return set_up


def code_of(app: TOTP, steps: int = 0) -> str:
    """What the app shows now, or so many steps of 30 s later."""
    return app.generate_otp(int(clock.now().timestamp()) // STEP + steps)


@pytest.fixture
def codes_of(house: House) -> Callable[[Actor], list[str]]:
    """`codes_of(lan)`: fresh recovery codes of hers."""

    def make(person: Actor) -> list[str]:
        with house(), writing():
            return RecoveryCode.renew(person.id)

    return make
