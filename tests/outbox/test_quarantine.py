"""What cannot be done is kept, told to its author and to an admin with the reason, and never dropped."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.roles import Role
from crmweb.audit import Entry
from crmweb.clock import HeldClock
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.idempotency import KeptAnswer
from crmweb.notes.models import Note
from crmweb.outbox.applying import sweep
from crmweb.outbox.models import HELD, QUARANTINED, OutboxWrite
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.notes.sounds import WEBM_OPUS
from tests.outbox.conftest import MORNING, Item, Kept, Phone, Writes, fresh_id

OLD = timedelta(days=31)


def note(customer: uuid.UUID, at: datetime, text: str = "Hỏi giá trà lài", **more: Any) -> Item:
    fields = {"id": str(fresh_id(at)), "text": text, "client_at": at.isoformat(), **more}
    return Item(f"/customers/{customer}/notes", fields)


def told(answer: TestResponse) -> str:
    """The reason, of an answer that says that it is kept in quarantine."""
    assert answer.status_code == 202, answer.text
    assert answer.json is not None
    assert answer.json["quarantined"] is True
    return str(answer.json["reason"])


# --- too old --------------------------------------------------------------------------------------------------


def test_what_was_done_longer_ago_than_rights_reach_is_kept(
    phone: Phone, co_ba: uuid.UUID, writes: Writes, time: HeldClock, house: House
) -> None:
    """Everything that phones keep: what is about a visit, too, though nobody ever heard of that."""
    kept = Kept(co_ba, MORNING)
    items = [
        *kept.items,
        note(co_ba, MORNING),
        Item(f"/customers/{co_ba}/reminders", {"text": "Tea", "client_at": MORNING.isoformat()}),
        Item("/reminders", {"text": "Tea", "client_at": MORNING.isoformat()}),
        Item("/customers", {"name": "Quán mới", "client_at": MORNING.isoformat()}),
        Item("/check-in", {**kept.check_in.fields, "customer": str(co_ba)}),
        Item(f"/visits/{kept.id}/why", {"why": "phone", "client_at": MORNING.isoformat()}),
    ]
    time.move(OLD)
    for item in items:
        for _ in range(2):
            assert told(phone.send(item, **ENGLISH)) == "It was done more than 30 days ago."
    found = writes()
    assert [write.act for write in found] == [
        "check_in", "place", "finish", "photo", "note", "reminder", "reminder", "lead", "check_in", "why",
    ]  # fmt: skip
    assert {write.state for write in found} == {QUARANTINED}
    nobodys = [write.path for write in found if write.customer_id != co_ba]
    assert nobodys == ["/reminders", "/customers"], "what is about her visit is about her customer"
    with house():
        for model in (Visit, Note, Reminder):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0


def test_a_queue_of_eighty_nine_days_from_an_older_version(
    phone: Phone, co_ba: uuid.UUID, writes: Writes, time: HeldClock, house: House
) -> None:
    """Fields that we know no more are no matter; what is young enough is done, the rest is kept whole."""
    first = Kept(co_ba, MORNING, more={"mood": "good", "form_version": "12"})
    time.move(timedelta(days=70))
    young = Kept(co_ba, clock.now() - timedelta(days=5), more={"mood": "good", "form_version": "12"})
    young.check_in.fields["id"] = str(fresh_id(MORNING))  # minted when the sheet was opened
    young_id = young.check_in.fields["id"]
    for item in (young.place, young.finish, young.photo):
        item.path = item.path.replace(str(young.id), young_id)
    time.move(timedelta(days=19))
    for item in first.items:
        told(phone.send(item))
    codes = [
        phone.send(item).status_code for item in (young.finish, young.check_in, young.place, young.photo)
    ]
    assert codes == [202, 201, 200, 201]
    assert {tuple(pair) for write in writes() for pair in write.fields} >= {("mood", "good")}
    with house():
        assert db.session.get_one(Visit, uuid.UUID(young_id)).outcome == "no_order"


def test_what_was_taken_in_time_stays_taken(
    phone: Phone, co_ba: uuid.UUID, writes: Writes, time: HeldClock
) -> None:
    """F12, a month later: its answer was lost, and it comes again when it would be too old."""
    item = note(co_ba, MORNING)
    assert phone.send(item).status_code == 201
    time.move(OLD)
    assert phone.send(item).status_code == 201
    assert writes() == []


def test_a_plain_form_is_told_in_words(
    phone: Phone, co_ba: uuid.UUID, writes: Writes, time: HeldClock
) -> None:
    old = Kept(co_ba, MORNING).check_in
    time.move(OLD)
    answer = phone.sign_in().post(old.path, data=old.fields, headers=ENGLISH)
    assert answer.status_code == 422
    assert writes() == []


# --- without a right ------------------------------------------------------------------------------------------


def test_who_never_looked_after_a_customer_leaves_it_in_quarantine(
    phone: Phone, others: uuid.UUID, writes: Writes, time: HeldClock, house: House
) -> None:
    """There or not there, it is the same: nobody learns which customers exist."""
    kept, nowhere = Kept(others, MORNING), Kept(new_id(), MORNING)
    time.move(timedelta(hours=3))
    reasons = {
        told(phone.send(item, **ENGLISH)) for item in (kept.check_in, nowhere.check_in, note(others, MORNING))
    }
    assert reasons == {"At that time others looked after this customer."}
    assert [write.act for write in writes()] == ["check_in", "check_in", "note"]
    with house():
        assert db.session.scalar(select(func.count(Visit.id))) == 0


def test_at_the_very_moment_it_is_not_found_as_ever(phone: Phone, others: uuid.UUID, writes: Writes) -> None:
    now = clock.now()
    assert phone.send(Kept(others, now).check_in).status_code == 404
    assert phone.send(note(others, now)).status_code == 404
    assert writes() == []


def test_the_rights_are_those_of_then(
    phone: Phone, co_ba: uuid.UUID, house: House, outsider: Actor, time: HeldClock, writes: Writes
) -> None:
    """Handed over at noon: what was done in the morning is done, what was done in the evening is kept."""
    time.move(timedelta(hours=2))
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        for assignment in list(customer.assignments):
            assignment.end(by=None, at=clock.now())
        customer.assign(db.session.get_one(User, outsider.id), by=None, at=clock.now())
    time.move(timedelta(days=20))
    morning, evening = note(co_ba, MORNING), note(co_ba, MORNING + timedelta(hours=9))
    assert phone.send(morning).status_code == 201
    told(phone.send(evening))
    assert phone.send(Kept(co_ba, MORNING).check_in).status_code == 201
    assert len(writes()) == 1


# --- handed over by the phone ---------------------------------------------------------------------------------


def hand_over(phone: FlaskClient, item: Item, *, key: str = "copy", **more: Any) -> TestResponse:
    data: dict[str, Any] = {
        "method": "POST", "path": item.path, "status": "422", "reason": "Choose what came of it.",
        "fields": json.dumps(list(item.fields.items())), "key": item.key, **more,
    }  # fmt: skip
    if item.picture:
        data["photo"] = (io.BytesIO(item.picture), "p.jpg")
    return phone.post("/outbox/quarantine", data=data, headers={"Idempotency-Key": key, **ENGLISH})


def test_a_copy_of_what_we_refused(
    phone: Phone, kept: Kept, writes: Writes, app: Flask, co_ba: uuid.UUID
) -> None:
    phone.send(kept.check_in)
    first = hand_over(phone.client, kept.photo)
    assert (first.status_code, first.headers["Idempotency-Key"]) == (201, "copy")
    assert first.json == {"quarantined": True, "reason": "Choose what came of it."}
    assert hand_over(phone.client, kept.photo).status_code == 200
    assert hand_over(phone.client, kept.photo, reason="another").status_code == 422
    (write,) = writes()
    assert (write.act, write.visit_id, write.customer_id, write.status, write.client_at) == (
        "photo", kept.id, co_ba, 422, MORNING + timedelta(minutes=21),
    )  # fmt: skip
    assert write.files[0].bytes == len(kept.photo.picture or b"")
    assert phone.client.post("/outbox/quarantine", data={"path": "/notes"}).status_code == 422


def test_what_comes_through_after_all_is_no_longer_asked_about(
    phone: Phone, co_ba: uuid.UUID, writes: Writes
) -> None:
    item = note(co_ba, MORNING)
    hand_over(phone.client, item)
    assert "Hỏi giá trà lài" in phone.client.get("/outbox/kept").text
    assert phone.send(item).status_code == 201
    assert len(writes()) == 1
    assert "Hỏi giá trà lài" not in phone.client.get("/outbox/kept").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"path": ""}, {"path": "https://example.com/"}, {"path": "//example.com"}, {"path": "/" + "x" * 3000},
        {"method": "GET"}, {"method": "BREW"}, {"fields": "{"}, {"fields": "3"}, {"fields": '[["a"]]'},
        {"fields": '{"a": {"b": 1}}'}, {"fields": json.dumps([["a", "b"]] * 600)}, {"fields": "[" * 5000},
    ],
)  # fmt: skip
def test_what_is_no_write_of_ours_is_refused_in_words(
    phone: Phone, kept: Kept, writes: Writes, wrong: dict[str, str]
) -> None:
    answer = hand_over(phone.client, kept.finish, **wrong)
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["reason"]
    assert writes() == []


def test_odd_characters_and_addresses_break_nothing(phone: Phone, kept: Kept, writes: Writes) -> None:
    odd = hand_over(
        phone.client, replace(kept.finish, path="/gone/since/version/3?x=1"), status="teapot", reason="\u202e" * 900,
        fields=json.dumps({"text": ["a\0b", "\ud800"], "name": "💩"}),
    )  # fmt: skip
    assert odd.status_code == 201
    (write,) = writes()
    assert (write.act, write.status, write.field("text")) == ("", None, "ab")
    assert "Something else" in phone.client.get("/outbox/kept", headers=ENGLISH).text


# --- the author -----------------------------------------------------------------------------------------------


@pytest.fixture
def refused(phone: Phone, co_ba: uuid.UUID, time: HeldClock) -> Item:
    """A note that came too late."""
    item = note(co_ba, MORNING)
    time.move(OLD)
    told(phone.send(item))
    return item


def test_the_author_reads_what_it_was_and_why(phone: Phone, refused: Item) -> None:
    page = phone.client.get("/outbox/kept", headers=ENGLISH).text
    for words in ("Note", "Tạp hóa Cô Ba", "Hỏi giá trà lài", "It was done more than 30 days ago.", "<html"):
        assert words in page
    part = phone.client.get("/outbox/kept", headers={**ENGLISH, "HX-Request": "true"}).text
    assert "Hỏi giá trà lài" in part
    assert "<html" not in part


def test_nobody_elses_is_there(
    phone: Phone, phone_of: PhoneOf, refused: Item, hung: Actor, mai: Actor, writes: Writes, house: House
) -> None:
    (write,) = writes()
    for other in (hung, mai):
        client = phone_of(other)
        assert "Hỏi giá trà lài" not in client.get("/outbox/kept").text
        for act in ("note", "set-aside", "restore"):
            assert client.post(f"/outbox/kept/{write.id}/{act}").status_code == 404
    assert writes()[0].settled_at is None


def test_it_is_written_down_as_a_note_once(
    phone: Phone, refused: Item, writes: Writes, house: House, co_ba: uuid.UUID
) -> None:
    address = f"/outbox/kept/{writes()[0].id}/note"
    for _ in range(2):
        assert phone.client.post(address, headers=ENGLISH).location == "/outbox/kept"
    with house():
        (written,) = db.session.scalars(select(Note))
        assert written.customer_id == co_ba
        assert written.text.startswith("Note of 4 Mar, written down later")
        assert written.text.endswith("Hỏi giá trà lài")
    assert "Everything was taken" in phone.client.get("/outbox/kept", headers=ENGLISH).text


def test_a_recording_goes_along_into_the_note(
    phone: Phone, co_ba: uuid.UUID, time: HeldClock, writes: Writes, house: House
) -> None:
    """The words and what followed them came too late: both wait, and what was said is heard again."""
    words = note(co_ba, MORNING)
    fields = {"customer": str(co_ba), "seconds": "7", "client_at": MORNING.isoformat()}
    voice = Item(f"/notes/{words.fields['id']}/voice", fields)
    time.move(OLD)
    told(phone.send(words))
    voice.fields["voice"] = (io.BytesIO(WEBM_OPUS), "voice.webm")
    told(phone.send(voice))
    (kept,) = [write for write in writes() if write.act == "voice"]
    page = phone.client.get("/outbox/kept", headers=ENGLISH).text
    assert "Voice note" in page
    assert "with a recording" in page
    assert phone.client.post(f"/outbox/kept/{kept.id}/note", headers=ENGLISH).status_code == 303
    with house():
        (written,) = db.session.scalars(select(Note))
        assert (written.customer_id, written.text) == (co_ba, "Voice note of 4 Mar, written down later")
        assert written.voice is not None
        assert (written.voice.mime, written.voice.seconds) == ("audio/webm", 7)


def test_it_is_set_aside_and_brought_back(phone: Phone, refused: Item, writes: Writes) -> None:
    here = f"/outbox/kept/{writes()[0].id}"
    swapped = phone.client.post(f"{here}/set-aside", headers={"HX-Request": "true"})
    assert (swapped.status_code, swapped.text) == (200, "")
    assert f"{here}/restore" in swapped.headers["HX-Trigger"]
    assert "Hỏi giá trà lài" not in phone.client.get("/outbox/kept").text
    assert writes()[0].settled_by_id == phone.person.id
    assert phone.client.post(f"{here}/restore").status_code == 303
    assert "Hỏi giá trà lài" in phone.client.get("/outbox/kept").text


def test_whose_customer_is_anothers_now_learns_no_name_and_writes_no_note(
    phone: Phone, refused: Item, writes: Writes, house: House, co_ba: uuid.UUID
) -> None:
    with house(), writing():
        for assignment in list(db.session.get_one(Customer, co_ba).assignments):
            assignment.end(by=None, at=clock.now())
    page = phone.client.get("/outbox/kept").text
    assert "Hỏi giá trà lài" in page, "what they wrote is theirs to read"
    assert "Tạp hóa Cô Ba" not in page
    assert phone.client.post(f"/outbox/kept/{writes()[0].id}/note").status_code == 404
    assert writes()[0].settled_at is None


def test_what_is_held_is_not_to_be_decided_about(phone: Phone, kept: Kept, writes: Writes) -> None:
    phone.send(kept.finish)
    (write,) = writes()
    assert write.state == HELD
    assert "Everything was taken" in phone.client.get("/outbox/kept", headers=ENGLISH).text
    assert phone.client.post(f"/outbox/kept/{write.id}/set-aside").status_code == 404


def test_a_long_list_comes_in_pages(phone: Phone, co_ba: uuid.UUID) -> None:
    for n in range(35):
        hand_over(phone.client, note(co_ba, MORNING, text=f"note {n:02}"), key=f"copy {n}")
    page = phone.client.get("/outbox/kept").text
    assert page.count('id="kept-') == 30
    assert "note 34" in page
    after = page.split('hx-get="/outbox/kept?after=')[1].split('"')[0]
    rest = phone.client.get(f"/outbox/kept?after={after}", headers={"HX-Request": "true"}).text
    assert rest.count('id="kept-') == 5
    assert "<ul" not in rest
    assert phone.client.get("/outbox/kept?after=nonsense").status_code == 200


# --- the admin ------------------------------------------------------------------------------------------------


def test_an_admin_sees_whose_it_is_and_decides(
    phone_of: PhoneOf, tuan: Actor, refused: Item, writes: Writes, house: House, hung: Actor, lan: Actor
) -> None:
    office = phone_of(tuan)
    page = office.get("/admin/quarantine", headers=ENGLISH).text
    for words in ("Nguyễn Thị Lan", "Note", "Tạp hóa Cô Ba", "Hỏi giá trà lài", "more than 30 days ago"):
        assert words in page
    assert "Nguyễn Thị Lan" in office.get("/admin/quarantine?q=lan").text
    assert "Nothing of theirs" in office.get("/admin/quarantine?q=hung", headers=ENGLISH).text
    assert "Nothing of theirs" in office.get(f"/admin/quarantine?person={hung.id}", headers=ENGLISH).text
    assert office.get("/admin/quarantine?person=x").status_code == 422
    answer = office.post(f"/admin/quarantine/{writes()[0].id}/set-aside?q=lan")
    assert answer.location.startswith("/admin/quarantine?q=lan")
    assert "Everything was taken" in office.get("/admin/quarantine", headers=ENGLISH).text
    with house():
        (entry,) = db.session.scalars(select(Entry).where(Entry.action == "user.outbox_decided"))
        assert (entry.by_id, entry.about_id) == (tuan.id, lan.id)
        assert "Hỏi giá" not in str(entry.values.after)


def test_words_that_name_nobody_find_nothing(phone_of: PhoneOf, tuan: Actor, refused: Item) -> None:
    assert "Nothing of theirs" in phone_of(tuan).get("/admin/quarantine?q=%2B%2B", headers=ENGLISH).text


def test_who_manages_people_and_sees_no_customer_reads_only_their_own_teams(
    phone_of: PhoneOf, house: House, outsider: Actor, refused: Item
) -> None:
    with house(), writing():
        clerk = Role.make("Clerk", ["users:manage"], at=clock.now())
        db.session.get_one(User, outsider.id).role = clerk.name
    page = phone_of(outsider).get("/admin/quarantine")
    assert page.status_code == 200
    assert "Hỏi giá trà lài" not in page.text


def test_the_office_asks_as_much_for_fifty_as_for_one(
    phone: Phone, phone_of: PhoneOf, tuan: Actor, co_ba: uuid.UUID
) -> None:
    for n in range(55):
        hand_over(phone.client, note(co_ba, MORNING, text=f"note {n:02}"), key=f"copy {n}")
    office = phone_of(tuan)
    page = office.get("/admin/quarantine").text
    assert page.count('<tr id="kept-') == 50
    after = page.split("after=")[1].split('"')[0]
    rest = office.get(f"/admin/quarantine?after={after}", headers={"HX-Request": "true"}).text
    assert rest.count('<tr id="kept-') == 5


# --- and in the end -------------------------------------------------------------------------------------------


def test_what_was_decided_goes_after_a_hundred_days_and_nothing_else(
    app: Flask, phone: Phone, kept: Kept, writes: Writes, time: HeldClock
) -> None:
    hand_over(phone.client, kept.photo, key="one")
    hand_over(phone.client, kept.photo, key="two")
    first = writes()[0]
    phone.client.post(f"/outbox/kept/{first.id}/set-aside")
    time.move(timedelta(days=101))
    with app.app_context():
        sweep()
    (left,) = writes()
    assert left.key == "two"
    folder = app.extensions["settings"].home / "files"
    names = {file.name for file in folder.glob("*/*.bin")}
    assert left.files[0].name in names
    assert first.files[0].name not in names


def test_the_phone_of_who_left_keeps_its_own_way(
    phone: Phone, co_ba: uuid.UUID, house: House, lan: Actor, time: HeldClock, writes: Writes
) -> None:
    """It hears that it was taken or that it was not; the act before they left, a month back, is too old as ever."""
    phone.client.get("/")
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=None, at=clock.now() + timedelta(minutes=30))
    time.move(timedelta(hours=1))
    assert phone.send(note(co_ba, MORNING)).json == {"saved": True}
    assert phone.send(Kept(co_ba, MORNING - OLD).check_in).status_code == 422
    assert phone.send(Kept(new_id(), MORNING).finish).status_code == 404
    assert hand_over(phone.client, note(co_ba, MORNING)).status_code == 401
    assert writes() == []
    with house():
        assert db.session.scalar(select(func.count(KeptAnswer.key))) == 1
        assert db.session.scalar(select(func.count(OutboxWrite.id))) == 0
