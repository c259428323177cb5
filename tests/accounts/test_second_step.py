"""The second step: a code of the app or of paper, once each, and nothing between the two steps that opens anything."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts import pending
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import PER_ACCOUNT
from crmweb.accounts.models import User
from crmweb.accounts.recovery import HOW_MANY, RecoveryCode
from crmweb.accounts.totp import TotpSecret
from crmweb.accounts.tries import CODES_A_DAY
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.accounts.conftest import PASSWORD, code_of, is_in, try_password

House = Callable[[], AbstractContextManager[None]]
WithPassword = Callable[[Actor], Actor]
WithApp = Callable[[Actor], TOTP]
CodesOf = Callable[[Actor], list[str]]
LinkFor = Callable[..., str]


def halfway(client: FlaskClient, person: Actor, **more: str) -> FlaskClient:
    """The first step is done."""
    answer = try_password(client, person.email, PASSWORD, **more)
    assert (answer.status_code, answer.location) == (303, "/session/second")
    return client


def try_code(client: FlaskClient, code: str) -> TestResponse:
    return client.post("/session/second", data={"code": code})


def test_lan_comes_in_with_password_and_code_and_where_she_wanted(
    client: FlaskClient, lan: Actor, with_password: WithPassword, with_app: WithApp
) -> None:
    app = with_app(with_password(lan))
    halfway(client, lan, next="/nearby?tier=A")
    assert not is_in(client)
    assert lan.name in client.get("/session/second").text
    answer = try_code(client, code_of(app))
    assert (answer.status_code, answer.location) == (303, "/nearby?tier=A")
    assert is_in(client)
    assert client.get_cookie("pending") is None


def test_halfway_opens_nothing(
    client: FlaskClient, lan: Actor, with_password: WithPassword, with_app: WithApp
) -> None:
    with_app(with_password(lan))
    halfway(client, lan)
    held = client.get_cookie("pending")
    assert held is not None
    client.set_cookie("session", held.value)
    assert not is_in(client)


def test_a_wrong_code_is_told_and_the_step_stays(
    client: FlaskClient, lan: Actor, with_password: WithPassword, with_app: WithApp
) -> None:
    app = with_app(with_password(lan))
    halfway(client, lan)
    for wrong in ("", "12345", "abcdef", "1234567", "１２３４５６", "x" * 5000):
        assert try_code(client, wrong).status_code == 422
    assert not is_in(client)
    assert try_code(client, f" {code_of(app)[:3]} {code_of(app)[3:]} ").status_code == 303


def test_a_code_opens_once(
    app: Flask, client: FlaskClient, lan: Actor, with_password: WithPassword, with_app: WithApp
) -> None:
    phone = with_app(with_password(lan))
    seen = code_of(phone)
    assert try_code(halfway(client, lan), seen).status_code == 303
    thief = halfway(app.test_client(), lan)
    assert try_code(thief, seen).status_code == 422
    assert try_code(thief, code_of(phone, -1)).status_code == 422, "nor does the one before it"
    assert not is_in(thief)


def test_of_two_who_bring_a_code_at_once_one_gets_in(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp
) -> None:
    phone = with_app(with_password(lan))
    crowd = [halfway(app.test_client(), lan) for _ in range(4)]
    code = code_of(phone)
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda each: try_code(each, code).status_code, crowd))
    assert sorted(answers) == [303, 422, 422, 422]


def test_a_phones_clock_may_be_half_a_minute_off_and_no_more(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp, held: HeldClock
) -> None:
    phone = with_app(with_password(lan))
    assert try_code(halfway(app.test_client(), lan), code_of(phone, -2)).status_code == 422
    assert try_code(halfway(app.test_client(), lan), code_of(phone, 2)).status_code == 422
    assert try_code(halfway(app.test_client(), lan), code_of(phone, -1)).status_code == 303
    held.move(timedelta(minutes=5))
    assert try_code(halfway(app.test_client(), lan), code_of(phone, 1)).status_code == 303


def test_guessing_codes_is_slowed_and_a_right_password_forgives_nothing(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp, held: HeldClock
) -> None:
    phone = with_app(with_password(lan))
    for _ in range(PER_ACCOUNT):
        assert try_code(halfway(app.test_client(), lan), "000000").status_code == 422
    client = halfway(app.test_client(), lan)
    assert try_code(client, code_of(phone)).status_code == 429
    assert not is_in(client)
    held.move(timedelta(minutes=16))
    assert try_code(halfway(app.test_client(), lan), code_of(phone)).status_code == 303


def test_who_guesses_all_day_long_has_guessed_enough(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp, held: HeldClock
) -> None:
    phone = with_app(with_password(lan))
    for _ in range(CODES_A_DAY // PER_ACCOUNT):
        for _ in range(PER_ACCOUNT):
            assert try_code(halfway(app.test_client(), lan), "000000").status_code == 422
        held.move(timedelta(minutes=16))
    client = halfway(app.test_client(), lan)
    refused = try_code(client, code_of(phone))
    assert refused.status_code == 429
    assert "Too many wrong codes today" in refused.text
    assert not is_in(client)
    held.move(timedelta(days=1))
    assert try_code(halfway(app.test_client(), lan), code_of(phone)).status_code == 303


def test_the_second_step_waits_for_ten_minutes(
    client: FlaskClient, lan: Actor, with_password: WithPassword, with_app: WithApp, held: HeldClock
) -> None:
    phone = with_app(with_password(lan))
    halfway(client, lan)
    held.move(pending.LIFE)
    assert client.get("/session/second").location == "/session/new"
    assert try_code(client, code_of(phone)).location == "/session/new"
    assert not is_in(client)


def test_halfway_ends_with_a_new_password_and_with_the_person_who_leaves(
    app: Flask, lan: Actor, tuan: Actor, with_password: WithPassword, with_app: WithApp, house: House
) -> None:
    phone = with_app(with_password(lan))
    first = halfway(app.test_client(), lan)
    with house(), writing():
        user = db.session.get_one(User, lan.id)
        user.set_password(user.password_hash or "", by=tuan, at=clock.now())
    assert try_code(first, code_of(phone)).location == "/session/new"
    second = halfway(app.test_client(), lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert try_code(second, code_of(phone)).location == "/session/new"
    assert not is_in(first)
    assert not is_in(second)


def test_the_first_step_counts_for_one_second(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp, held: HeldClock
) -> None:
    phone, client = with_app(with_password(lan)), halfway(app.test_client(), lan)
    copied = client.get_cookie("pending")
    assert copied is not None
    assert try_code(client, code_of(phone)).status_code == 303
    held.move(timedelta(minutes=1))
    thief = app.test_client()
    thief.set_cookie("pending", copied.value)
    assert try_code(thief, code_of(phone)).location == "/session/new"
    assert not is_in(thief)


def test_a_link_is_the_first_step_only(
    client: FlaskClient, lan: Actor, with_app: WithApp, link_for: LinkFor
) -> None:
    phone = with_app(lan)
    answer = client.post(link_for(lan))
    assert answer.location == "/session/second"
    assert not is_in(client)
    assert try_code(client, code_of(phone)).status_code == 303
    assert is_in(client)


def test_a_new_password_by_a_link_is_the_first_step_only(
    client: FlaskClient, lan: Actor, with_app: WithApp, link_for: LinkFor
) -> None:
    phone = with_app(lan)
    link = link_for(lan, purpose="reset").replace("/join/", "/reset/")
    assert client.post(link, data={"password": PASSWORD}).location == "/session/second"
    assert not is_in(client)
    assert try_code(client, code_of(phone)).status_code == 303
    assert is_in(client)


# --- recovery codes -----------------------------------------------------------------------------------


def test_a_recovery_code_opens_once_however_it_is_typed(
    app: Flask,
    client: FlaskClient,
    lan: Actor,
    with_password: WithPassword,
    with_app: WithApp,
    codes_of: CodesOf,
    house: House,
) -> None:
    with_app(with_password(lan))
    code = codes_of(lan)[3]
    assert try_code(halfway(client, lan), f" {code.upper().replace('-', ' ')}").status_code == 303
    assert try_code(halfway(app.test_client(), lan), code).status_code == 422
    with house():
        assert RecoveryCode.left(lan.id) == HOW_MANY - 1
        used = db.session.scalars(select(Entry).where(Entry.action == "recovery.used")).one()
        assert (used.by_id, used.values.after) == (lan.id, {"left": HOW_MANY - 1})


def test_of_two_who_bring_a_recovery_code_at_once_one_gets_in(
    app: Flask, lan: Actor, with_password: WithPassword, with_app: WithApp, codes_of: CodesOf
) -> None:
    with_app(with_password(lan))
    code = codes_of(lan)[0]
    crowd = [halfway(app.test_client(), lan) for _ in range(4)]
    with ThreadPoolExecutor(4) as hands:
        answers = list(hands.map(lambda each: try_code(each, code).status_code, crowd))
    assert sorted(answers) == [303, 422, 422, 422]


def test_another_persons_codes_open_nothing(
    client: FlaskClient,
    lan: Actor,
    mai: Actor,
    with_password: WithPassword,
    with_app: WithApp,
    codes_of: CodesOf,
) -> None:
    with_app(with_password(lan))
    hers = with_app(mai)
    halfway(client, lan)
    assert try_code(client, code_of(hers)).status_code == 422
    assert try_code(client, codes_of(mai)[0]).status_code == 422


# --- what is kept -------------------------------------------------------------------------------------


def test_nobody_who_reads_the_database_can_make_a_code(
    lan: Actor, with_app: WithApp, codes_of: CodesOf, house: House
) -> None:
    phone, codes = with_app(lan), codes_of(lan)
    with house():
        kept = db.session.get_one(TotpSecret, lan.id).sealed
        paper = db.session.scalars(select(RecoveryCode.fingerprint)).all()
    assert phone.byte_secret() not in kept
    assert not any(code.replace("-", "").encode() in mark for code in codes for mark in paper)


def test_a_secret_moved_to_another_person_opens_nothing(
    lan: Actor, mai: Actor, with_app: WithApp, house: House
) -> None:
    with_app(lan)
    with_app(mai)
    with house(), writing():
        hers = db.session.get_one(TotpSecret, lan.id)
        db.session.get_one(TotpSecret, mai.id).sealed = hers.sealed
    with house():
        assert db.session.get_one(TotpSecret, mai.id).key is None


def test_the_houses_key_is_changed_with_overlap(
    app: Flask,
    client: FlaskClient,
    lan: Actor,
    with_password: WithPassword,
    with_app: WithApp,
    codes_of: CodesOf,
    held: HeldClock,
) -> None:
    phone = with_app(with_password(lan))
    paper, before = codes_of(lan), app.extensions["settings"]
    new = "another key of the house: 51c8f2a0b7de4936"
    try:
        app.extensions["settings"] = replace(before, secret_key=new, old_secret_keys=(before.secret_key,))
        assert try_code(halfway(client, lan), code_of(phone)).status_code == 303
        assert try_code(halfway(client, lan), paper[0]).status_code == 303
        held.move(timedelta(minutes=1))
        app.extensions["settings"] = replace(before, secret_key=new)
        assert try_code(halfway(client, lan), code_of(phone)).status_code == 303, (
            "sealed anew when it was used"
        )
    finally:
        app.extensions["settings"] = before
