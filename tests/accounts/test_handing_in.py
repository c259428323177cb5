"""The phone of somebody who has left hands in what they did before: that is kept, and nothing else opens."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession, sign_out
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.db import db, new_id, writing
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.followups.conftest import minted
from tests.notes.sounds import WEBM_OPUS
from tests.visits.photos import photo

MORNING = datetime(2026, 3, 4, 3, 0, tzinfo=UTC)
NOON, EVENING = MORNING + timedelta(hours=2), MORNING + timedelta(hours=9)
HERE = (21.0285, 105.8542)
MAI = "mai@example.com"


@pytest.fixture(autouse=True)
def time(app: Flask) -> Iterator[HeldClock]:
    with clock.frozen(MORNING) as held:
        yield held


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan, tier="A", at=HERE)


@pytest.fixture
def others(house: House, outsider: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Shop of the outsider", outsider, at=HERE)


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


class Leaver:
    """Lan's phone, which lost its signal at noon; in the evening Lan has left."""

    def __init__(self, phone: FlaskClient, time: HeldClock) -> None:
        self.phone, self.time = phone, time

    def send(self, path: str, *, at: datetime | None = NOON, **fields: Any) -> TestResponse:
        key = str(new_id())
        data = {"client_at": at.isoformat(), **fields} if at else fields
        answer = self.phone.post(path, data=data, headers={"Idempotency-Key": fields.pop("key", key)})
        if answer.status_code < 300:
            assert answer.json == {"saved": True}
            assert "Location" not in answer.headers
            assert answer.headers["Idempotency-Key"]
        return answer

    def check_in(self, customer: uuid.UUID, **fields: Any) -> uuid.UUID:
        visit_id = minted(NOON)
        answer = self.send(f"/customers/{customer}/visits", id=visit_id, **fields)
        assert answer.status_code == 201, answer.text
        return uuid.UUID(visit_id)


@pytest.fixture
def leaver(
    phone: FlaskClient, phone_of: PhoneOf, tuan: Actor, lan: Actor, co_ba: uuid.UUID, time: HeldClock
) -> Leaver:
    assert phone.get("/").status_code == 200
    time.move(EVENING - MORNING)
    left = phone_of(tuan).post(f"/admin/users/{lan.id}/leaving", data={"taker": MAI}, headers=ENGLISH)
    assert left.status_code == 303
    time.move(timedelta(hours=1))
    return Leaver(phone, time)


# --- what is taken ------------------------------------------------------------------------------------------


def test_a_visit_with_its_place_its_photo_and_its_result(
    leaver: Leaver, co_ba: uuid.UUID, house: House, lan: Actor
) -> None:
    visit_id = leaver.check_in(co_ba)
    place: dict[str, Any] = {
        "lat": "21.0286",
        "lng": "105.8542",
        "accuracy_m": "12",
        "fixed_at": NOON.isoformat(),
    }
    assert leaver.send(f"/visits/{visit_id}/place", **place).status_code == 200
    picture = (io.BytesIO(photo()), "p.jpg")
    assert leaver.send(f"/visits/{visit_id}/photos", photo=picture).status_code == 201
    result = leaver.send(f"/visits/{visit_id}/finish", outcome="no_order", note="Chưa cần hàng")
    assert result.status_code == 200, result.text
    with house():
        visit = db.session.get_one(Visit, visit_id)
        assert (visit.person_id, visit.started_at, visit.verdict) == (lan.id, NOON, "on_site")
        assert visit.outcome == "no_order"
        assert visit.ended_at is not None
        assert db.session.scalars(select(Note.text)).one() == "Chưa cần hàng"
        assert db.session.scalars(select(VisitPhoto)).one().visit_id == visit_id


def test_a_note_and_what_was_said_with_it(leaver: Leaver, co_ba: uuid.UUID, house: House) -> None:
    note_id = minted(NOON)
    said = (io.BytesIO(WEBM_OPUS), "voice.webm")
    words = leaver.send(f"/customers/{co_ba}/notes", id=note_id, text="Hỏi trà lài")
    assert words.status_code == 201, words.text
    assert leaver.send(f"/notes/{note_id}/voice", voice=said, seconds="3").status_code == 201
    with house():
        note = db.session.get_one(Note, uuid.UUID(note_id))
        assert note.voice is not None
        assert (note.voice.seconds, note.voice.recorded_at) == (3, NOON)


