"""A cookie that changes: no lost answer signs anybody out, and a copy that comes late is noticed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.limits import ABSOLUTE, IDLE, ON_A_SHARED_DEVICE
from crmweb.accounts.models import User
from crmweb.accounts.session_tokens import OFFER_EVERY, ON_THE_WAY, ROTATE_EVERY, SETTLED, SessionToken
from crmweb.accounts.sessions import DeviceSession
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, writing
from crmweb.notifications import Notice
from tests.accounts.conftest import PASSWORD, is_in, try_password
from tests.accounts.test_sessions import cookie_of, with_cookie

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
WithPassword = Callable[[Actor], Actor]


def given(client: FlaskClient, path: str = "/settings", **how: object) -> str | None:
    """The cookie that an answer brings along, as if it were lost on the way."""
    before = cookie_of(client)
    client.get(path, **how)
    after = cookie_of(client)
    client.set_cookie("session", before)
    return after if after != before else None


@pytest.fixture
def phone(lan: Actor, phone_of: PhoneOf, held: HeldClock) -> FlaskClient:
    """Lan's, a day after she signed in."""
    client = phone_of(lan)
    held.move(ROTATE_EVERY)
    return client


def test_once_a_day_a_page_brings_another_cookie(phone: FlaskClient, held: HeldClock) -> None:
    first = cookie_of(phone)
    assert is_in(phone)
    second = cookie_of(phone)
    assert second != first
    held.move(timedelta(minutes=30))
    for _ in range(3):
        assert is_in(phone)
    assert cookie_of(phone) == second
    held.move(ROTATE_EVERY)
    assert is_in(phone)
    assert cookie_of(phone) not in (first, second)


def test_fragments_files_and_writes_bring_none(phone: FlaskClient) -> None:
    assert given(phone, "/customers", headers={"HX-Request": "true"}) is None
    assert given(phone, "/static/icons/mark.svg") is None
    assert given(phone, "/nothing/here") is None
    before = cookie_of(phone)
    phone.post("/settings/look", data={"locale": "", "theme": ""})
    assert cookie_of(phone) == before
    assert given(phone) is not None


def test_an_answer_that_is_lost_signs_nobody_out(phone: FlaskClient, held: HeldClock) -> None:
    """For a week every answer with a new cookie gets lost."""
    first = cookie_of(phone)
    for _ in range(7 * 4):
        assert given(phone) is not None
        held.move(OFFER_EVERY * 6)
    assert cookie_of(phone) == first
    assert is_in(phone)


def test_both_cookies_are_good_until_the_new_one_has_come_back(
    app: Flask, phone: FlaskClient, held: HeldClock
) -> None:
    old = cookie_of(phone)
    new = given(phone)
    assert new is not None
    held.move(timedelta(days=3))
    assert is_in(with_cookie(app, old)), "it was lost; so is the second one that this brings"
    assert is_in(with_cookie(app, new)), "it came after all, late"
    held.move(ON_THE_WAY)
    assert not is_in(with_cookie(app, old)), "but now it is over"
    assert not is_in(with_cookie(app, new)), "and since two hold it, for both"


def test_requests_side_by_side_keep_their_cookie(app: Flask, phone: FlaskClient, held: HeldClock) -> None:
    """Two pages are loaded at once, each with the former cookie; one answer comes before the other."""
    old, new = cookie_of(phone), given(phone)
    assert new is not None
    assert given(phone) is None, "no second one is made beside the first"
    held.move(SETTLED)
    assert is_in(with_cookie(app, new))
    held.move(ON_THE_WAY - timedelta(seconds=1))
    assert is_in(with_cookie(app, old)), "still on its way"
    assert is_in(with_cookie(app, new))


def test_a_browser_that_was_killed_before_it_wrote_its_cookies_down(
    app: Flask, phone: FlaskClient, held: HeldClock
) -> None:
    old, new = cookie_of(phone), given(phone)
    assert new is not None
    held.move(SETTLED - timedelta(seconds=1))
    assert is_in(with_cookie(app, new))
    held.move(timedelta(hours=5))
    assert is_in(with_cookie(app, old))


def test_a_copy_that_comes_late_is_noticed(
    app: Flask, lan: Actor, phone: FlaskClient, held: HeldClock, house: House
) -> None:
    copied = cookie_of(phone)
    is_in(phone)
    held.move(SETTLED)
    assert is_in(phone)
    held.move(ON_THE_WAY)
    thief = with_cookie(app, copied)
    assert not is_in(thief)
    assert thief.get_cookie("session") is None
    assert not is_in(phone), "nobody can say which of the two is Lan"
    with house():
        told = db.session.scalars(select(Notice)).one()
        assert (told.person_id, told.kind) == (lan.id, "session.stolen")
        noticed = db.session.scalars(select(Entry).where(Entry.action == "session.stolen")).one()
        assert noticed.about_id == lan.id


def test_a_thief_who_is_quicker_is_noticed_by_whom_he_shut_out(
    app: Flask, phone: FlaskClient, held: HeldClock, house: House
) -> None:
    thief = with_cookie(app, cookie_of(phone))
    assert is_in(thief)
    held.move(SETTLED)
    assert is_in(thief)
    held.move(ON_THE_WAY)
    assert not is_in(phone)
    assert not is_in(thief)
    with house():
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 1


