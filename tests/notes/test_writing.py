"""Writing a note: nothing that somebody typed is lost, and nobody writes where they have no business."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.idempotency import refuse_taken
from crmweb.notes.models import Note
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

Write = Callable[..., TestResponse]


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan)


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


@pytest.fixture
def write(phone: FlaskClient, co_ba: uuid.UUID) -> Write:
    """`write("Hết trà lài")` as Lan's outbox sends it; `key=""` for a plain form."""

    def send(text: str, *, key: str = "a note", by: FlaskClient | None = None, **fields: Any) -> TestResponse:
        headers = {**ENGLISH, **({"Idempotency-Key": key} if key else {})}
        data = {"text": text, **fields}
        return (by or phone).post(f"/customers/{co_ba}/notes", data=data, headers=headers)

    return send


@pytest.fixture
def notes(house: House) -> Callable[[], list[Note]]:
    def all_of_them() -> list[Note]:
        with house():
            found = list(db.session.scalars(select(Note)))
            db.session.expunge_all()
            return found

    return all_of_them


Notes = Callable[[], list[Note]]


def test_lan_notes_what_was_said_and_sees_it_on_the_shops_page(
    write: Write, phone: FlaskClient, co_ba: uuid.UUID, notes: Notes, lan: Actor
) -> None:
    minted = new_id()
    answer = write("Hết trà lài.\nHẹn thứ Sáu.", key="", id=str(minted))
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/customers/{co_ba}")
    assert f'id="note-{minted}"' in phone.get(f"/customers/{co_ba}").text
    (note,) = notes()
    assert (note.id, note.by_id, note.text) == (minted, lan.id, "Hết trà lài.\nHẹn thứ Sáu.")


def test_a_note_bears_the_time_of_the_phone_and_never_a_later_one(write: Write, notes: Notes) -> None:
    with clock.frozen(clock.now()) as held:
        then, ahead = held.at - timedelta(hours=3), held.at + timedelta(days=1)
        write("In the basement", key="1", client_at=then.isoformat())
        write("A phone a day ahead", key="2", client_at=ahead.isoformat())
        write("A phone that babbles", key="3", client_at="yesterday")
        assert {note.text: note.at for note in notes()} == {
            "In the basement": then,
            "A phone a day ahead": held.at,
            "A phone that babbles": held.at,
        }
        assert {note.recorded_at for note in notes()} == {held.at}


@pytest.mark.parametrize("text", ["", "  \n \t ", "\u200b\u200b", "\0"])
def test_nothing_is_no_note(write: Write, notes: Notes, text: str) -> None:
    answer = write(text, key="")
    assert answer.status_code == 422
    assert "Write or record something first." in answer.text
    assert notes() == []


def test_what_is_too_long_is_refused_and_stays_in_the_field(write: Write, notes: Notes) -> None:
    answer = write("x" * 10_001, key="")
    assert answer.status_code == 422
    assert "10001 characters are too many" in answer.text
    assert "x" * 10_001 in answer.text
    assert write("x" * 10_000, key="").status_code == 303
    assert len(notes()) == 1


def test_a_pasted_null_or_a_mark_that_turns_the_writing_costs_nothing(write: Write, notes: Notes) -> None:
    """Ten thousand characters of a chat, with what came along in it."""
    text = "Cô Ba: \0 hết\u202e hàng \u2067א\u2069" + "é" * 9_000
    assert write(text, key="").status_code == 303
    assert notes()[0].text == "Cô Ba: hết hàng א" + "é" * 9_000


def test_a_note_is_shown_by_its_own_direction_and_as_text(
    write: Write, phone: FlaskClient, co_ba: uuid.UUID
) -> None:
    write("<b>שלום</b>", key="")
    assert '<p class="lines" dir="auto">&lt;b&gt;שלום&lt;/b&gt;</p>' in phone.get(f"/customers/{co_ba}").text


def test_the_same_note_sent_twice_is_one(write: Write, notes: Notes) -> None:
    fields = {"id": str(new_id()), "client_at": clock.now().isoformat()}
    first, second = write("Once", **fields), write("Once", **fields)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.headers["Idempotency-Key"] == second.headers["Idempotency-Key"] == "a note"
    assert len(notes()) == 1
    assert write("Something else", **fields).status_code == 422


def test_an_id_that_is_taken_is_refused(write: Write, notes: Notes) -> None:
    minted = str(new_id())
    write("First", key="1", id=minted)
    assert write("Second", key="2", id=minted).status_code == 409
    assert [note.text for note in notes()] == ["First"]


