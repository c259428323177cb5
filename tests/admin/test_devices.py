"""Tuấn finds a lost phone among all devices and signs it out, and nobody else may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event, insert, select, update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.roles import Role
from crmweb.accounts.sessions import DeviceSession
from crmweb.audit import Entry
from crmweb.db import db, new_id, writing
from crmweb.notifications import Delivery
from crmweb.notifications.endpoints import Endpoint
from crmweb.notifications.subscriptions import PushSubscription

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
ENGLISH = {"Accept-Language": "en"}
ANDROID = "Mozilla/5.0 (Linux; Android 14) Chrome/126.0"


@pytest.fixture
def device(house: House) -> Callable[..., uuid.UUID]:
    """`device(lan)`: one more on which she is signed in."""

    def device(person: Actor, agent: str = ANDROID) -> uuid.UUID:
        with house(), writing():
            DeviceSession.start(db.session.get_one(User, person.id), at=clock.now(), device=agent)
            newest = select(DeviceSession.id).order_by(DeviceSession.id.desc()).limit(1)
            found = db.session.scalar(newest)
            assert found is not None
            return found

    return device


Device = Callable[..., uuid.UUID]


def test_he_finds_lans_phone_by_her_name_without_accents(
    device: Device, phone_of: PhoneOf, tuan: Actor, lan: Actor, hung: Actor
) -> None:
    device(lan)
    device(hung, "Mozilla/5.0 (iPhone) Safari/605")
    shown = phone_of(tuan).get("/admin/devices", headers=ENGLISH).text
    assert "Chrome, Android" in shown
    assert "Safari, iPhone" in shown
    assert "this one" in shown
    only = phone_of(tuan).get("/admin/devices?q=nguyen+lan", headers=ENGLISH).text
    assert "Chrome, Android" in only
    assert "Safari, iPhone" not in only
    assert "No device like that" in phone_of(tuan).get("/admin/devices?q=zzz", headers=ENGLISH).text


def test_he_ends_one_and_the_phone_is_out_while_her_other_stays(
    phone_of: PhoneOf, house: House, tuan: Actor, lan: Actor
) -> None:
    lost, kept = phone_of(lan), phone_of(lan)
    with house():
        hers = select(DeviceSession.id).where(DeviceSession.user_id == lan.id).order_by(DeviceSession.id)
        first = db.session.scalars(hers).first()
    answer = phone_of(tuan).post(f"/admin/devices/{first}/end?q=lan")
    assert answer.location.startswith("/admin/devices?q=lan")
    assert lost.get("/settings").status_code == 303
    assert kept.get("/settings").status_code == 200
    with house():
        (entry,) = db.session.scalars(select(Entry).where(Entry.action == "user.signed_out"))
        assert (entry.by_id, entry.about_id) == (tuan.id, lan.id)


def test_he_ends_all_of_one_person_and_nobody_elses(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, hung: Actor
) -> None:
    hers, other, his = phone_of(lan), phone_of(lan), phone_of(hung)
    assert phone_of(tuan).post(f"/admin/devices/of/{lan.id}/end").status_code == 303
    assert [phone.get("/settings").status_code for phone in (hers, other, his)] == [303, 303, 200]


def test_he_sees_where_push_fails(
    device: Device, house: House, phone_of: PhoneOf, tuan: Actor, lan: Actor
) -> None:
    phone = device(lan)
    with house(), writing():
        endpoint = Endpoint("https://fcm.googleapis.com/lan", "fcm.googleapis.com", "", "")
        PushSubscription.keep(
            endpoint, person_id=lan.id, session_id=phone, key="", fresh=True, at=clock.now()
        )
        subscription = db.session.scalars(select(PushSubscription)).one()
        subscription.last_ok_at = clock.now() - timedelta(hours=2)
    assert "Push arrives" in phone_of(tuan).get("/admin/devices?q=lan", headers=ENGLISH).text
    with house(), writing():
        hers = db.session.scalars(select(PushSubscription)).one().id.hex
        Delivery.file(dedupe="p", kind="push", recipient=hers, payload={}, at=clock.now())
        db.session.execute(update(Delivery).values(state="failed", ended_at=clock.now()))
    assert "Push fails" in phone_of(tuan).get("/admin/devices?q=lan", headers=ENGLISH).text
    with house(), writing():
        PushSubscription.expire(db.session.scalars(select(PushSubscription)).one().id)
    assert "Push was given up" in phone_of(tuan).get("/admin/devices?q=lan", headers=ENGLISH).text


def test_ended_and_forgotten_ones_and_those_who_left_are_not_listed(
    device: Device, house: House, phone_of: PhoneOf, tuan: Actor, lan: Actor, hung: Actor
) -> None:
    ended, idle = device(lan), device(lan)
    device(hung)
    with house(), writing():
        db.session.get_one(DeviceSession, ended).end(at=clock.now())
        db.session.get_one(DeviceSession, idle).seen_at = clock.now() - timedelta(days=15)
        db.session.get_one(User, hung.id).deactivated_at = clock.now()
    assert "Chrome, Android" not in phone_of(tuan).get("/admin/devices", headers=ENGLISH).text


def test_five_thousand_people_are_a_page_and_a_handful_of_statements(
    house: House, phone_of: PhoneOf, tuan: Actor
) -> None:
    at = clock.now()
    with house(), writing():
        common = {"role": "rep", "zone": "Asia/Ho_Chi_Minh", "created_at": at}
        people = [
            {"id": new_id(), "name": f"Person {n:04}", "folded": f" person {n:04}", **common}
            for n in range(5000)
        ]
        db.session.execute(insert(User.__table__), people)  # type: ignore[arg-type]
        seen = [at - timedelta(seconds=n // 2) for n in range(5000)]  # pairs seen at the same moment
        db.session.execute(
            insert(DeviceSession.__table__),  # type: ignore[arg-type]
            [
                {"id": new_id(), "user_id": person["id"], "token": new_id().bytes * 2, "device": ANDROID,
                 "address": "", "created_at": at, "seen_at": seen[n]}
                for n, person in enumerate(people)
            ],
        )  # fmt: skip
    phone, statements = phone_of(tuan), 0
    shown: set[str] = set()
    with house():
        engine = db.engine

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    address = "/admin/devices"
    event.listen(engine, "before_cursor_execute", count)
    try:
        phone.get(address)
        once, statements = statements, 0
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert once < 20
    for _ in range(4):
        text = phone.get(address, headers={**ENGLISH, "HX-Request": "true"}).text
        rows = {part.split('"')[0] for part in text.split('id="session-')[1:]}
        assert len(rows) == 50
        assert not rows & shown
        shown |= rows
        address = text.split('href="/admin/devices?')[1].split('"')[0].replace("&amp;", "&")
        address = f"/admin/devices?{address}"


def test_what_is_asked_wrongly_is_said_and_shows_the_list(phone_of: PhoneOf, tuan: Actor) -> None:
    for query in ("after=nonsense", "q=a&q=b", "person=1' OR 1=1"):
        answer = phone_of(tuan).get(f"/admin/devices?{query}", headers=ENGLISH)
        assert answer.status_code == 422, query
        assert "Phạm Anh Tuấn" in answer.text
    assert phone_of(tuan).get("/admin/devices?q=%25").status_code == 200


def test_nobody_but_an_admin_sees_or_ends_any(
    device: Device, house: House, phone_of: PhoneOf, people: dict[str, Actor]
) -> None:
    phone = device(people["tuan"])
    for name in ("lan", "hung", "mai", "binh", "outsider"):
        hers = phone_of(people[name])
        assert hers.get("/admin/devices").status_code == 403, name
        assert hers.post(f"/admin/devices/{phone}/end").status_code == 403, name
        assert hers.post(f"/admin/devices/of/{people[name].id}/end").status_code == 403, name
    with house():
        assert db.session.get_one(DeviceSession, phone).ended_at is None


def test_who_looks_after_people_cannot_sign_out_those_who_may_more(
    device: Device, house: House, phone_of: PhoneOf, tuan: Actor, mai: Actor, lan: Actor
) -> None:
    phone = device(tuan)
    with house(), writing():
        role = Role.make("Helper", ["users:manage"], at=clock.now())
        db.session.get_one(User, mai.id).role = role.name
    hers = phone_of(mai)
    assert f"/admin/devices/{phone}/end" not in hers.get("/admin/devices").text
    assert hers.post(f"/admin/devices/{phone}/end").status_code == 403
    assert hers.post(f"/admin/devices/of/{tuan.id}/end").status_code == 403
    assert hers.post(f"/admin/devices/of/{lan.id}/end").status_code == 403, "Lan may write to customers"
    with house():
        assert db.session.get_one(DeviceSession, phone).ended_at is None
