"""Whose a page is, and whose a write: a phone in two people's hands mixes nothing up."""

from __future__ import annotations

import uuid
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
from crmweb.db import db, new_id, writing
from crmweb.notes.models import Note
from tests.guards.test_rights import UNSAFE, endpoints
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]

SOMEONE_ELSE = {"error": "someone_else"}


def by_script(person: object) -> dict[str, str]:
    return {"Idempotency-Key": str(new_id()), "Person": str(person)}


def test_no_endpoint_does_what_another_person_queued(
    app: Flask, phone: FlaskClient, hung: Actor, subtests: pytest.Subtests
) -> None:
    """Also those for which Lan has no right, and those that are open to all: this is asked before anything else."""
    tried = 0
    for endpoint in endpoints(app):
        if endpoint.method in UNSAFE and "incoming" not in endpoint.rule.endpoint:
            with subtests.test(f"{endpoint.method} {endpoint.path}"):
                answer = phone.open(endpoint.path, method=endpoint.method, headers=by_script(hung.id))
                assert (answer.status_code, answer.json) == (401, SOMEONE_ELSE)
                assert "Location" not in answer.headers
                tried += 1
    assert tried > 60


def test_nothing_is_written_for_another_person_and_all_for_oneself(
    phone: FlaskClient, shops: Shops, lan: Actor, hung: Actor, house: House
) -> None:
    def send(person: object) -> int:
        sent = {"text": "Tea", "client_at": clock.now().isoformat()}
        return phone.post(f"/customers/{shops.lan}/notes", data=sent, headers=by_script(person)).status_code

    assert [send(hung.id), send("nobody"), send("")] == [401, 401, 401]
    assert _notes(house) == 0
    assert [send(lan.id), send(str(lan.id).upper())] == [201, 201]
    assert _notes(house) == 2


def _notes(house: House) -> int:
    with house():
        return db.session.scalar(select(func.count(Note.id))) or 0


def test_a_plain_form_and_a_page_are_asked_nothing(phone: FlaskClient, shops: Shops, hung: Actor) -> None:
    person = {"Person": str(hung.id)}
    assert (
        phone.post(f"/customers/{shops.lan}/notes", data={"text": "Tea"}, headers=person).status_code == 303
    )
    assert phone.get("/settings", headers=by_script(hung.id)).status_code == 200


def test_who_is_signed_out_hears_that_and_not_whose_it_was(client: FlaskClient, lan: Actor) -> None:
    for path in ("/reminders", "/session"):
        answer = client.post(path, headers=by_script(lan.id))
        assert (answer.status_code, answer.json) == (401, {"error": "signed_out"})


def test_a_leavers_phone_hands_in_what_is_the_leavers_own(
    phone: FlaskClient, shops: Shops, lan: Actor, hung: Actor, house: House
) -> None:
    done_at = clock.now()
    phone.get("/")
    with house(), writing():
        user = db.session.get_one(User, lan.id)
        user.deactivate(by=None, at=done_at + timedelta(seconds=1))
    with clock.frozen(done_at + timedelta(hours=1)):
        sent = {"text": "Tea", "client_at": done_at.isoformat()}
        address = f"/customers/{shops.lan}/notes"
        of_hungs = phone.post(address, data=sent, headers=by_script(hung.id))
        assert of_hungs.status_code == 401
        assert _notes(house) == 0
        assert phone.post(address, data=sent, headers=by_script(lan.id)).status_code == 201
        assert _notes(house) == 1


def test_a_page_names_whose_it_is(phone: FlaskClient, client: FlaskClient, lan: Actor) -> None:
    for path in ("/", "/settings", "/nothing/here"):
        answer = phone.get(path)
        assert answer.headers["Person"] == str(lan.id)
        assert f'data-person="{lan.id}"' in answer.text
    outside = client.get("/session/new")
    assert "Person" not in outside.headers
    assert "data-person" not in outside.text


def test_who_looks_as_lan_keeps_no_page_of_hers(phone_of: PhoneOf, tuan: Actor, lan: Actor) -> None:
    phone = phone_of(tuan)
    assert phone.post(f"/admin/users/{lan.id}/preview").status_code == 303
    answer = phone.get("/")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Person" not in answer.headers
    assert "data-person" not in answer.text
    for person in (tuan, lan):
        queued = phone.post("/reminders", headers=by_script(person.id))
        assert (queued.status_code, queued.json) == (401, SOMEONE_ELSE)


def test_what_is_no_id_is_nobodys(phone: FlaskClient) -> None:
    for nonsense in ("\t", "null", uuid.UUID(int=0), "💩".encode().decode("latin-1")):
        assert phone.post("/reminders", headers=by_script(nonsense)).status_code == 401