def test_a_check_in_by_the_central_button_and_a_shut_door(
    leaver: Leaver, co_ba: uuid.UUID, house: House
) -> None:
    assert leaver.send("/check-in", customer=str(co_ba), outcome="closed").status_code == 201
    with house():
        assert db.session.scalars(select(Visit)).one().outcome == "closed"


def test_a_visit_that_nobody_will_finish_does_not_stay_open(
    leaver: Leaver, co_ba: uuid.UUID, house: House
) -> None:
    visit_id = leaver.check_in(co_ba)
    with house():
        visit = db.session.get_one(Visit, visit_id)
        assert (visit.ended_at, visit.ended) == (EVENING, "estimated")


def test_a_note(leaver: Leaver, co_ba: uuid.UUID, house: House, lan: Actor) -> None:
    assert leaver.send(f"/customers/{co_ba}/notes", text="Thích trà sen").status_code == 201
    with house():
        note = db.session.scalars(select(Note)).one()
        assert (note.by_id, note.at, note.text) == (lan.id, NOON, "Thích trà sen")


def test_a_reminder_goes_on_to_whoever_looks_after_the_shop(
    leaver: Leaver, co_ba: uuid.UUID, house: House, mai: Actor, lan: Actor
) -> None:
    answer = leaver.send(f"/customers/{co_ba}/reminders", text="Mang bảng giá", day="2026-03-06")
    assert answer.status_code == 201, answer.text
    with house():
        reminder = db.session.scalars(select(Reminder)).one()
        assert (reminder.person_id, reminder.created_by_id, reminder.given_by_id) == (mai.id, lan.id, lan.id)


def test_sent_twice_it_is_there_once(leaver: Leaver, co_ba: uuid.UUID, house: House) -> None:
    for _each in range(2):
        answer = leaver.phone.post(
            f"/customers/{co_ba}/notes", data={"text": "Once", "client_at": NOON.isoformat()},
            headers={"Idempotency-Key": "once"},
        )  # fmt: skip
        assert (answer.status_code, answer.json) == (201, {"saved": True})
    with house():
        assert len(db.session.scalars(select(Note)).all()) == 1


def test_an_admin_sees_that_it_came(leaver: Leaver, co_ba: uuid.UUID, house: House, lan: Actor) -> None:
    leaver.send(f"/customers/{co_ba}/notes", text="Thích trà sen")
    with house():
        entry = db.session.scalars(select(Entry).where(Entry.action == "user.handed_in")).one()
        assert (entry.by_id, entry.about_id, entry.values.after) == (lan.id, lan.id, {"act": "notes.create"})


def test_for_thirty_days_after_the_clock_has_swept(leaver: Leaver, co_ba: uuid.UUID, house: House) -> None:
    leaver.time.move(timedelta(days=29, hours=11))
    with house(), writing():
        DeviceSession.prune(at=clock.now())
    late = EVENING - timedelta(minutes=1)
    assert leaver.send(f"/customers/{co_ba}/notes", at=late, text="Late").status_code == 201
    leaver.time.move(timedelta(days=1))
    assert leaver.send(f"/customers/{co_ba}/notes", at=late, text="Later").status_code == 401
    with house(), writing():
        DeviceSession.prune(at=clock.now() + timedelta(days=1))
        assert not [each for each in db.session.scalars(select(DeviceSession)) if each.ended_at == EVENING]


# --- what is not ----------------------------------------------------------------------------------------------


def test_what_was_done_after_they_left_is_refused(leaver: Leaver, co_ba: uuid.UUID, house: House) -> None:
    for moment in (EVENING, EVENING + timedelta(minutes=1), None):
        assert leaver.send(f"/customers/{co_ba}/notes", at=moment, text="No").status_code == 401
    assert leaver.send(f"/customers/{co_ba}/notes", at=None, client_at="noon", text="No").status_code == 401
    with house():
        assert db.session.scalars(select(Note)).all() == []


def test_without_a_key_it_is_nobody(leaver: Leaver, co_ba: uuid.UUID) -> None:
    sent = {"text": "No", "client_at": NOON.isoformat()}
    answer = leaver.phone.post(f"/customers/{co_ba}/notes", data=sent)
    assert answer.status_code == 303
    assert answer.location.startswith("/session/new")


