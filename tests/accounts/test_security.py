"""Setting a second step up, turning it off, and showing before that that it is you."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyotp import TOTP
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts import proof
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import PER_ACCOUNT
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.recovery import HOW_MANY
from crmweb.accounts.rulings import Ruling
from crmweb.accounts.second_factors import has_second_factor, reset
from crmweb.accounts.totp import TotpSecret
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from tests.accounts.conftest import PASSWORD, code_of, is_in, try_password

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
WithPassword = Callable[[Actor], Actor]
WithApp = Callable[[Actor], TOTP]
CodesOf = Callable[[Actor], list[str]]

APP = "/settings/security/app"
CODE = re.compile(r"<li>((?:[a-z0-9]{4}-){2}[a-z0-9]{4})</li>")


def key_shown(phone: FlaskClient) -> TOTP:
    """The app after it has read the page."""
    page = phone.get(APP)
    assert page.headers["Cache-Control"] == "no-store"
    found = re.search(r'href="(otpauth:[^"]+)"', page.text)
    assert found is not None
    asked = parse_qs(urlsplit(unescape(found[1])).query)
    return TOTP(asked["secret"][0])


def set_up(phone: FlaskClient) -> list[str]:
    """The whole way; returns the recovery codes."""
    assert phone.post(APP).location == APP
    answer = phone.post(f"{APP}/confirmation", data={"code": code_of(key_shown(phone))})
    assert answer.status_code == 200
    return CODE.findall(answer.text)


def actions(house: House) -> list[str]:
    with house():
        return list(db.session.scalars(select(Entry.action).order_by(Entry.seq)))


def test_lan_sets_the_app_up_and_gets_ten_codes_for_her_drawer(
    app: Flask, lan: Actor, phone_of: PhoneOf, with_password: WithPassword, house: House, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    codes = set_up(phone)
    assert len(set(codes)) == HOW_MANY
    shown = phone.get("/settings/security").text
    assert f"{HOW_MANY} unused" in shown
    assert codes[0] not in shown
    assert "mfa.enabled" in actions(house)
    other = app.test_client()
    assert try_password(other, lan.email, PASSWORD).location == "/session/second"
    assert other.post("/session/second", data={"code": codes[0]}).status_code == 303


def test_a_key_that_no_code_confirmed_is_asked_of_nobody(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    phone.post(APP)
    app = key_shown(phone)
    assert phone.post(f"{APP}/confirmation", data={"code": code_of(app, 5)}).status_code == 422
    assert try_password(client, lan.email, PASSWORD).location == "/"


def test_the_key_stays_while_it_is_being_typed_and_goes_after_an_hour(
    lan: Actor, phone_of: PhoneOf, held: HeldClock
) -> None:
    phone = phone_of(lan)
    phone.post(APP)
    first = key_shown(phone).secret
    phone.post(APP)
    assert key_shown(phone).secret == first
    held.move(timedelta(hours=2))
    phone = phone_of(lan)
    phone.post(APP)
    assert key_shown(phone).secret != first


def test_the_code_that_confirmed_it_opens_nothing_more(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    phone.post(APP)
    seen = code_of(key_shown(phone))
    phone.post(f"{APP}/confirmation", data={"code": seen})
    try_password(client, lan.email, PASSWORD)
    assert client.post("/session/second", data={"code": seen}).status_code == 422


def test_confirming_twice_shows_no_codes_again(lan: Actor, phone_of: PhoneOf, held: HeldClock) -> None:
    phone = phone_of(lan)
    phone.post(APP)
    code = code_of(key_shown(phone))
    phone.post(f"{APP}/confirmation", data={"code": code})
    assert phone.post(f"{APP}/confirmation", data={"code": code}).location == "/settings/security"
    assert phone.get(APP).location == "/settings/security", "nor is the key shown again"
    assert phone.post(APP).location == APP
    assert phone.get(APP).location == "/settings/security"


def test_guessing_at_the_confirmation_is_slowed(lan: Actor, phone_of: PhoneOf, held: HeldClock) -> None:
    phone = phone_of(lan)
    phone.post(APP)
    app = key_shown(phone)
    for _ in range(PER_ACCOUNT):
        assert phone.post(f"{APP}/confirmation", data={"code": "000000"}).status_code == 422
    assert phone.post(f"{APP}/confirmation", data={"code": code_of(app)}).status_code == 429


def test_lan_turns_the_app_off_and_her_paper_is_waste(
    client: FlaskClient,
    lan: Actor,
    phone_of: PhoneOf,
    with_password: WithPassword,
    house: House,
    held: HeldClock,
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    set_up(phone)
    assert phone.post(f"{APP}/end").status_code == 303
    assert try_password(client, lan.email, PASSWORD).location == "/"
    assert "mfa.disabled" in actions(house)
    assert "Recovery codes" not in phone.get("/settings/security").text


def test_new_codes_end_the_old(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    old = set_up(phone)
    new = CODE.findall(phone.post("/settings/security/recovery-codes").text)
    try_password(client, lan.email, PASSWORD)
    assert client.post("/session/second", data={"code": old[0]}).status_code == 422
    assert client.post("/session/second", data={"code": new[0]}).status_code == 303


def test_who_has_no_second_step_gets_no_codes(lan: Actor, phone_of: PhoneOf) -> None:
    assert phone_of(lan).post("/settings/security/recovery-codes").location == "/settings/security"


def test_an_admin_lets_in_who_lost_phone_and_paper(
    client: FlaskClient, lan: Actor, tuan: Actor, with_password: WithPassword, with_app: WithApp, house: House
) -> None:
    with_app(with_password(lan))
    with house(), writing():
        reset(db.session.get_one(User, lan.id), by=tuan, at=clock.now())
        assert not has_second_factor(lan.id)
    assert try_password(client, lan.email, PASSWORD).location == "/"
    assert "mfa.disabled" in actions(house)


# --- fresh --------------------------------------------------------------------------------------------


FRESH = [
    ("POST", APP),
    ("GET", APP),
    ("POST", f"{APP}/confirmation"),
    ("POST", f"{APP}/end"),
    ("POST", "/settings/security/recovery-codes"),
    ("POST", "/settings/security/passkeys/challenge"),
    ("POST", "/settings/security/passkeys"),
]


@pytest.mark.parametrize(("method", "path"), FRESH)
def test_an_open_phone_on_a_table_is_not_enough(
    lan: Actor, phone_of: PhoneOf, held: HeldClock, house: House, method: str, path: str
) -> None:
    phone = phone_of(lan)
    held.move(proof.FRESH_FOR)
    sent_from = {"Referer": "http://localhost/settings/security"}
    answer = phone.open(path, method=method, headers=sent_from)
    back = "/settings/security" if method == "POST" else path
    assert (answer.status_code, answer.location) == (303, f"/session/proof?next={back}")
    script = phone.open(path, method=method, headers={"Idempotency-Key": "k"})
    assert (script.status_code, script.json) == (401, {"error": "proof_needed"})
    htmx = phone.open(path, method=method, headers={"HX-Request": "true", **sent_from})
    assert htmx.headers["HX-Redirect"] == "/session/proof?next=/settings/security"
    with house():
        assert db.session.get(TotpSecret, lan.id) is None


def test_nobody_is_sent_elsewhere_by_where_they_came_from(
    lan: Actor, phone_of: PhoneOf, held: HeldClock
) -> None:
    phone = phone_of(lan)
    held.move(proof.FRESH_FOR)
    for elsewhere in (
        "https://evil.example/x",
        "http://localhost.evil.example/",
        "http://localhost//evil.example",
    ):
        assert phone.post(APP, headers={"Referer": elsewhere}).location == "/session/proof"
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert "evil.example" not in phone.get("/session/proof", query_string={"next": target}).text


def test_a_password_shows_that_it_is_lan_for_ten_minutes(
    lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    held.move(proof.FRESH_FOR)
    assert phone.post("/session/proof", data={"password": "wrong", "next": APP}).status_code == 422
    answer = phone.post("/session/proof", data={"password": PASSWORD, "next": "/settings/security"})
    assert (answer.status_code, answer.location) == (303, "/settings/security")
    assert phone.post(APP).location == APP
    held.move(proof.FRESH_FOR * 2)
    assert phone.post(APP).location.startswith("/session/proof")


def test_a_proof_counts_on_the_device_where_it_was_given(
    lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    here, lost = phone_of(lan), phone_of(lan)
    held.move(proof.FRESH_FOR)
    here.post("/session/proof", data={"password": PASSWORD})
    assert lost.post(APP).location.startswith("/session/proof")


def test_with_the_app_on_the_password_alone_shows_nothing(
    lan: Actor,
    phone_of: PhoneOf,
    with_password: WithPassword,
    with_app: WithApp,
    codes_of: CodesOf,
    held: HeldClock,
) -> None:
    app = with_app(with_password(lan))
    paper = codes_of(lan)
    phone = phone_of(lan)
    held.move(proof.FRESH_FOR)
    for wrong in ({"password": PASSWORD}, {"code": code_of(app)}, {"password": PASSWORD, "code": "000000"}):
        assert phone.post("/session/proof", data=wrong).status_code == 422
        assert phone.post(f"{APP}/end").location.startswith("/session/proof")
    right = {"password": PASSWORD, "code": code_of(app)}
    assert phone.post("/session/proof", data=right).status_code == 303
    assert phone.post("/session/proof", data=right).status_code == 422, "a code counts once here, too"
    assert phone.post("/session/proof", data={"password": PASSWORD, "code": paper[0]}).status_code == 303
    assert phone.post(f"{APP}/end").location == "/settings/security"


def test_guessing_at_the_proof_is_slowed(
    lan: Actor, phone_of: PhoneOf, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    for _ in range(PER_ACCOUNT):
        assert phone.post("/session/proof", data={"password": "not this one"}).status_code == 422
    answer = phone.post("/session/proof", data={"password": PASSWORD})
    assert answer.status_code == 422
    assert "Too many tries" in answer.text


def test_who_has_nothing_to_show_is_told_to_choose_a_password(
    lan: Actor, phone_of: PhoneOf, held: HeldClock
) -> None:
    phone = phone_of(lan)
    assert "/settings#change-password" in phone.get("/session/proof").text
    held.move(proof.FRESH_FOR)
    assert phone.post("/session/proof", data={"password": ""}).status_code == 422
    assert phone.post(APP).location.startswith("/session/proof")


# --- needed -------------------------------------------------------------------------------------------


@pytest.fixture
def needed(house: House, tuan: Actor) -> None:
    """The company wants a second step of everyone."""
    with house(), writing():
        Ruling.set(POLICIES["mfa_needed"], True, head_id=None, by=tuan, at=clock.now())


@pytest.mark.usefixtures("needed")
def test_who_needs_a_second_step_sets_it_up_before_anything_else(
    lan: Actor, phone_of: PhoneOf, held: HeldClock
) -> None:
    phone = phone_of(lan)
    for path in ("/", "/customers", "/settings"):
        assert phone.get(path).location.startswith(
            "/settings/security?next=" if path != "/" else "/settings/security"
        )
    script = phone.post("/settings/look", headers={"Idempotency-Key": "k"})
    assert (script.status_code, script.json) == (401, {"error": "second_factor_needed"})
    assert "asks everyone for a second step" in phone.get("/settings/security").text
    set_up(phone)
    assert phone.get("/").status_code == 200
    assert phone.post("/session/end").status_code == 303


@pytest.mark.usefixtures("needed")
def test_who_needs_a_second_step_may_leave_without(lan: Actor, phone_of: PhoneOf) -> None:
    assert phone_of(lan).post("/session/end").location == "/session/new"


@pytest.mark.usefixtures("needed")
def test_a_session_from_before_shows_the_second_factor_once(
    lan: Actor, phone_of: PhoneOf, with_password: WithPassword, with_app: WithApp
) -> None:
    app = with_app(with_password(lan))
    phone = phone_of(lan)
    assert phone.get("/customers").location == "/session/proof?next=/customers"
    phone.post("/session/proof", data={"password": PASSWORD, "code": code_of(app)})
    assert is_in(phone)
