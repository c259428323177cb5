"""A phone says what it could not send yet: its person reads it, and an admin finds who holds unsent work."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.clock import HeldClock
from crmweb.db import db, new_id
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.outbox.conftest import MORNING, Phone

FULL = {
    "unsent": "3", "oldest": (MORNING - timedelta(hours=5)).isoformat(), "version": "app-1a2b",
    "storage": "best effort", "quota": "1000000000", "used": "4096",
}  # fmt: skip


def tell(client: FlaskClient, **sent: str) -> TestResponse:
    return client.post("/outbox/state", data=sent, headers={"Idempotency-Key": str(new_id())})


def device_of(house: House, person: Actor) -> DeviceSession:
    with house():
        theirs = select(DeviceSession).where(DeviceSession.user_id == person.id)
        found = db.session.scalars(theirs.order_by(DeviceSession.id.desc())).first()
        assert found is not None
        db.session.expunge(found)
        return found


def test_what_a_phone_tells_is_kept_with_its_session(phone: Phone, house: House) -> None:
    answer = tell(phone.client, **FULL)
    assert (answer.status_code, answer.json) == (200, {"saved": True})
    assert answer.headers["Idempotency-Key"]
    device = device_of(house, phone.person)
    assert (device.unsent, device.unsent_since, device.told_at) == (3, MORNING - timedelta(hours=5), MORNING)
    assert (device.app_version, device.storage, device.quota_bytes, device.used_bytes) == (
        "app-1a2b", "best effort", 1_000_000_000, 4096,
    )  # fmt: skip
    tell(phone.client, unsent="0", oldest=FULL["oldest"])
    device = device_of(house, phone.person)
    assert (device.unsent, device.unsent_since, device.app_version) == (0, None, None)


def test_what_it_does_not_tell_is_not_told(phone: Phone, house: House) -> None:
    assert "Outbox not told" in phone.client.get("/settings/devices", headers=ENGLISH).text
    tell(phone.client, **FULL)
    tell(phone.client)
    device = device_of(house, phone.person)
    assert (device.unsent, device.unsent_since, device.storage) == (None, None, None)
    assert "Outbox not told" in phone.client.get("/settings/devices", headers=ENGLISH).text


def test_a_clock_that_runs_ahead_waits_from_now_on(phone: Phone, house: House) -> None:
    tell(phone.client, unsent="1", oldest=(MORNING + timedelta(days=2)).isoformat())
    assert device_of(house, phone.person).unsent_since == MORNING
    tell(phone.client, unsent="1")
    assert device_of(house, phone.person).unsent_since == MORNING


@pytest.mark.parametrize(
    "wrong",
    [
        {"unsent": "-1"}, {"unsent": "many"}, {"unsent": "9" * 30}, {"unsent": "³"}, {"oldest": "yesterday"},
        {"storage": "cloud"}, {"quota": "1e9"}, {"used": str(2**60)},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_words(phone: Phone, house: House, wrong: dict[str, str]) -> None:
    answer = tell(phone.client, **{**FULL, **wrong})
    assert answer.status_code == 422
    assert answer.json is not None
    assert next(iter(wrong)) in answer.json["reason"]
    assert device_of(house, phone.person).told_at is None


def test_one_reads_it_of_ones_own_devices(phone: Phone) -> None:
    tell(phone.client, **FULL)
    page = phone.client.get("/settings/devices", headers=ENGLISH).text
    for words in (
        "3 not sent yet",
        "since today 05:00",
        "browser may drop what is not sent",
        "version app-1a2b",
    ):
        assert words in page
    tell(phone.client, unsent="0", storage="persisted")
    page = phone.client.get("/settings/devices", headers=ENGLISH).text
    assert "Everything sent" in page
    assert "browser" not in page.split("Everything sent")[1].split("</li>")[0]


def test_an_admin_finds_who_holds_unsent_work_the_oldest_first(
    phone: Phone, phone_of: PhoneOf, hung: Actor, mai: Actor, tuan: Actor
) -> None:
    tell(phone.client, **FULL)
    tell(phone_of(hung), unsent="1", oldest=(MORNING - timedelta(days=2)).isoformat())
    tell(phone_of(mai), unsent="0")
    office = phone_of(tuan)
    every = office.get("/admin/devices", headers=ENGLISH).text
    for words in (
        "3 not sent yet",
        "1 not sent yet",
        "Everything sent",
        "Outbox not told",
        "version app-1a2b",
    ):
        assert words in every
    assert 'href="/admin/devices?unsent=1"' in every
    some = office.get("/admin/devices?unsent=1", headers=ENGLISH).text
    rows = some.split("<tbody>")[1]
    assert rows.index("Lê Văn Hùng") < rows.index("Nguyễn Thị Lan")
    assert "Trần Thị Mai" not in rows
    assert "Phạm Anh Tuấn" not in rows
    assert "Lê Văn Hùng" not in office.get("/admin/devices?unsent=1&q=lan").text.split("<tbody>")[1]
    assert office.get("/admin/devices?unsent=2").status_code == 422


def test_all_sent_is_good_news(phone_of: PhoneOf, tuan: Actor) -> None:
    assert "Everything was sent" in phone_of(tuan).get("/admin/devices?unsent=1", headers=ENGLISH).text


def test_the_oldest_come_in_pages_and_none_twice(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, monkeypatch: pytest.MonkeyPatch, time: HeldClock
) -> None:
    monkeypatch.setattr("crmweb.admin.devices.A_PAGE", 2)
    for hours in (1, 1, 3, 2, 1):
        tell(phone_of(lan), unsent="1", oldest=(MORNING - timedelta(hours=hours)).isoformat())
    office, found = phone_of(tuan), []
    address = "/admin/devices?unsent=1"
    while address:
        page = office.get(address, headers={"HX-Request": "true"} if "after" in address else {}).text
        found += [part.split('"')[0] for part in page.split('<tr id="session-')[1:]]
        more = page.split('hx-get="/admin/devices?unsent=1&amp;after=')
        address = f"/admin/devices?unsent=1&after={more[1].split(chr(34))[0]}" if len(more) > 1 else ""
    assert len(found) == len(set(found)) == 5
    with_ids = [uuid.UUID(each) for each in found]
    assert with_ids[0] != max(with_ids), "the oldest work first, not the latest device"


def test_nobody_reports_for_another_device(phone: Phone, phone_of: PhoneOf, house: House, lan: Actor) -> None:
    other = phone_of(lan)
    tell(other, **FULL)
    with house():
        told = select(func.count(DeviceSession.id)).where(DeviceSession.told_at.is_not(None))
        assert db.session.scalar(told) == 1
    assert clock.now() == MORNING
