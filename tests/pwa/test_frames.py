"""Frames: whole pages whose gaps a phone fills, each with exactly the gaps that it is to have."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.roles import Role
from crmweb.accounts.rulings import Ruling
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.pwa.frames import ADD, FRAMES, READ, WRITE
from crmweb.reminders.models import Reminder
from crmweb.visits.outcomes import Outcome
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.machine.node import run_package

GAPS = {
    "customers": set(),
    "customer": {"id", "name", "line", "html:body"},
    "check-in": {"id", "name"},
    "visit": {"id", "customer", "name", "begun", "html:said"},
    "visit-done": {"id", "customer", "name", "outcome"},
    "finish": {"id", "customer", "name"},
    "note": {"id", "name"},
    "reminder": {"id", "name"},
    "lead": set(),
    "saved": {"html:words"},
    "away": set(),
}
VIETNAMESE = {"Accept-Language": "vi"}

Read = Callable[..., str]


@pytest.fixture
def read(phone_of: PhoneOf, lan: Actor) -> Read:
    """`read("note")`: a frame as Lan's phone gets it."""
    phone = phone_of(lan)
    return lambda name, **headers: phone.get(f"/frames/{name}", headers={**ENGLISH, **headers}).text


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_has_the_gaps_that_it_must_and_no_other(name: str, read: Read) -> None:
    page = read(name)
    assert set(re.findall(r"\[\[([\w:-]+)\]\]", page)) == GAPS[name]
    assert page.count("[[") == len(re.findall(r"\[\[[\w:-]+\]\]", page))


def test_every_frame_is_valid_once_it_is_filled(read: Read, tmp_path: Path) -> None:
    filled = {
        "id": "01a229b8-5c68-72df-b017-8930940e8142",
        "html:body": "<p>…</p>",
        "html:said": "<span>…</span>",
    }
    for name in FRAMES:
        page = read(name)
        whole = re.sub(r"\[\[([\w:-]+)\]\]", lambda gap: filled.get(gap[1], "Hồng Phúc"), page)
        (tmp_path / f"{name}.html").write_text(whole)
    checked = run_package("html-validate", "--config", ".htmlvalidate.json", str(tmp_path))
    assert checked.returncode == 0, checked.stdout


def test_frames_speak_both_languages(read: Read) -> None:
    assert "Saved on this phone" in read("saved")
    assert "Đã lưu trên máy này" in read("saved", **VIETNAMESE)
    for name in FRAMES:
        assert read(name) != read(name, **VIETNAMESE), name


@pytest.mark.parametrize(
    ("name", "action", "fields"),
    [
        ("check-in", "/customers/[[id]]/visits", {"kind", "outcome"}),
        ("visit", "/visits/[[id]]/why", {"why"}),
        (
            "finish",
            "/visits/[[id]]/finish",
            {"outcome", "note", "next", "next_other", "attendee", "promise", "promise_by", "promise_until"},
        ),
        ("note", "/customers/[[id]]/notes", {"text"}),
        ("reminder", "/customers/[[id]]/reminders", {"text", "when", "day", "time", "repeats"}),
        (
            "lead",
            "/customers",
            {"name", "lat", "lng", "accuracy_m", "fixed_at", "tags", "phones", "here", "status"},
        ),
    ],
)
def test_a_form_keeps_the_names_that_the_server_reads(
    name: str, action: str, fields: set[str], read: Read
) -> None:
    page = read(name)
    form = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>', page)
    assert form is not None
    assert "data-once" in form[0]
    assert "data-offline" in form[0]
    assert fields <= set(re.findall(r'<(?:input|button|textarea|select)[^>]* name="(\w+)"', page))


def test_the_results_are_those_that_the_company_offers(house: House, read: Read) -> None:
    with house(), writing():
        Outcome.add("Đã trưng bày", productive=True)
    assert "Đã trưng bày" in read("finish")