def test_a_stranger_cannot_write_and_learns_nothing(
    write: Write, phone_of: PhoneOf, outsider: Actor, hung: Actor, co_ba: uuid.UUID, notes: Notes
) -> None:
    for who in (outsider, hung):
        assert write("I was here", by=phone_of(who)).status_code == 404
        assert write("", by=phone_of(who)).status_code == 404
        assert phone_of(who).get(f"/customers/{co_ba}/notes/new").status_code == 404
    assert notes() == []


def test_the_manager_may_note_too(write: Write, phone_of: PhoneOf, mai: Actor) -> None:
    assert write("Called by me", by=phone_of(mai)).status_code == 201


@pytest.fixture
def handed_over(house: House, co_ba: uuid.UUID) -> None:
    """An hour ago the shop went to nobody in particular."""
    with house(), writing():
        of_lan = db.session.get_one(Customer, co_ba).assignments[0]
        of_lan.started_at = clock.now() - timedelta(days=60)
        of_lan.end(by=None, at=clock.now() - timedelta(hours=1))


@pytest.mark.usefixtures("handed_over")
def test_a_note_from_before_the_hand_over_is_kept_and_shows_nothing_of_now(
    write: Write, notes: Notes, house: House
) -> None:
    then = (clock.now() - timedelta(hours=2)).isoformat()
    answer = write("Wants two cases", client_at=then)
    assert answer.status_code == 201
    assert "Tạp hóa Cô Ba" not in answer.text
    again = write("Wants two cases", client_at=then)
    assert (again.status_code, "Tạp hóa Cô Ba" in again.text) == (201, False)
    assert len(notes()) == 1
    with house():
        assert db.session.scalar(select(func.count(Event.seq)).where(Event.kind == "note.written")) == 1
    plain = write("A plain form", key="", client_at=then)
    assert (plain.status_code, plain.headers["Location"]) == (303, "/")


@pytest.mark.usefixtures("handed_over")
def test_the_second_of_two_such_notes_at_once_shows_nothing_of_now_either(
    write: Write, notes: Notes, phone_of: PhoneOf, lan: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key is looked for, then the first one commits, then the id is looked for."""
    sent: dict[str, Any] = {"id": str(new_id()), "client_at": (clock.now() - timedelta(hours=2)).isoformat()}
    waiting = [phone_of(lan)]

    def late(model: type[Any], id: uuid.UUID | None) -> None:
        if waiting:
            with ThreadPoolExecutor(1) as elsewhere:
                elsewhere.submit(write, "Wants two cases", by=waiting.pop(), **sent).result()
        refuse_taken(model, id)

    monkeypatch.setattr("crmweb.notes.routes.refuse_taken", late)
    answer = write("Wants two cases", **sent)
    assert (answer.status_code, "Tạp hóa Cô Ba" in answer.text) == (201, False)
    assert len(notes()) == 1


@pytest.mark.usefixtures("handed_over")
def test_words_that_cannot_be_kept_come_back_after_a_hand_over_too(write: Write) -> None:
    then = (clock.now() - timedelta(hours=2)).isoformat()
    answer = write("x" * 10_001, key="", client_at=then)
    assert (answer.status_code, "x" * 10_001 in answer.text) == (422, True)


@pytest.mark.usefixtures("handed_over")
def test_a_note_from_after_the_hand_over_is_a_strangers(write: Write, notes: Notes) -> None:
    assert write("Too late", client_at=clock.now().isoformat()).status_code == 404
    long_ago = (clock.now() - timedelta(days=40)).isoformat()
    assert write("Long ago", client_at=long_ago).status_code == 202, "kept, and on nobody's timeline"
    assert write("Long ago", key="", client_at=long_ago).status_code == 404
    assert notes() == []


def test_after_a_note_lan_is_back_where_she_came_from(write: Write) -> None:
    assert write("1", key="", back="/visits/7").headers["Location"] == "/visits/7"
    assert write("2", key="", back="https://evil.example/").headers["Location"] == "/"


def test_a_note_about_a_call_says_so_on_the_timeline(
    write: Write, phone: FlaskClient, co_ba: uuid.UUID
) -> None:
    asked = phone.get(f"/customers/{co_ba}/notes/new?about=phone", headers=ENGLISH).text
    assert "Note on the call" in asked
    write("Will pay on Friday", key="", about="phone")
    assert "Note on the call" in phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert write("x", key="", about="pigeon").status_code == 303


def test_the_next_page_hears_which_write_is_in_the_house(write: Write) -> None:
    answer = write("Kept", key="", **{"Idempotency-Key": "0192-key"})
    assert "taken=0192-key" in "".join(answer.headers.getlist("Set-Cookie"))
    refused = write("", key="", **{"Idempotency-Key": "0193-key"})
    assert "taken" not in "".join(refused.headers.getlist("Set-Cookie"))
