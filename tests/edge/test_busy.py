"""A stuck writer elsewhere: the others hear 503 within five seconds, readers notice nothing, nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.held import TOUCH_EVERY
from crmweb.accounts.models import User
from crmweb.config import Settings
from crmweb.db import db

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
DARK = {"locale": "", "theme": "dark"}

HOLDERS = {
    "another of ours": """
import fcntl, pysqlite3
turn = open(database + ".turn", "ab")
fcntl.flock(turn, fcntl.LOCK_EX)
connection = pysqlite3.connect(database, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
""",
    "somebody's shell": """
import pysqlite3
connection = pysqlite3.connect(database, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
""",
    "postgresql": """
import psycopg
connection = psycopg.connect(database)
connection.execute("LOCK TABLE users, sessions IN EXCLUSIVE MODE")
""",
}
"""Programs that take the lock and keep it until their input ends."""


@contextmanager
def stuck(kind: str, database: str) -> Iterator[None]:
    """A writer in a process of its own who does not come to an end."""
    program = (
        f"import sys\ndatabase = {database!r}\n{HOLDERS[kind]}\nprint('held', flush=True)\nsys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield


@pytest.fixture(params=["another of ours", "somebody's shell"])
def a_stuck_writer(
    request: pytest.FixtureRequest, settings: Settings, lan: Actor
) -> Callable[[], AbstractContextManager[None]]:
    if settings.database.startswith("sqlite"):
        return lambda: stuck(request.param, settings.database.removeprefix("sqlite:///"))
    return lambda: stuck("postgresql", settings.database.replace("postgresql+psycopg", "postgresql"))


@pytest.mark.slow
def test_others_hear_within_five_seconds_and_nothing_is_lost(
    a_stuck_writer: Callable[[], AbstractContextManager[None]], house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    """Several at once: one waits for the turn of the other, and all for the lock."""
    phones = [phone_of(lan) for _ in range(3)]

    def post(phone: FlaskClient) -> tuple[int, str | None, float]:
        begun = time.monotonic()
        answer = phone.post("/settings/look", data=DARK)
        return answer.status_code, answer.headers.get("Retry-After"), time.monotonic() - begun

    with a_stuck_writer(), ThreadPoolExecutor(3) as crowd:
        heard = list(crowd.map(post, phones))
    assert [(status, again) for status, again, _ in heard] == [(503, "5")] * 3
    assert max(seconds for _, _, seconds in heard) < 5
    with house():
        assert db.session.get_one(User, lan.id).theme is None
    assert phones[0].post("/settings/look", data=DARK).status_code == 303


def test_readers_notice_nothing(
    app: Flask, a_stuck_writer: Callable[[], AbstractContextManager[None]], phone: FlaskClient
) -> None:
    """Not even when it is time to write down that they were there."""
    with clock.frozen(clock.now() + TOUCH_EVERY * 2), a_stuck_writer():
        begun = time.monotonic()
        assert phone.get("/settings").status_code == 200
        if "sqlite" in app.config["SQLALCHEMY_DATABASE_URI"]:
            assert time.monotonic() - begun < 1


@pytest.mark.slow
def test_a_script_is_told_to_come_again(
    a_stuck_writer: Callable[[], AbstractContextManager[None]], phone: FlaskClient
) -> None:
    with a_stuck_writer():
        answer = phone.post("/settings/look", data=DARK, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json is not None
    assert answer.json["error"] == "Service Unavailable"
    assert answer.json["reference"] == answer.headers["X-Request-Id"]
