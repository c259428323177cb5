"""A note that is said: kept once, heard by those who see the note, gone when its time is over."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock, files
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.notes.models import Note
from crmweb.notes.recordings import VoiceNote
from crmweb.notes.sound import LARGEST
from crmweb.timeline import Event
from crmweb.visits.retention import let_go
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.notes import sounds

Send = Callable[..., TestResponse]


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan)


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


@pytest.fixture
def say(phone: FlaskClient, co_ba: uuid.UUID) -> Send:
    """`say(sound)` as a note of Lan's; `note=` the words that it follows; `key=""` for a plain form."""

    def send(
        sound: bytes | None,
        *,
        note: object = None,
        key: str = "",
        by: FlaskClient | None = None,
        **fields: Any,
    ) -> TestResponse:
        data = {"customer": str(co_ba), **fields}
        if sound is not None:
            data["voice"] = (io.BytesIO(sound), "voice.webm")
        headers = {**ENGLISH, **({"Idempotency-Key": key} if key else {})}
        path = f"/notes/{note}/voice" if note else f"/customers/{co_ba}/notes"
        return (by or phone).post(path, data=data, headers=headers)

    return send


@pytest.fixture
def typed(say: Send) -> uuid.UUID:
    """A note of Lan's without a recording."""
    minted = new_id()
    assert say(None, id=str(minted), text="Hết trà lài", key="the words").status_code == 201
    return minted


def recordings(house: House) -> list[VoiceNote]:
    with house():
        found = list(db.session.scalars(select(VoiceNote)))
        db.session.expunge_all()
        return found


def test_a_note_may_be_said_without_a_word(
    say: Send, phone: FlaskClient, co_ba: uuid.UUID, house: House, lan: Actor
) -> None:
    minted = new_id()
    answer = say(sounds.WEBM_OPUS, id=str(minted), seconds="12")
    assert (answer.status_code, answer.location) == (303, f"/customers/{co_ba}")
    (kept,) = recordings(house)
    assert (kept.note_id, kept.customer_id, kept.by_id) == (minted, co_ba, lan.id)
    assert (kept.mime, kept.seconds, kept.bytes) == ("audio/webm", 12, len(sounds.WEBM_OPUS))
    page = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    player = f'<audio controls preload="none" src="/notes/{minted}/voice" aria-label="Voice note, 0:12">'
    assert page.count(player) == 2, "among the last notes, and in the timeline"
    assert page.count('<span class="meta num">0:12</span>') == 2


def test_it_stands_wherever_the_note_does(say: Send, phone: FlaskClient, co_ba: uuid.UUID) -> None:
    minted = new_id()
    say(sounds.WEBM_OPUS, id=str(minted), text="Kệ còn 2 lốc")
    player = f'src="/notes/{minted}/voice" aria-label="Voice note"'
    for path in (f"/customers/{co_ba}/timeline", f"/customers/{co_ba}/brief", "/my-day"):
        page = phone.get(path, headers=ENGLISH)
        assert (page.status_code, player in page.text, "Kệ còn 2 lốc" in page.text) == (200, True, True), path


def test_a_visit_shows_what_was_said_the_last_time(say: Send, phone: FlaskClient, co_ba: uuid.UUID) -> None:
    minted = new_id()
    say(sounds.WEBM_OPUS, id=str(minted))
    visit = phone.post(f"/customers/{co_ba}/visits").location
    assert f'src="/notes/{minted}/voice"' in phone.get(visit).text


def test_a_phone_takes_along_that_something_was_said(say: Send, phone: FlaskClient) -> None:
    say(sounds.WEBM_OPUS, seconds="12")
    say(sounds.WEBM_OPUS, text="Trà lài")
    (customer,) = (phone.get("/pack", headers=ENGLISH).json or {})["customers"]
    assert "(Voice note 0:12)" in customer["body"]
    assert "(Voice note) Trà lài" in customer["body"]


def test_the_sound_comes_whole_or_in_the_part_that_a_player_asks_for(
    say: Send, phone: FlaskClient, house: House
) -> None:
    say(sounds.OGG_OPUS)
    address = f"/notes/{recordings(house)[0].note_id}/voice"
    whole = phone.get(address)
    assert (whole.status_code, whole.mimetype, whole.data) == (200, "audio/ogg", sounds.OGG_OPUS)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.headers["X-Content-Type-Options"] == "nosniff"
    assert whole.headers["Cache-Control"] == "private, no-cache"
    assert whole.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    part = phone.get(address, headers={"Range": "bytes=4-9"})
    assert (part.status_code, part.data) == (206, sounds.OGG_OPUS[4:10])
    assert phone.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304
    assert phone.get(address, headers={"Range": "bytes=99999-"}).status_code == 416


def test_the_recording_follows_its_words(
    say: Send, typed: uuid.UUID, phone: FlaskClient, co_ba: uuid.UUID, house: House
) -> None:
    answer = say(sounds.M4A, note=typed, key="the voice", seconds="61")
    assert (answer.status_code, answer.location) == (201, f"/customers/{co_ba}")
    (kept,) = recordings(house)
    assert (kept.note_id, kept.mime, kept.seconds) == (typed, "audio/mp4", 60)
    with house():
        (told,) = db.session.scalars(select(Event.payload).where(Event.kind == "note.written"))
        assert told == {"text": "Hết trà lài", "voice": {"seconds": 60}}
    assert f'src="/notes/{typed}/voice"' in phone.get(f"/customers/{co_ba}").text


