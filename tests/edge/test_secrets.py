"""Canaries: secrets are sung into every corner, and must not be heard in a log or on a page."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, text

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.config import Settings
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.scope import system_access
from tests.edge.conftest import Misbehave

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]

PASSWORD = "canary in the password mine"
WRONG = "canary that never was a password"
NAME = "Canary-Trading-Co"


@pytest.fixture
def link(house: House, lan: Actor) -> str:
    with house(), writing():
        return OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())


@pytest.fixture
def secrets(phone: FlaskClient, house: House, lan: Actor, link: str, settings: Settings) -> dict[str, str]:
    """What nobody may read but its owner."""
    cookie = phone.get_cookie("session")
    assert cookie is not None
    with house(), writing():
        user = db.session.get_one(User, lan.id)
        user.password_hash = passwords.hash_password(PASSWORD)
        kept = user.password_hash
    return {
        "session token": cookie.value,
        "link token": link,
        "password": PASSWORD,
        "wrong password": WRONG,
        "password hash": kept,
        "SECRET_KEY": settings.secret_key,
        "customer's name in a search": NAME,
    }


def lines(said: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.getvalue().splitlines()]


def heard(secrets: dict[str, str], where: str) -> list[str]:
    return [name for name, secret in secrets.items() if secret in where]


def test_no_secret_is_heard_whatever_people_do(
    phone: FlaskClient, client: FlaskClient, lan: Actor, link: str, secrets: dict[str, str], said: io.StringIO
) -> None:
    pages = [
        client.post("/session", data={"email": lan.email, "password": WRONG}),
        client.post("/session", data={"email": lan.email, "password": PASSWORD, "next": "/settings"}),
        client.post("/session", data={"email": PASSWORD, "password": ""}, headers={"Idempotency-Key": "k"}),
        client.get(f"/session/new?email={WRONG}&password={PASSWORD}"),
        client.get(f"/join/{link}/"),
        client.get(f"/join/{link}/x?token={link}"),
        client.delete(f"/join/{link}"),
        client.get(f"/Join/{link}"),
        client.get(f"/crm/join/{link}"),
        client.post(f"/join/{link}", headers={"Sec-Fetch-Site": "cross-site"}),
        phone.get(f"/customers?q={NAME}&token={link}"),
        phone.post("/settings/password", data={"current": WRONG, "password": PASSWORD}),
        phone.post("/settings/password", data={"current": PASSWORD, "password": "x"}),
        client.post(f"/join/{link}"),
        client.post(f"/join/{link}"),
        phone.get("/settings"),
    ]
    kept_back = {name: secret for name, secret in secrets.items() if not name.startswith("customer")}
    for answer in pages:
        assert "PASSWORD" not in answer.text
        shown = answer.text.replace(f'value="{PASSWORD}"', "")  # typed as an email, it is shown as one
        assert heard(kept_back, shown) == [], answer.request.path
    assert lines(said)
    assert heard(secrets, said.getvalue()) == []


def test_the_page_of_a_link_alone_shows_its_secret(
    client: FlaskClient, link: str, secrets: dict[str, str], said: io.StringIO
) -> None:
    page = client.get(f"/join/{link}").text
    assert heard(secrets, page) == ["link token"]
    assert heard(secrets, said.getvalue()) == []


def test_no_fault_of_ours_tells_a_secret(
    app: Flask,
    phone: FlaskClient,
    misbehave: Misbehave,
    secrets: dict[str, str],
    said: io.StringIO,
    lan: Actor,
) -> None:
    """Also those of the database, which likes to repeat what it was asked with."""
    every = " ".join(secrets.values())

    def inserts_twice() -> None:
        with writing():
            row = {"id": lan.id, "name": PASSWORD, "role": "rep", "zone": "UTC", "created_at": clock.now()}
            db.session.execute(insert(User), [{**row, "password_hash": secrets["password hash"]}])

    def asks_wrongly() -> None:
        db.session.execute(text("SELECT no_such_thing FROM users WHERE name = :name"), {"name": every})

    def leaves_out() -> None:
        with system_access("a test"), writing():
            row = {"id": new_id(), "preferences": every, "address": f"{every}\n\n{every}"}
            db.session.execute(insert(Customer), [row])

    for view in (inserts_twice, asks_wrongly, leaves_out):
        answer = phone.post(misbehave(view), data={"password": every})
        answer = (
            phone.get(misbehave(view), query_string={"q": every}) if answer.status_code == 405 else answer
        )
        assert answer.status_code in (500, 503)
        assert heard(secrets, answer.text) == []
    assert said.getvalue().count("IntegrityError") >= 2
    assert "no_such_thing" in said.getvalue()
    assert heard(secrets, said.getvalue()) == []


def test_every_line_names_its_request_and_no_question(
    phone: FlaskClient, client: FlaskClient, misbehave: Misbehave, said: io.StringIO
) -> None:
    def breaks() -> None:
        raise RuntimeError

    numbers = [
        phone.get("/settings?x=1").headers["X-Request-Id"],
        client.get("/nowhere?x=1").headers["X-Request-Id"],
        phone.get(f"{misbehave(breaks)}?lat=10.77&lng=106.69").headers["X-Request-Id"],
    ]
    written = lines(said)
    assert {line["request_id"] for line in written} == set(numbers)
    for line in written:
        assert "?" not in line["path"]
        assert "106.69" not in json.dumps(line)


def test_a_line_cannot_be_forged(client: FlaskClient, said: io.StringIO) -> None:
    client.get(
        "/nowhere%0A%7B%22event%22%3A%22forged%22%7D", headers={"User-Agent": 'x\\n{"event": "forged"}'}
    )
    assert [line["event"] for line in lines(said)] == ["request"]


def test_the_health_check_does_not_fill_the_log(client: FlaskClient, said: io.StringIO) -> None:
    client.get("/healthz")
    client.get("/static/icons/mark.svg")
    assert lines(said) == []
