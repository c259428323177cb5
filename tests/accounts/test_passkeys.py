"""Passkeys: both factors at once for whoever holds the phone, and nothing for whoever holds a copy of what it said."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts import challenges, proof
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import PER_ADDRESS
from crmweb.accounts.challenges import Challenge
from crmweb.accounts.models import User
from crmweb.accounts.passkeys import Passkey
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.accounts.conftest import PASSWORD, is_in, try_password
from tests.accounts.test_throttle import failed_before
from tests.machine.authenticator import Authenticator

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
WithPassword = Callable[[Actor], Actor]
KeyOf = Callable[..., Authenticator]

KEYS = "/settings/security/passkeys"


def asked(client: FlaskClient, path: str = "/session/passkey/challenge") -> dict[str, Any]:
    answer = client.post(path)
    assert answer.status_code == 200, answer.text
    return dict(json.loads(answer.text))


def enter(client: FlaskClient, credential: str, **more: str) -> TestResponse:
    return client.post("/session/passkey", data={"credential": credential, **more})


def add(phone: FlaskClient, key: Authenticator, name: str = "My phone") -> TestResponse:
    made = key.make(asked(phone, f"{KEYS}/challenge"))
    return phone.post(KEYS, data={"name": name, "credential": made})


@pytest.fixture
def key_of(phone_of: PhoneOf) -> KeyOf:
    """`key_of(lan)`: a phone that keeps a passkey of hers."""

    def make(person: Actor, name: str = "My phone") -> Authenticator:
        key = Authenticator()
        assert add(phone_of(person), key, name).status_code in (200, 303)
        return key

    return make


def test_lan_adds_a_passkey_and_comes_in_by_it_alone(
    client: FlaskClient, lan: Actor, key_of: KeyOf, house: House
) -> None:
    key = key_of(lan)
    answer = enter(client, key.sign(asked(client)), next="/nearby")
    assert (answer.status_code, answer.location) == (303, "/nearby")
    assert is_in(client)
    shown = client.get("/settings/security").text
    assert "My phone" in shown
    assert "Last used" in shown
    with house():
        actions = db.session.scalars(select(Entry.action)).all()
    assert "passkey.added" in actions


def test_the_first_passkey_brings_recovery_codes_the_second_does_not(lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    first = add(phone, Authenticator())
    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-store"
    assert add(phone, Authenticator(), "Laptop").location == "/settings/security"
    shown = phone.get("/settings/security").text
    assert "My phone" in shown
    assert "Laptop" in shown


def test_with_a_passkey_the_password_alone_does_not_open(
    client: FlaskClient, lan: Actor, with_password: WithPassword, key_of: KeyOf
) -> None:
    key = key_of(with_password(lan))
    assert try_password(client, lan.email, PASSWORD, next="/nearby").location == "/session/second"
    assert enter(client, key.sign(asked(client))).status_code == 303
    assert is_in(client)


def test_a_passkey_without_a_name_is_called_by_its_device(lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    add(phone, Authenticator(), "  ")
    add(phone, Authenticator(), "\u202eevil" + "x" * 20)
    shown = phone.get("/settings/security").text
    assert "Unknown device" in shown
    assert "\u202e" not in shown


def test_a_passkey_that_is_removed_opens_nothing(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, key_of: KeyOf, house: House
) -> None:
    key, phone = key_of(lan), phone_of(lan)
    with house():
        kept = db.session.scalars(select(Passkey.id)).one()
    assert phone.post(f"{KEYS}/{kept}/end").status_code == 303
    assert enter(client, key.sign(asked(client))).location == "/session/new"
    assert not is_in(client)


def test_another_persons_passkey_is_not_there(
    mai: Actor, lan: Actor, phone_of: PhoneOf, key_of: KeyOf, house: House
) -> None:
    key_of(lan)
    with house():
        kept = db.session.scalars(select(Passkey.id)).one()
    assert phone_of(mai).post(f"{KEYS}/{kept}/end").status_code == 404


# --- forged -------------------------------------------------------------------------------------------


def wrong_origin(key: Authenticator) -> None:
    key.origin = "https://crmweb.evil.example"


def wrong_host(key: Authenticator) -> None:
    key.host = "evil.example"


def nobody_verified(key: Authenticator) -> None:
    key.verifies = False


def count_of_a_copy(key: Authenticator) -> None:
    key.count = 0


def key_of_another(key: Authenticator) -> None:
    key.key = Authenticator().key


def handle_of_another(key: Authenticator) -> None:
    key.handle = bytes(16)


def unknown_id(key: Authenticator) -> None:
    key.id = Authenticator().id


FORGERIES = [
    wrong_origin, wrong_host, nobody_verified, count_of_a_copy, key_of_another, handle_of_another, unknown_id
]  # fmt: skip


@pytest.mark.parametrize("forge", FORGERIES)
def test_what_is_forged_opens_nothing(
    app: Flask, client: FlaskClient, lan: Actor, key_of: KeyOf, forge: Callable[[Authenticator], None]
) -> None:
    key = key_of(lan)
    assert enter(app.test_client(), key.sign(asked(app.test_client()))).location == "/session/new", (
        "the challenge of another browser"
    )
    before = app.test_client()
    assert enter(before, key.sign(asked(before))).status_code == 303
    assert is_in(before)
    forge(key)
    answer = enter(client, key.sign(asked(client)))
    assert answer.location == "/session/new"
    assert not is_in(client)


@pytest.mark.parametrize("forge", [wrong_origin, wrong_host, nobody_verified])
def test_what_is_forged_is_not_added(
    lan: Actor, phone_of: PhoneOf, house: House, forge: Callable[[Authenticator], None]
) -> None:
    key = Authenticator()
    forge(key)
    assert add(phone_of(lan), key).location == "/settings/security"
    with house():
        assert db.session.scalar(select(func.count()).select_from(Passkey)) == 0


def test_an_answer_that_was_overheard_opens_nothing(
    app: Flask, client: FlaskClient, lan: Actor, key_of: KeyOf
) -> None:
    key = key_of(lan)
    said = key.sign(asked(client))
    cookie = client.get_cookie("challenge")
    assert cookie is not None
    assert enter(client, said).status_code == 303
    thief = app.test_client()
    thief.set_cookie("challenge", cookie.value)
    assert enter(thief, said).location == "/session/new"
    assert not is_in(thief)


def test_a_challenge_is_spent_by_a_try_and_over_after_five_minutes(
    client: FlaskClient, lan: Actor, key_of: KeyOf, held: HeldClock
) -> None:
    key = key_of(lan)
    options = asked(client)
    enter(client, "{}")
    assert enter(client, key.sign(options)).location == "/session/new"
    options = asked(client)
    held.move(challenges.LIFE)
    assert enter(client, key.sign(options)).location == "/session/new"
    assert not is_in(client)


def test_a_challenge_counts_for_what_it_was_made(
    lan: Actor, phone_of: PhoneOf, key_of: KeyOf, held: HeldClock
) -> None:
    key, phone = key_of(lan), phone_of(lan)
    held.move(proof.FRESH_FOR - timedelta(minutes=1))
    to_add = asked(phone, f"{KEYS}/challenge")
    held.move(timedelta(minutes=1))
    phone.post("/session/proof/passkey", data={"credential": key.sign(to_add)})
    assert phone.post("/settings/security/app").location.startswith("/session/proof")
    phone.post("/session/proof/passkey", data={"credential": key.sign(asked(phone))})
    assert phone.post("/settings/security/app").location.startswith("/session/proof")


def test_a_passkey_of_somebody_who_left_opens_nothing(
    client: FlaskClient, lan: Actor, tuan: Actor, key_of: KeyOf, house: House
) -> None:
    key = key_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert enter(client, key.sign(asked(client))).location == "/session/new"
    assert not is_in(client)


@pytest.mark.parametrize(
    "nonsense",
    [
        "", "x", "null", "[]", "{}", '{"response": 1}', '{"response": {}}', '{"rawId": 1, "response": {}}',
        '{"rawId": "ế", "response": {"userHandle": "ế"}}', '{"rawId": "AA", "response": {"userHandle": 3}}',
        "[" * 100_000, '{"response": {}, "rawId": "' + "A" * 50_000 + '"}',
    ],
)  # fmt: skip
def test_nonsense_is_refused_like_any_other(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, nonsense: str
) -> None:
    asked(client)
    assert enter(client, nonsense).location == "/session/new"
    phone = phone_of(lan)
    asked(phone, f"{KEYS}/challenge")
    assert phone.post(KEYS, data={"credential": nonsense}).location == "/settings/security"


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle"])
def test_a_part_that_is_bent_is_refused(client: FlaskClient, lan: Actor, key_of: KeyOf, part: str) -> None:
    key = key_of(lan)
    for bent in ("", "AAAA", "*"):
        options = asked(client)
        assert enter(client, key.sign(options, **{part: bent})).location == "/session/new"
    assert not is_in(client)


def test_a_credential_belongs_to_one_person(
    client: FlaskClient, lan: Actor, outsider: Actor, phone_of: PhoneOf, key_of: KeyOf, house: House
) -> None:
    key = key_of(lan)
    copy = Authenticator(id=key.id)
    assert add(phone_of(outsider), copy).location == "/settings/security"
    with house():
        assert db.session.scalars(select(Passkey.user_id)).all() == [lan.id]


def test_trying_passkeys_is_slowed_by_address(app: Flask, lan: Actor, key_of: KeyOf, house: House) -> None:
    key = key_of(lan)
    for _ in range(10):
        enter(app.test_client(), "{}")
    client = app.test_client()
    assert enter(client, key.sign(asked(client))).location == "/", "one of an office mistook ten times"
    failed_before(house, PER_ADDRESS - 10)
    client = app.test_client()
    assert enter(client, key.sign(asked(client))).location == "/session/new"
    assert not is_in(client)


def test_a_stranger_cannot_fill_the_table_with_challenges(
    client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch, held: HeldClock
) -> None:
    monkeypatch.setattr(challenges, "PER_ADDRESS", 3)
    heard = [client.post("/session/passkey/challenge").status_code for _ in range(5)]
    assert heard == [200, 200, 200, 429, 429]
    held.move(challenges.LIFE)
    assert client.post("/session/passkey/challenge").status_code == 200
    with house():
        assert db.session.scalar(select(func.count()).select_from(Challenge)) == 1


# --- proof --------------------------------------------------------------------------------------------


def test_a_passkey_shows_that_it_is_lan(
    lan: Actor, mai: Actor, phone_of: PhoneOf, key_of: KeyOf, held: HeldClock
) -> None:
    hers, others = key_of(lan), key_of(mai)
    phone = phone_of(lan)
    held.move(proof.FRESH_FOR)
    for key, goes in ((others, "/session/proof?next=/settings/security"), (hers, "/settings/security")):
        options = asked(phone, "/session/proof/passkey/challenge")
        form = {"credential": key.sign(options), "next": "/settings/security"}
        assert phone.post("/session/proof/passkey", data=form).location == goes
    assert phone.post("/settings/security/app").location == "/settings/security/app"


def test_challenges_that_are_over_are_forgotten(client: FlaskClient, held: HeldClock, house: House) -> None:
    asked(client)
    held.move(challenges.LIFE + timedelta(seconds=1))
    with house(), writing():
        Challenge.prune(at=clock.now())
        assert db.session.scalar(select(func.count()).select_from(Challenge)) == 0
