"""Signed-in devices: kept hashed, listed, ended from anywhere, and dead when they should be."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.held import TOUCH_EVERY
from crmweb.accounts.limits import ABSOLUTE, IDLE
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.rulings import Ruling
from crmweb.accounts.sessions import DeviceSession
from crmweb.clock import HeldClock
from crmweb.db import db, new_id, writing
from tests.accounts.conftest import PASSWORD, is_in, try_password

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
WithPassword = Callable[[Actor], Actor]


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def with_cookie(app: Flask, value: str) -> FlaskClient:
    """Another browser into which the cookie was copied."""
    client = app.test_client()
    client.set_cookie("session", value)
    return client


def test_what_the_database_keeps_opens_nothing(
    app: Flask, house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    token = cookie_of(phone_of(lan))
    assert len(token) >= 43, "256 bits"
    with house():
        kept = db.session.scalars(select(DeviceSession.token)).one()
    assert token.encode() not in kept
    for stolen in (kept.hex(), kept.decode("latin-1")):
        assert not is_in(with_cookie(app, stolen))


def test_a_made_up_cookie_opens_nothing(app: Flask, lan: Actor, phone_of: PhoneOf) -> None:
    client, real = app.test_client(use_cookies=False), cookie_of(phone_of(lan))
    assert client.get("/settings", headers={"Cookie": f"session={real}"}).status_code == 200
    for made_up in (
        "",
        "x",
        "A" * 43,
        "A" * 4000,
        "é",
        "%00",
        '"',
        "a;b",
        real[:-1],
        real.swapcase(),
        f"{real}x",
    ):
        answer = client.get("/settings", headers={"Cookie": f"session={made_up}"})
        assert answer.status_code == 303, made_up


def test_another_librarys_cookie_changes_nothing(lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    phone.set_cookie("remember_token", "made|up")
    assert is_in(phone)


def test_each_sign_in_gets_a_token_of_its_own(app: Flask, lan: Actor, with_password: WithPassword) -> None:
    with_password(lan)
    tokens = set()
    for _ in range(3):
        client = app.test_client()
        try_password(client, lan.email, PASSWORD)
        tokens.add(cookie_of(client))
    assert len(tokens) == 3


def test_a_cookie_that_was_there_before_is_not_taken_over(
    app: Flask, client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    client.set_cookie("session", "chosen-by-somebody-else")
    try_password(client, lan.email, PASSWORD)
    assert cookie_of(client) != "chosen-by-somebody-else"
    assert not is_in(with_cookie(app, "chosen-by-somebody-else"))


def test_signing_in_again_ends_what_the_device_held(
    app: Flask, lan: Actor, with_password: WithPassword, phone_of: PhoneOf
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    before = cookie_of(phone)
    assert try_password(phone, lan.email, PASSWORD).status_code == 303
    assert is_in(phone)
    assert not is_in(with_cookie(app, before))


# --- a copied cookie dies ---------------------------------------------------------------------------


def test_with_the_sign_out(app: Flask, lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    copied = with_cookie(app, cookie_of(phone))
    assert is_in(copied)
    answer = phone.post("/session/end")
    assert (answer.status_code, answer.location) == (303, "/session/new")
    assert answer.headers["Clear-Site-Data"] == '"cache"', "never the storage: the outbox lies there"
    assert phone.get_cookie("session") is None
    assert not is_in(copied)


def test_with_the_person_who_leaves_for_good(
    app: Flask, house: House, lan: Actor, tuan: Actor, phone_of: PhoneOf
) -> None:
    phone = phone_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert not is_in(phone)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivated_at = None
    assert not is_in(phone), "coming back opens the door, not the old session"


def test_with_a_new_password_but_for_the_device_that_changed_it(
    lan: Actor, with_password: WithPassword, phone_of: PhoneOf
) -> None:
    with_password(lan)
    here, elsewhere = phone_of(lan), phone_of(lan)
    form = {"current": PASSWORD, "password": "another boat on the river"}
    assert here.post("/settings/password", data=form).status_code == 303
    assert is_in(here)
    assert not is_in(elsewhere)


def test_with_another_role(house: House, lan: Actor, tuan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).change_role("manager", by=tuan, at=clock.now())
    assert not is_in(phone)


def test_the_same_role_again_signs_nobody_out(
    house: House, lan: Actor, tuan: Actor, phone_of: PhoneOf
) -> None:
    phone = phone_of(lan)
    with house(), writing():
        db.session.get_one(User, lan.id).change_role("rep", by=tuan, at=clock.now())
    assert is_in(phone)


def test_a_role_counts_from_the_next_request_on(house: House, tuan: Actor, phone_of: PhoneOf) -> None:
    """Even where somebody writes it past the verb that signs people out."""
    phone = phone_of(tuan)
    assert "Admin" in phone.get("/settings").text
    with house(), writing():
        db.session.get_one(User, tuan.id).role = "rep"
    assert "Admin" not in phone.get("/settings").text


def test_nobody_gets_a_role_that_does_not_exist(house: House, lan: Actor, tuan: Actor) -> None:
    with house(), pytest.raises(KeyError), writing():
        db.session.get_one(User, lan.id).change_role("emperor", by=tuan, at=clock.now())


# --- time -------------------------------------------------------------------------------------------


def test_a_device_that_lies_in_a_drawer_is_signed_out(lan: Actor, phone_of: PhoneOf, held: HeldClock) -> None:
    phone = phone_of(lan)
    held.move(IDLE - timedelta(seconds=1))
    assert is_in(phone)
    held.move(IDLE)
    assert not is_in(phone)


def test_a_device_in_use_stays_until_its_last_day(lan: Actor, phone_of: PhoneOf, held: HeldClock) -> None:
    phone = phone_of(lan)
    days = 0
    while is_in(phone):
        held.move(timedelta(days=10))
        days += 10
    assert days == ABSOLUTE.days


def test_the_company_may_have_devices_signed_out_sooner(
    lan: Actor, tuan: Actor, phone_of: PhoneOf, held: HeldClock, house: House
) -> None:
    phone = phone_of(lan)
    with house(), writing():
        Ruling.set(POLICIES["session_idle_days"], 3, head_id=None, by=tuan, at=clock.now())
        Ruling.set(POLICIES["session_absolute_days"], 4, head_id=None, by=tuan, at=clock.now())
    held.move(timedelta(days=2, hours=23))
    assert is_in(phone)
    held.move(timedelta(days=1, hours=2))
    assert not is_in(phone)


def test_being_seen_is_written_down_once_in_five_minutes(
    lan: Actor, phone_of: PhoneOf, held: HeldClock, house: House
) -> None:
    phone = phone_of(lan)

    def seen_at() -> object:
        with house():
            return db.session.scalars(select(DeviceSession.seen_at)).one()

    begun = seen_at()
    held.move(TOUCH_EVERY)
    phone.get("/settings")
    assert seen_at() == begun
    held.move(timedelta(seconds=1))
    phone.get("/settings")
    assert seen_at() == clock.now()


def test_sessions_long_over_are_forgotten(
    lan: Actor, phone_of: PhoneOf, house: House, held: HeldClock
) -> None:
    phone_of(lan).post("/session/end")
    phone_of(lan)
    for passed, left in ((IDLE - timedelta(seconds=1), 2), (timedelta(seconds=2), 1), (ABSOLUTE, 0)):
        held.move(passed)
        with house(), writing():
            DeviceSession.prune(at=clock.now())
        with house():
            assert len(db.session.scalars(select(DeviceSession.id)).all()) == left


# --- the list ---------------------------------------------------------------------------------------


def test_lan_sees_her_devices_and_ends_one(house: House, lan: Actor, mai: Actor, phone_of: PhoneOf) -> None:
    here, lost = phone_of(lan), phone_of(lan)
    phone_of(mai)
    with house():
        hers = (
            db.session.execute(select(DeviceSession.id).where(DeviceSession.user_id == lan.id))
            .scalars()
            .all()
        )
    shown = here.get("/settings/devices").text
    assert shown.count('id="session-') == len(hers) == 2
    for device in hers:
        if f"/settings/devices/{device}/end" in shown:
            assert here.post(f"/settings/devices/{device}/end").status_code == 303
    assert is_in(here)
    assert not is_in(lost)


def test_another_persons_device_is_not_there(house: House, lan: Actor, mai: Actor, phone_of: PhoneOf) -> None:
    victim, other = phone_of(lan), phone_of(mai)
    with house():
        hers = db.session.scalars(select(DeviceSession.id).where(DeviceSession.user_id == lan.id)).one()
    assert other.post(f"/settings/devices/{hers}/end").status_code == 404
    assert other.post(f"/settings/devices/{new_id()}/end").status_code == 404
    assert is_in(victim)


# --- what lies on the phone -----------------------------------------------------------------------------


def test_a_lost_phone_is_told_to_forget_its_pages(
    app: Flask, house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    phone = phone_of(lan)
    assert "Forget" not in phone.get("/").headers
    with house(), writing():
        DeviceSession.end_all(lan.id, at=clock.now())
    assert phone.get("/session/new").headers["Forget"] == "pages"


def test_a_session_that_grew_old_leaves_the_phone_its_pages(
    house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    phone = phone_of(lan)
    with house(), writing():
        db.session.execute(update(DeviceSession).values(seen_at=clock.now() - timedelta(days=400)))
    answer = phone.get("/session/new")
    assert answer.status_code == 200
    assert "Forget" not in answer.headers