def test_no_other_address_opens(
    app: Flask, leaver: Leaver, co_ba: uuid.UUID, subtests: pytest.Subtests
) -> None:
    """All of them: reading, and every write that does not say that it may."""
    opens = set()
    sent = {"client_at": NOON.isoformat(), "text": "x"}
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or getattr(view, "needs", None) is None:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            values = {
                name: str(co_ba) if "UUID" in type(each).__name__ else "1"
                for name, each in rule._converters.items()
            }
            path = app.url_map.bind("localhost").build(rule.endpoint, values)
            answer = leaver.phone.open(
                path, method=method, data=sent, headers={"Idempotency-Key": str(new_id())}
            )
            if answer.status_code != 401:
                opens.add((method, rule.endpoint))
    assert opens == {
        ("POST", "visits.check_in"), ("POST", "visits.place"), ("POST", "visits.finish"), ("POST", "photos.create"),
        ("POST", "check_in.create"), ("POST", "notes.create"), ("POST", "voice.create"), ("POST", "reminders.create"),
        ("POST", "reminders.create_alone"),
    }  # fmt: skip


def test_nobody_reads_a_customer_through_it(leaver: Leaver, co_ba: uuid.UUID, others: uuid.UUID) -> None:
    refused = leaver.send(f"/customers/{co_ba}/notes", text="")
    assert (refused.status_code, refused.json) == (422, {"error": "Unprocessable Entity"})
    assert "Cô Ba" not in refused.text
    assert (leaver.send(f"/customers/{others}/notes", text="x").status_code) == 404
    assert leaver.send(f"/customers/{others}/visits", id=minted(NOON)).status_code == 404


def test_of_before_the_shop_was_theirs_nothing_is_taken(leaver: Leaver, co_ba: uuid.UUID) -> None:
    assert (
        leaver.send(f"/customers/{co_ba}/notes", at=MORNING - timedelta(days=2), text="x").status_code == 404
    )


@pytest.mark.parametrize("how", ["sign-out", "lost phone", "password"])
def test_a_session_that_ended_otherwise_opens_never(
    how: str, app: Flask, phone: FlaskClient, phone_of: PhoneOf, tuan: Actor, lan: Actor, co_ba: uuid.UUID,
    time: HeldClock, house: House,
) -> None:  # fmt: skip
    time.move(timedelta(hours=3))
    if how == "sign-out":
        phone_again = phone.get_cookie("session")
        phone.post("/session/end")
        assert phone_again is not None
        phone.set_cookie("session", phone_again.value)
    else:
        with house(), writing():
            user = db.session.get_one(User, lan.id)
            if how == "password":
                user.set_password("hash", by=None, at=clock.now())
            else:
                device = db.session.scalars(
                    select(DeviceSession).where(DeviceSession.user_id == lan.id)
                ).one()
                sign_out(user, by=tuan, at=clock.now(), device=device)
    time.move(timedelta(hours=3))
    left = phone_of(tuan).post(f"/admin/users/{lan.id}/leaving", data={"taker": MAI}, headers=ENGLISH)
    assert left.status_code == 303
    time.move(timedelta(hours=1))
    assert Leaver(phone, time).send(f"/customers/{co_ba}/notes", text="No").status_code == 401


def test_a_device_that_was_forgotten_before_they_left_opens_never(
    phone: FlaskClient, phone_of: PhoneOf, tuan: Actor, lan: Actor, co_ba: uuid.UUID, time: HeldClock
) -> None:
    time.move(timedelta(days=20))
    before = clock.now() - timedelta(hours=1)
    phone_of(tuan).post(f"/admin/users/{lan.id}/leaving", data={"taker": MAI}, headers=ENGLISH)
    time.move(timedelta(hours=1))
    assert Leaver(phone, time).send(f"/customers/{co_ba}/notes", at=before, text="No").status_code == 401


def test_who_came_back_signs_in_anew(
    leaver: Leaver, phone_of: PhoneOf, tuan: Actor, lan: Actor, co_ba: uuid.UUID
) -> None:
    phone_of(tuan).post(f"/admin/users/{lan.id}/return")
    assert leaver.send(f"/customers/{co_ba}/notes", text="No").status_code == 401


def test_who_was_erased_hands_in_nothing(
    leaver: Leaver, phone_of: PhoneOf, tuan: Actor, lan: Actor, co_ba: uuid.UUID
) -> None:
    erased = phone_of(tuan).post(f"/admin/data/person/{lan.id}/erasure", data={"name": lan.name})
    assert erased.status_code == 303
    assert leaver.send(f"/customers/{co_ba}/notes", text="No").status_code == 401
