"""Whoever guesses is slowed down, whatever they guess at, and whatever else has failed."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import DAY, PER_ACCOUNT, PER_ADDRESS, WINDOW, SignInAttempt
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.accounts.conftest import PASSWORD, is_in, try_password
from tests.conftest import Standing

House = Callable[[], AbstractContextManager[None]]
WithPassword = Callable[[Actor], Actor]
PhoneOf = Callable[[Actor], FlaskClient]
WRONG = "not the password at all"


def guess(client: FlaskClient, email: str, times: int) -> list[int]:
    return [try_password(client, email, WRONG).status_code for _ in range(times)]


def test_after_eight_guesses_even_the_right_one_has_to_wait(
    client: FlaskClient, lan: Actor, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    assert guess(client, "lan@example.com", PER_ACCOUNT) == [422] * PER_ACCOUNT
    assert try_password(client, "lan@example.com", PASSWORD).status_code == 429
    assert not is_in(client)
    held.move(WINDOW)
    assert try_password(client, "lan@example.com", PASSWORD).status_code == 303


def test_another_spelling_is_the_same_account(
    client: FlaskClient, with_password: WithPassword, lan: Actor
) -> None:
    with_password(lan)
    guess(client, "LAN@example.com", PER_ACCOUNT // 2)
    guess(client, " ｌａｎ@example.com", PER_ACCOUNT // 2)
    assert try_password(client, "lan@example.com", PASSWORD).status_code == 429


def test_guessing_at_nobody_looks_the_same(
    client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    answers = []
    for email in ("lan@example.com", "nobody@example.com"):
        guess(client, email, PER_ACCOUNT)
        tired = try_password(client, email, WRONG)
        answers.append((tired.status_code, tired.text.replace(email, "EMAIL")))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def failed_before(house: House, times: int, address: str = "127.0.0.1") -> None:
    """So many guesses at as many accounts came from there; hashing for each would take long."""
    with house(), writing():
        for number in range(times):
            SignInAttempt.failed(f"somebody{number}@example.com", address.format(number), at=clock.now())


def test_guessing_at_many_from_one_address_is_slowed_too(
    client: FlaskClient, held: HeldClock, house: House
) -> None:
    failed_before(house, PER_ADDRESS - 1)
    assert guess(client, "mai@example.com", 1) == [422]
    assert guess(client, "lan@example.com", 1) == [429]
    held.move(WINDOW)
    assert guess(client, "lan@example.com", 1) == [422]


def test_another_address_may_still_try(app: Flask, house: House) -> None:
    failed_before(house, PER_ADDRESS, "203.0.113.7")
    with house():
        assert SignInAttempt.too_many("lan@example.com", "203.0.113.7", at=clock.now())
        assert not SignInAttempt.too_many("lan@example.com", "203.0.113.8", at=clock.now())


def test_the_addresses_of_one_ipv6_line_are_one(house: House) -> None:
    failed_before(house, PER_ADDRESS, "2001:db8:0:7::{:x}")
    with house():
        assert SignInAttempt.too_many("lan@example.com", "2001:db8:0:7:ffff::1", at=clock.now())
        assert not SignInAttempt.too_many("lan@example.com", "2001:db8:0:8::1", at=clock.now())


def test_a_right_password_forgives_what_was_mistyped(
    app: Flask, client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    guess(client, "lan@example.com", PER_ACCOUNT - 1)
    assert try_password(client, "lan@example.com", PASSWORD).status_code == 303
    assert guess(app.test_client(), "lan@example.com", 2) == [422, 422]


def test_one_who_knows_a_password_cannot_clear_what_others_tried(
    app: Flask, client: FlaskClient, lan: Actor, with_password: WithPassword, house: House
) -> None:
    with_password(lan)
    failed_before(house, PER_ADDRESS - 1)
    try_password(app.test_client(), "lan@example.com", PASSWORD)
    assert guess(client, "one-more@example.com", 2) == [422, 429]


def test_losing_redis_lifts_nothing(
    client: FlaskClient, lan: Actor, with_password: WithPassword, standing: Standing
) -> None:
    with_password(lan)
    guess(client, "lan@example.com", PER_ACCOUNT)
    standing.redis_server.stop()
    assert try_password(client, "lan@example.com", PASSWORD).status_code == 429
    assert guess(client, "mai@example.com", 1) == [422]


def test_many_guesses_at_once_get_no_further(
    app: Flask, lan: Actor, with_password: WithPassword, house: House
) -> None:
    with_password(lan)
    with ThreadPoolExecutor(8) as crowd:
        answers = list(crowd.map(lambda _: guess(app.test_client(), "lan@example.com", 3), range(8)))
    heard = [status for answer in answers for status in answer]
    assert heard.count(422) == PER_ACCOUNT
    assert heard.count(429) == 24 - PER_ACCOUNT


def test_guessing_at_ones_own_password_in_the_settings_is_slowed_too(
    lan: Actor, with_password: WithPassword, phone_of: PhoneOf
) -> None:
    """A phone that lies open on a table is signed in already."""
    with_password(lan)
    phone = phone_of(lan)
    for _ in range(PER_ACCOUNT):
        form = {"current": WRONG, "password": "another boat on the river"}
        assert phone.post("/settings/password", data=form).status_code == 422
    right = {"current": PASSWORD, "password": "another boat on the river"}
    answer = phone.post("/settings/password", data=right)
    assert answer.status_code == 422
    assert "Too many tries" in answer.text


def test_old_guesses_are_forgotten(house: House, held: HeldClock) -> None:
    with house(), writing():
        SignInAttempt.failed("lan@example.com", "203.0.113.7", at=clock.now())
    held.move(DAY + timedelta(seconds=1))
    with house(), writing():
        SignInAttempt.prune(at=clock.now())
        assert db.session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_who_was_guessed_at_cannot_be_read_from_the_database(client: FlaskClient, house: House) -> None:
    guess(client, "lan@example.com", 1)
    with house():
        assert b"lan" not in db.session.scalars(select(SignInAttempt.account)).one()