def test_where_every_visit_needs_a_photo_it_is_asked_for_without_a_signal_too(
    house: House, tuan: Actor, read: Read
) -> None:
    assert 'name="no_photo"' not in read("finish")
    with house(), writing():
        at = clock.now() - timedelta(days=1)
        Ruling.set(POLICIES["photo_needed"], "always", head_id=None, by=tuan, at=at)
    page = read("finish")
    assert 'name="no_photo"' in page
    assert 'action="/visits/[[id]]/photos"' in page


def test_nothing_in_a_frame_depends_on_the_day_it_was_kept(read: Read) -> None:
    today = clock.now().date().isoformat()
    assert [name for name in FRAMES if today in read(name)] == []
    assert 'value="tomorrow"' in read("finish")


def test_who_does_not_share_their_place_is_not_asked_for_it_without_a_signal_either(
    house: House, lan: Actor, read: Read
) -> None:
    assert "data-place-later" in read("check-in")
    assert "<place-later" in read("visit")
    with house(), writing():
        db.session.add(LocationAnswer(person_id=lan.id, agreed=False, version=1, at=clock.now()))
    assert "data-place-later" not in read("check-in")
    assert "Your place is not read." in read("check-in")
    assert "<place-later" not in read("visit")
    assert "Your place is not read." in read("visit")


def test_each_frame_asks_for_the_right_of_the_page_that_it_stands_in_for() -> None:
    assert {name for name, frame in FRAMES.items() if frame.needs == WRITE} == {
        "check-in", "visit", "visit-done", "finish", "note", "reminder",
    }  # fmt: skip
    assert {name for name, frame in FRAMES.items() if frame.needs == ADD} == {"lead"}
    assert {frame.needs for frame in FRAMES.values()} == {READ, WRITE, ADD}


def test_the_word_about_what_was_just_done_waits_for_a_page_that_is_looked_at(
    phone_of: PhoneOf, lan: Actor
) -> None:
    phone = phone_of(lan)
    phone.set_cookie("notice", "note_written x")
    for address in ("/frames/customers", "/pack", "/offline"):
        assert "Noted" not in phone.get(address, headers=ENGLISH).text
    assert "Noted" in phone.get("/customers", headers=ENGLISH).text
    assert "Noted" not in phone.get("/customers", headers=ENGLISH).text


def test_what_is_not_on_the_phone_says_so_to_anybody_and_names_nobody(
    client: FlaskClient, phone_of: PhoneOf, lan: Actor
) -> None:
    page = client.get("/offline", headers=ENGLISH)
    assert page.status_code == 200
    assert "This page is not on this phone" in page.text
    for address in ("/", "/customers", "/outbox"):
        assert f'href="{address}"' in page.text
    assert lan.name not in phone_of(lan).get("/offline").text


def test_who_may_only_look_is_offered_nothing_to_write(house: House, hung: Actor, phone_of: PhoneOf) -> None:
    with house(), writing():
        made = shop("Siêu thị Đông Á", hung, tier="A")
        customer = db.session.get_one(Customer, made)
        Reminder.remind("Gọi lại", due_at=clock.now(), by=hung, at=clock.now(), customer=customer)
        role = Role.make("Auditor", ["customers:read:own"], at=clock.now())
        db.session.get_one(User, hung.id).change_role(role.name, by=None, at=clock.now())
    phone = phone_of(hung)
    (kept,) = json.loads(phone.get("/pack", headers=ENGLISH).data)["customers"]
    assert "Gọi lại" in kept["body"]
    assert "<form" not in kept["body"]
    assert json.loads(phone.get("/pack").data)["frames"] == ["customers", "customer", "saved", "away"]
    for name, frame in FRAMES.items():
        assert (phone.get(f"/frames/{name}").status_code == 403) == (frame.needs != READ), name
    assert "Check in" not in phone.get("/frames/customer", headers=ENGLISH).text
