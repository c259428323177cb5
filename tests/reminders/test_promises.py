"""Promises on a customer's page: who, until when, and a tick."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.reminders.models import Reminder
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop

AUTUMN = datetime.fromisoformat("2026-11-20T02:00:00+00:00")
"""A Friday, nine in the morning for Lan."""


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan)


@pytest.fixture
def shelf(acting: Acting, lan: Actor, co_ba: uuid.UUID) -> uuid.UUID:
    """Lan promised it for the 18th, on the 17th."""
    with clock.frozen(AUTUMN - timedelta(days=3)), acting(lan), writing():
        customer, until = db.session.get_one(Customer, co_ba), date(2026, 11, 18)
        promise = Reminder.promise(
            customer, "Move jasmine tea", promised_by="us", until=until, by=lan, at=clock.now()
        )
        return promise.id


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


def tick(phone: FlaskClient, reminder: uuid.UUID, act: str = "done", **headers: str) -> int:
    return phone.post(f"/reminders/{reminder}/{act}", headers=headers).status_code


def test_lan_sees_what_she_promised_and_how_late_it_is(
    phone: FlaskClient, co_ba: uuid.UUID, shelf: uuid.UUID
) -> None:
    for days, words in ((-3, "By Wed 18 Nov"), (-2, "By today"), (-1, "1 day late"), (0, "2 days late")):
        with clock.frozen(AUTUMN + timedelta(days=days)):
            shown = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
            assert f'id="reminder-{shelf}"' in shown
            assert f"{words} · Lan promised" in shown


def test_what_they_promised_is_said_to_be_theirs(
    acting: Acting, lan: Actor, co_ba: uuid.UUID, phone: FlaskClient
) -> None:
    with acting(lan), writing():
        customer = db.session.get_one(Customer, co_ba)
        until = clock.today(lan.zone)
        Reminder.promise(customer, "Pay", promised_by="them", until=until, by=lan, at=clock.now())
    shown = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert "By today · they promised" in shown
    assert "Promised by them" in shown


def test_a_tick_keeps_the_promise_and_can_be_taken_back(
    phone: FlaskClient, co_ba: uuid.UUID, shelf: uuid.UUID, house: House, lan: Actor
) -> None:
    came_from = {"Referer": f"http://localhost/customers/{co_ba}"}
    answer = phone.post(f"/reminders/{shelf}/done", headers=came_from)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/customers/{co_ba}")
    shown = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert f'action="/reminders/{shelf}/undone"' in shown  # the toast
    assert f'id="reminder-{shelf}"' not in shown
    assert "We kept a promise" in shown
    with house():
        assert db.session.get_one(Reminder, shelf).done_by_id == lan.id
    assert tick(phone, shelf, "undone") == 303
    assert f'id="reminder-{shelf}"' in phone.get(f"/customers/{co_ba}").text
    with house():
        kinds = db.session.scalars(select(Event.kind).order_by(Event.seq)).all()
        assert [kind for kind in kinds if kind.startswith("promise")] == [
            "promise.made", "promise.kept", "promise.reopened",
        ]  # fmt: skip


def test_a_promise_that_was_taken_back_does_not_stand_on_the_timeline_as_one(
    phone: FlaskClient, shelf: uuid.UUID, co_ba: uuid.UUID
) -> None:
    timeline = f"/customers/{co_ba}/timeline"
    assert tick(phone, shelf, "drop") == tick(phone, shelf, "drop") == 303
    assert phone.get(timeline, headers=ENGLISH).text.count("Our promise was taken back") == 1
    assert tick(phone, shelf, "restore") == 303
    assert "Our promise is still to keep" in phone.get(timeline, headers=ENGLISH).text


def test_two_taps_keep_it_once(phone: FlaskClient, shelf: uuid.UUID, house: House) -> None:
    assert tick(phone, shelf) == tick(phone, shelf) == 303
    assert tick(phone, shelf, **{"Idempotency-Key": "a"}) == 200
    assert tick(phone, shelf, **{"Idempotency-Key": "a"}) == 200
    with house():
        assert db.session.scalars(select(Event.kind)).all().count("promise.kept") == 1


def test_htmx_gets_the_row_and_the_way_back(phone: FlaskClient, shelf: uuid.UUID) -> None:
    answer = phone.post(f"/reminders/{shelf}/done", headers={"HX-Request": "true", **ENGLISH})
    assert answer.text.strip().startswith(f'<li class="check" id="reminder-{shelf}"')
    assert 'aria-pressed="true"' in answer.text
    assert f"/reminders/{shelf}/undone" in answer.headers["HX-Trigger"]


def test_a_tick_goes_back_to_our_pages_only(phone: FlaskClient, shelf: uuid.UUID) -> None:
    answer = phone.post(f"/reminders/{shelf}/done", headers={"Referer": "https://evil.example/x"})
    assert answer.headers["Location"] == f"/reminders/{shelf}"
    assert phone.get(f"/reminders/{shelf}").status_code == 200


def test_the_manager_may_tick_and_strangers_find_nothing(
    phone_of: PhoneOf, shelf: uuid.UUID, mai: Actor, hung: Actor, outsider: Actor, house: House
) -> None:
    for who in (hung, outsider):
        assert tick(phone_of(who), shelf) == 404
        assert tick(phone_of(who), shelf, "undone") == 404
        assert phone_of(who).get(f"/reminders/{shelf}").status_code == 404
    assert tick(phone_of(mai), shelf) == 303
    with house():
        assert db.session.get_one(Reminder, shelf).done_by_id == mai.id


def test_lan_keeps_her_promise_though_the_shop_went_to_another(
    phone: FlaskClient, shelf: uuid.UUID, co_ba: uuid.UUID, house: House
) -> None:
    with house(), writing():
        db.session.get_one(Customer, co_ba).assignments[0].end(by=None, at=clock.now())
    answer = phone.post(f"/reminders/{shelf}/done", headers={"HX-Request": "true", **ENGLISH})
    assert answer.status_code == 200
    assert "Tạp hóa Cô Ba" not in phone.get(f"/reminders/{shelf}").text
    assert phone.get(f"/customers/{co_ba}").status_code == 404
    with house():
        assert "promise.kept" in db.session.scalars(select(Event.kind)).all()
