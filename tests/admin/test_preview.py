"""Tuấn looks as Lan: he sees what she sees, on every page it says so, and nothing is changed."""

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
from crmweb.accounts.models import User
from crmweb.accounts.previews import LIFE
from crmweb.accounts.roles import Role
from crmweb.audit import Entry
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.web import declared
from tests.shops import Shops, shop_name

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH = {"Accept-Language": "en"}
STRIP = 'id="preview"'


@pytest.fixture
def shops(house: House) -> Shops:
    with house():
        return Shops.open()


@pytest.fixture
def as_lan(phone_of: PhoneOf, tuan: Actor, lan: Actor, shops: Shops) -> FlaskClient:
    """Tuấn's phone, with which he looks as Lan."""
    phone = phone_of(tuan)
    assert phone.post(f"/admin/users/{lan.id}/preview").location == "/"
    return phone


def test_he_sees_what_she_sees_and_every_page_says_so(
    as_lan: FlaskClient, lan: Actor, phone_of: PhoneOf
) -> None:
    for path in ("/", "/customers", "/nearby", "/my-day", "/settings", "/nothing/here"):
        page = as_lan.get(path, headers=ENGLISH).text
        assert STRIP in page, path
        assert f"You see what {lan.name} sees" in page
        assert STRIP not in phone_of(lan).get(path).text
    names = as_lan.get("/customers").text
    assert shop_name("lan") in names
    assert shop_name("hung") not in names
    assert as_lan.get("/admin/users").status_code == 403


def test_nothing_is_written_in_her_name(
    app: Flask, as_lan: FlaskClient, lan: Actor, shops: Shops, house: House
) -> None:
    with house():
        before = [db.session.scalar(select(func.count()).select_from(table)) for table in (Customer, Entry)]
    tried = 0
    for rule in app.url_map.iter_rules():
        writes = (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
        if not writes or rule.endpoint in BACK or declared(app, rule.endpoint) is None:
            continue
        kinds = {name: type(rule._converters[name]).__name__ for name in rule.arguments}
        arguments = {name: lan.id if kind == "UUIDConverter" else 7 for name, kind in kinds.items()}
        path = app.url_map.bind("localhost").build(rule.endpoint, arguments, method="POST")
        answer = as_lan.post(path, data={"name": "Somebody else's"})
        assert answer.status_code == 403, path
        tried += 1
    assert tried > 60
    with house():
        after = [db.session.scalar(select(func.count()).select_from(table)) for table in (Customer, Entry)]
    assert after == before


BACK = {"previews.end", "accounts.end_session"}
"""What ends the preview."""


def test_a_script_hears_it_too(as_lan: FlaskClient, shops: Shops) -> None:
    answer = as_lan.post(f"/customers/{shops.lan}/notes", headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json) == (403, {"error": "preview"})


def test_the_refusal_says_how_to_go_on(as_lan: FlaskClient, lan: Actor) -> None:
    page = as_lan.post("/settings/look", data={"locale": "vi"}, headers=ENGLISH).text
    assert "You are only looking" in page
    assert 'action="/preview/end"' in page


def test_he_ends_it_and_is_himself_again(as_lan: FlaskClient, lan: Actor) -> None:
    assert as_lan.post("/preview/end").location == f"/admin/users/{lan.id}"
    page = as_lan.get("/admin/users")
    assert page.status_code == 200
    assert STRIP not in page.text


def test_it_ends_by_itself(phone_of: PhoneOf, tuan: Actor, lan: Actor) -> None:
    with clock.frozen(clock.now()) as held:
        phone = phone_of(tuan)
        phone.post(f"/admin/users/{lan.id}/preview")
        held.move(LIFE - timedelta(seconds=1))
        assert phone.get("/admin/users").status_code == 403
        held.move(timedelta(seconds=1))
        assert phone.get("/admin/users").status_code == 200


def test_both_ends_are_written_down(as_lan: FlaskClient, lan: Actor, tuan: Actor, house: House) -> None:
    as_lan.post("/preview/end")
    with house():
        told = db.session.scalars(
            select(Entry).where(Entry.action.startswith("preview.")).order_by(Entry.seq)
        )
        found = [(entry.action, entry.by_id, entry.about_id) for entry in told]
    assert found == [("preview.begun", tuan.id, lan.id), ("preview.ended", tuan.id, lan.id)]


def test_what_he_sees_stays_in_no_cache(as_lan: FlaskClient) -> None:
    assert as_lan.get("/").headers["Cache-Control"] == "private, no-store"


def test_what_must_be_proved_is_not_shown(as_lan: FlaskClient) -> None:
    assert as_lan.get("/settings/security/app").status_code == 403


def test_her_own_devices_notice_nothing(as_lan: FlaskClient, lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    assert phone.post("/settings/look", data={"locale": "vi", "theme": ""}).status_code == 303


def test_he_may_sign_out_while_he_looks(as_lan: FlaskClient) -> None:
    assert as_lan.post("/session/end").status_code == 303
    assert as_lan.get("/").status_code == 303


def test_it_is_over_when_she_leaves_or_he_may_no_more(
    as_lan: FlaskClient, lan: Actor, tuan: Actor, mai: Actor, house: House
) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert STRIP not in as_lan.get("/").text


def test_nobody_looks_as_who_may_more_than_they(
    phone_of: PhoneOf, house: House, mai: Actor, tuan: Actor, lan: Actor
) -> None:
    with house(), writing():
        role = Role.make("Staff", ["users:manage", "customers:read:own"], by=None, at=clock.now())
        db.session.get_one(User, mai.id).change_role(role.name, by=None, at=clock.now())
    for person in (tuan, lan):
        assert phone_of(mai).post(f"/admin/users/{person.id}/preview").status_code == 403


def test_nobody_looks_as_themself_or_as_who_left(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, house: House
) -> None:
    assert phone_of(tuan).post(f"/admin/users/{tuan.id}/preview").status_code == 409
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())
    assert phone_of(tuan).post(f"/admin/users/{lan.id}/preview").status_code == 409
