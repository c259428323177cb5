"""What a phone's outbox hears: where a form would lead, in a few bytes, with its key; and why something was refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, make_response, redirect
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crmweb import outbox_answers
from crmweb.accounts.actor import Actor
from crmweb.db import new_id
from tests.shops import Shops

PhoneOf = Callable[[Actor], FlaskClient]
KEY = "01a2017a-cc4d-775a-a077-27f10bf05602"


@pytest.fixture
def phone(lan: Actor, phone_of: PhoneOf) -> FlaskClient:
    return phone_of(lan)


def send(phone: FlaskClient, path: str, form: dict[str, str], waits: str = "now") -> TestResponse:
    return phone.post(path, data=form, headers={"Idempotency-Key": KEY, "Outbox": waits})


@pytest.fixture
def notes(shops: Shops) -> str:
    return f"/customers/{shops.lan}/notes"


def test_it_is_told_where_the_form_would_have_led(phone: FlaskClient, notes: str) -> None:
    answer = send(phone, notes, {"text": "Wants 20 boxes", "back": "/my-day"})
    assert (answer.status_code, answer.json) == (200, {"saved": True})
    assert answer.headers["Location"] == "/my-day"
    assert answer.headers["Idempotency-Key"] == KEY


def test_a_word_about_it_is_said_only_to_who_waits(phone: FlaskClient, notes: str) -> None:
    cookies = send(phone, notes, {"text": "Now"}).headers.getlist("Set-Cookie")
    assert any("notice=" in each and "note_written" in each for each in cookies)


def test_what_lay_in_the_phone_is_taken_without_a_word(phone: FlaskClient, notes: str) -> None:
    cookies = send(phone, notes, {"text": "Later"}, "later").headers.getlist("Set-Cookie")
    assert not any(each.startswith("notice=") for each in cookies)


def test_a_repeat_hears_the_same(phone: FlaskClient, notes: str) -> None:
    form = {"text": "Once", "id": str(new_id())}
    first, again = (send(phone, notes, form, waits) for waits in ("now", "later"))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.headers["Location"] == again.headers["Location"]


def test_what_is_refused_is_refused_in_words(phone: FlaskClient, notes: str) -> None:
    answer = send(phone, notes, {"text": " "})
    assert (answer.status_code, answer.json) == (
        422,
        {"error": "Unprocessable Entity", "reason": "Write or record something first."},
    )
    assert answer.headers["Idempotency-Key"] == KEY


def test_a_form_with_several_faults_tells_the_first(phone: FlaskClient) -> None:
    answer = send(phone, "/customers", {"name": "", "kind": "shop", "status": "customer"})
    assert answer.status_code == 422
    assert "reason" in (answer.json or {})


def test_an_address_that_moved_has_saved_nothing(app: Flask) -> None:
    with app.test_request_context("/", method="POST", headers={"Idempotency-Key": KEY, "Outbox": "now"}):
        assert outbox_answers._answer(make_response(redirect("/elsewhere", 308))).status_code == 308
        assert outbox_answers._answer(make_response(redirect("/elsewhere", 303))).status_code == 200


def test_even_what_is_not_there_names_the_key(phone: FlaskClient) -> None:
    answer = send(phone, f"/customers/{new_id()}/notes", {"text": "Nowhere"})
    assert answer.status_code == 404
    assert answer.headers["Idempotency-Key"] == KEY


def test_another_script_is_shown_the_record_as_ever(phone: FlaskClient, notes: str) -> None:
    answer = phone.post(notes, data={"text": "By script"}, headers={"Idempotency-Key": KEY})
    assert answer.status_code == 201
    assert b"By script" in answer.data


def test_a_twin_is_asked_about_while_somebody_waits_and_not_later(phone: FlaskClient) -> None:
    shop = {"name": "Tạp hóa Minh Tâm", "phone": "0905123456", "kind": "shop", "status": "lead"}
    assert phone.post("/customers", data=shop).status_code == 303
    twin = {**shop, "id": str(new_id())}
    assert send(phone, "/customers", twin).status_code == 422
    assert send(phone, "/customers", twin, "later").status_code == 200
