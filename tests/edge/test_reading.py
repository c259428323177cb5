"""Reading changes nothing: not by a link that is followed, previewed or fetched ahead."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.held import TOUCH_EVERY
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.web import declared
from tests.guards.owned import arguments_of_lans
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]

READS = re.compile(
    r"(SELECT|BEGIN|PRAGMA|SHOW|WITH(?!.*\b(INSERT|UPDATE|DELETE)\b))\b", re.IGNORECASE | re.DOTALL
)
ASKED = {"/nearby": "?lat=10.77&lng=106.69", "/customers": "?q=shop&person="}
"""Questions that make an address do all its work."""


@contextmanager
def sql_log() -> Iterator[list[str]]:
    """Everything that is said to the database meanwhile."""
    said: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def changes(said: list[str]) -> list[str]:
    return [
        statement for statement in said if not READS.match(statement.strip()) or " FOR UPDATE" in statement
    ]


@pytest.fixture
def held() -> Iterator[HeldClock]:
    with clock.frozen(clock.now()) as held:
        yield held


@pytest.fixture
def addresses(
    app: Flask, house: House, shops: Shops, lan: Actor, phone: FlaskClient
) -> list[tuple[str, str | None]]:
    """Every address that can be read, about something that is there; and what one needs to read it."""
    found = []
    with house(), writing():
        link = OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())
    with house():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and rule.endpoint != "static":
                arguments = (
                    {"token": link} if "token" in rule.arguments else arguments_of_lans(rule, lan, shops)
                )
                path = app.url_map.bind("localhost").build(rule.endpoint, arguments)
                found.append((path, declared(app, rule.endpoint)))
    assert len(found) >= 8
    return found


@pytest.mark.parametrize("who", ["lan", "mai", "tuan"])
def test_no_address_writes_when_it_is_read(
    held: HeldClock,
    addresses: list[tuple[str, str | None]],
    people: dict[str, Actor],
    phone_of: PhoneOf,
    who: str,
    subtests: pytest.Subtests,
) -> None:
    phone = phone_of(people[who])
    for path, _ in addresses:
        for headers in ({}, {"HX-Request": "true"}):
            for asked in (path, path + ASKED.get(path, "?x=1")):
                with subtests.test(asked), sql_log() as said:
                    assert phone.get(asked, headers=headers).status_code < 500
                    assert changes(said) == []


def test_no_address_writes_when_a_stranger_reads_it(
    client: FlaskClient, addresses: list[tuple[str, str | None]], subtests: pytest.Subtests
) -> None:
    client.set_cookie("session", "made-up")
    for path, _ in addresses:
        for method in ("GET", "HEAD", "OPTIONS"):
            with subtests.test(f"{method} {path}"), sql_log() as said:
                client.open(path, method=method)
                assert changes(said) == []


def test_but_that_somebody_was_there_is_written_down(held: HeldClock, phone: FlaskClient) -> None:
    held.move(TOUCH_EVERY * 2)
    with sql_log() as said:
        phone.get("/settings")
    [touch] = changes([statement for statement in said if not statement.startswith("BEGIN")])
    assert touch.startswith("UPDATE sessions SET")
    assert "seen_at" in touch


def test_the_log_would_show_a_write(house: House) -> None:
    with sql_log() as said, house(), writing():
        DeviceSession.prune(at=clock.now())
        db.session.execute(select(User.id).with_for_update())
    assert len(changes(said)) >= 1


@pytest.mark.parametrize(
    ("statement", "is_one"),
    [
        ("SELECT 1", False),
        ("  select 1", False),
        ("WITH x AS (SELECT 1) SELECT * FROM x", False),
        ("WITH x AS (DELETE FROM y RETURNING *) SELECT * FROM x", True),
        ("INSERT INTO x VALUES (1)", True),
        ("\nupdate x set y = 1", True),
        ("CREATE TABLE x (y)", True),
        ("VACUUM", True),
    ],
)
def test_a_change_is_known_by_its_first_word(statement: str, is_one: bool) -> None:
    assert bool(changes([statement])) is is_one


def test_head_says_what_get_says_without_the_body(
    phone: FlaskClient, addresses: list[tuple[str, str | None]], lan: Actor, subtests: pytest.Subtests
) -> None:
    for path, needs in addresses:
        if needs is None or lan.may(needs):
            with subtests.test(path):
                got, head = phone.get(path), phone.head(path)
                assert head.status_code == got.status_code
                assert head.data == b""
                for name in ("Content-Type", "Cache-Control", "Content-Security-Policy", "Vary"):
                    assert head.headers.get(name) == got.headers.get(name)


def test_options_names_the_methods_to_whoever_may_come_in(client: FlaskClient, phone: FlaskClient) -> None:
    assert set(phone.options("/settings").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}
    assert client.options("/settings").status_code == 303