def test_sent_twice_it_is_one(say: Send, typed: uuid.UUID, house: House) -> None:
    for _ in range(2):
        assert say(sounds.WEBM_OPUS, note=typed, key="same").status_code == 201
        assert say(sounds.WEBM_OPUS, key="alone", text="").status_code == 201
    assert say(sounds.OGG_OPUS, note=typed, key="same").status_code == 422
    assert len(recordings(house)) == 2
    with house():
        assert db.session.scalar(select(func.count(Note.id))) == 2


def test_a_note_has_one_recording(say: Send, typed: uuid.UUID, house: House) -> None:
    say(sounds.WEBM_OPUS, note=typed, key="1")
    second = say(sounds.WEBM_OPUS, note=typed, key="2")
    assert (second.status_code, (second.json or {})["reason"]) == (409, "This note has a recording already.")
    assert len(recordings(house)) == 1


def test_what_is_no_recording_is_refused_in_words_and_the_note_stays(
    say: Send, typed: uuid.UUID, house: House
) -> None:
    page = b"<!doctype html><script>alert(1)</script>"
    plain = say(page, text="Kệ còn 2 lốc")
    assert plain.status_code == 422
    assert "This is no recording" in plain.text
    assert 'aria-describedby="voice-error"' in plain.text
    assert "Kệ còn 2 lốc</textarea>" in plain.text
    alone = say(page, note=typed, key="k")
    assert (alone.status_code, alone.mimetype) == (422, "application/json")
    assert "no recording" in (alone.json or {})["reason"]
    assert (say(None, note=typed, key="l").json or {})["reason"] == "Record something first."
    large = say(sounds.WEBM_OPUS.ljust(LARGEST + 1, b"\0"))
    assert (large.status_code, "too large" in large.text) == (422, True)
    assert say(sounds.WEBM_OPUS.ljust(2_200_000, b"\0")).status_code == 413
    assert recordings(house) == []


def test_only_who_sees_the_note_hears_it(
    say: Send, house: House, phone_of: PhoneOf, people: dict[str, Actor]
) -> None:
    say(sounds.WEBM_OPUS)
    address = f"/notes/{recordings(house)[0].note_id}/voice"
    heard = {name: phone_of(person).get(address).status_code for name, person in people.items()}
    assert {name for name, status in heard.items() if status == 200} == {"lan", "mai", "tuan"}
    assert set(heard.values()) == {200, 404}


def test_nobody_adds_to_a_note_of_lans(
    say: Send, typed: uuid.UUID, house: House, phone_of: PhoneOf, mai: Actor, outsider: Actor
) -> None:
    for who in (mai, outsider):
        assert say(sounds.WEBM_OPUS, note=typed, by=phone_of(who), key=f"of {who.id}").status_code == 404
    assert say(sounds.WEBM_OPUS, note=new_id(), key="of nothing").status_code == 404
    assert recordings(house) == []


def test_a_recording_from_before_the_hand_over_is_kept_and_shows_nothing_of_now(
    say: Send, typed: uuid.UUID, house: House, co_ba: uuid.UUID
) -> None:
    with house(), writing():
        of_lan = db.session.get_one(Customer, co_ba).assignments[0]
        of_lan.started_at = clock.now() - timedelta(days=60)
        of_lan.end(by=None, at=clock.now() - timedelta(hours=1))
    assert say(sounds.WEBM_OPUS, note=typed, key="late").status_code == 404
    then = (clock.now() - timedelta(hours=2)).isoformat()
    answer = say(sounds.WEBM_OPUS, note=typed, key="then", client_at=then)
    assert (answer.status_code, "Tạp hóa Cô Ba" in answer.text) == (201, False)
    assert len(recordings(house)) == 1


def test_a_recording_that_was_lost_is_not_found(say: Send, phone: FlaskClient, house: House) -> None:
    say(sounds.WEBM_OPUS)
    (kept,) = recordings(house)
    with house():
        files.delete(kept.name)
    assert phone.get(f"/notes/{kept.note_id}/voice").status_code == 404


def test_it_goes_with_the_photos_when_the_policys_time_is_over(
    say: Send, typed: uuid.UUID, phone: FlaskClient, co_ba: uuid.UUID, house: House
) -> None:
    say(sounds.WEBM_OPUS, note=typed, key="1")
    say(sounds.WEBM_OPUS, key="2")
    say(sounds.WEBM_OPUS, key="3", text="Young")
    with house(), writing():
        young = db.session.scalars(select(Note.id).where(Note.text == "Young")).one()
        for each in db.session.scalars(select(VoiceNote).where(VoiceNote.note_id != young)):
            each.recorded_at = clock.now() - timedelta(days=3651)
    names = {each.note_id: each.name for each in recordings(house)}
    for _ in range(2):
        with house():
            let_go()
    assert [each.note_id for each in recordings(house)] == [young]
    for note_id, name in names.items():
        with house():
            if note_id == young:
                files.open(name).close()
            else:
                with pytest.raises(FileNotFoundError):
                    files.open(name)
    page = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert page.count("<audio") == 2
    assert "Hết trà lài" in page
    assert "Its recording is no longer kept." in page
    assert "Its recording is no longer kept." in phone.get("/my-day", headers=ENGLISH).text
    (customer,) = (phone.get("/pack", headers=ENGLISH).json or {})["customers"]
    assert "Its recording is no longer kept." in customer["body"]


def test_without_script_it_is_a_file_to_choose(phone: FlaskClient, co_ba: uuid.UUID) -> None:
    page = phone.get(f"/customers/{co_ba}/notes/new").text
    assert 'enctype="multipart/form-data"' in page
    assert '<input class="input" type="file" id="voice" name="voice" accept="audio/*"' in page