def test_a_cookie_that_was_lost_on_the_way_is_nobodys(
    app: Flask, phone: FlaskClient, held: HeldClock
) -> None:
    """Of two that were offered one came back: whoever brings the other has listened."""
    lost = given(phone)
    assert lost is not None
    held.move(OFFER_EVERY)
    assert is_in(phone)
    held.move(SETTLED)
    assert is_in(phone)
    held.move(ON_THE_WAY)
    assert not is_in(with_cookie(app, lost))
    assert not is_in(phone)


def test_a_copy_from_long_ago_is_noticed_too(app: Flask, phone: FlaskClient, held: HeldClock) -> None:
    copied = cookie_of(phone)
    for _ in range(4):
        assert is_in(phone)
        held.move(SETTLED)
        assert is_in(phone)
        held.move(ROTATE_EVERY)
    assert not is_in(with_cookie(app, copied))
    assert not is_in(phone)


def test_signing_out_with_a_cookie_that_just_came_ends_the_session(
    app: Flask, phone: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    old = cookie_of(phone)
    is_in(phone)
    new = cookie_of(phone)
    phone.post("/session/end")
    assert not is_in(with_cookie(app, old))
    assert not is_in(with_cookie(app, new))


def test_signing_in_over_a_cookie_that_just_came_ends_the_session(
    app: Flask, phone: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    is_in(phone)
    offered = cookie_of(phone)
    assert try_password(phone, lan.email, PASSWORD).status_code == 303
    assert is_in(phone)
    assert not is_in(with_cookie(app, offered))


def test_a_session_that_is_over_offers_nothing(
    app: Flask, lan: Actor, tuan: Actor, phone: FlaskClient, house: House
) -> None:
    is_in(phone)
    offered = cookie_of(phone)
    with house(), writing():
        db.session.get_one(User, lan.id).change_role("manager", by=tuan, at=clock.now())
    assert not is_in(with_cookie(app, offered))


def test_tokens_go_with_their_session(phone: FlaskClient, held: HeldClock, house: House) -> None:
    is_in(phone)
    held.move(ABSOLUTE + IDLE + timedelta(days=1))
    with house(), writing():
        DeviceSession.prune(at=clock.now())
        assert db.session.scalar(select(func.count()).select_from(SessionToken)) == 0


# --- a device that others use -------------------------------------------------------------------------


def test_on_a_shared_device_lan_is_signed_out_with_the_browser_and_after_twelve_hours(
    client: FlaskClient, lan: Actor, with_password: WithPassword, held: HeldClock
) -> None:
    with_password(lan)
    answer = try_password(client, lan.email, PASSWORD, shared="y")
    [cookie] = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith("session=")]
    assert "Max-Age" not in cookie
    assert "Expires" not in cookie
    held.move(ON_A_SHARED_DEVICE - timedelta(seconds=1))
    assert is_in(client)
    assert "Shared device" in client.get("/settings/devices").text
    held.move(timedelta(seconds=1))
    assert not is_in(client)


def test_on_ones_own_device_the_cookie_stays(
    client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    answer = try_password(client, lan.email, PASSWORD)
    [cookie] = [text for text in answer.headers.getlist("Set-Cookie") if text.startswith("session=")]
    assert f"Max-Age={int(ABSOLUTE.total_seconds())}" in cookie


# --- new devices --------------------------------------------------------------------------------------


def test_lan_hears_of_a_new_device_but_not_of_her_first(
    app: Flask, client: FlaskClient, lan: Actor, with_password: WithPassword, house: House
) -> None:
    with_password(lan)
    assert try_password(client, lan.email, PASSWORD).status_code == 303
    client.post("/session/end")
    assert try_password(client, lan.email, PASSWORD).status_code == 303
    with house():
        assert db.session.scalars(select(Notice)).all() == []
        assert db.session.scalar(select(func.count()).where(Entry.action == "session.started")) == 1
    chrome = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140"}
    form = {"email": lan.email, "password": PASSWORD}
    assert app.test_client().post("/session", data=form, headers=chrome).status_code == 303
    with house():
        told = db.session.scalars(select(Notice)).one()
        assert (told.person_id, told.kind, told.payload["address"]) == (
            lan.id,
            "session.new_device",
            "127.0.0.1",
        )
        assert db.session.scalar(select(func.count()).where(Entry.action == "session.started")) == 2


def test_a_device_that_lan_shares_with_mai_is_new_to_mai(
    app: Flask, client: FlaskClient, lan: Actor, mai: Actor, with_password: WithPassword, house: House
) -> None:
    for person in (lan, mai):
        with_password(person)
    try_password(app.test_client(), mai.email, PASSWORD)
    try_password(client, lan.email, PASSWORD)
    assert try_password(client, mai.email, PASSWORD).status_code == 303
    with house():
        assert [notice.person_id for notice in db.session.scalars(select(Notice))] == [mai.id]


# --- all others ---------------------------------------------------------------------------------------


def test_lan_signs_out_everywhere_else(lan: Actor, mai: Actor, phone_of: PhoneOf) -> None:
    here, lost, older, others = phone_of(lan), phone_of(lan), phone_of(lan), phone_of(mai)
    assert here.post("/settings/devices/others/end").location == "/settings/devices"
    assert [is_in(each) for each in (here, lost, older, others)] == [True, False, False, True]


def test_the_list_says_from_where_a_device_was_seen_last(
    lan: Actor, phone_of: PhoneOf, held: HeldClock
) -> None:
    here, other = phone_of(lan), phone_of(lan)
    held.move(timedelta(minutes=6))
    other.get("/settings", environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert "203.0.113.9" in here.get("/settings/devices").text
