"""Push: what leaves can be read by the browser alone, and each answer of a push service means what it should."""

from __future__ import annotations

import json
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from crmweb import clock, outgoing
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.config import load_settings
from crmweb.db import db, writing
from crmweb.notifications import channels as limits
from crmweb.notifications import jobs, push
from crmweb.notifications.channels import (
    Channels,
    Message,
    NotWanted,
    PermanentFailure,
    TransientFailure,
    channels,
)
from crmweb.notifications.endpoints import Endpoint
from crmweb.notifications.models import Delivery
from crmweb.notifications.notices import Notice
from crmweb.notifications.push import topic
from crmweb.notifications.subscriptions import PushSubscription
from crmweb.notifications.vapid import vapid
from tests.notifications.post_office import until
from tests.notifications.push_house import Browser, PushService, Says, open_service, signed_by

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
Devices = dict[str, uuid.UUID]
SCRIPT = {"Idempotency-Key": "a script"}
WORDS: dict[str, Any] = {
    "title": "Gửi báo giá cho anh Minh",
    "body": "Đã hứa hôm thứ hai",
    "path": "/customers/7",
    "tag": "notice 7",
    "lang": "vi",
    "ttl": 3600,
    "actions": [{"name": "done", "label": "Xong", "path": "/reminders/7/done"}],
}


@pytest.fixture
def phone(push_service: PushService) -> Browser:
    return Browser(push_service)


@pytest.fixture
def device(phone: Browser, lan: Actor, phone_of: PhoneOf, house: House) -> uuid.UUID:
    """Lan's phone, which subscribed."""
    return _subscribed(phone_of(lan), phone, house)


def _subscribed(client: FlaskClient, browser: Browser, house: House) -> uuid.UUID:
    answer = client.post("/settings/notifications/devices", data=browser.form, headers=SCRIPT)
    assert answer.status_code == 201, answer.text
    with house():
        mine = select(PushSubscription.id).where(PushSubscription.endpoint == browser.endpoint)
        return db.session.scalars(mine).one()


def _message(device: uuid.UUID, **more: Any) -> Message:
    return Message("reminder 7", device.hex, {**WORDS, **more})


def _send(house: House, message: Message) -> None:
    with house():
        channels().send("push", "push lane", message)


def _row(house: House, device: uuid.UUID) -> PushSubscription:
    with house():
        return db.session.get_one(PushSubscription, device)


def test_lans_browser_alone_can_read_what_was_sent(
    house: House, device: uuid.UUID, phone: Browser, push_service: PushService
) -> None:
    _send(house, _message(device))
    (got,) = push_service.got
    said = phone.opened(got.content)
    assert said["web_push"] == 8030
    assert said["notification"] == {
        "title": WORDS["title"], "body": WORDS["body"], "lang": "vi", "dir": "auto", "silent": False,
        "tag": "notice 7", "navigate": f"{said['notification']['navigate'].removesuffix('/customers/7')}/customers/7",
    }  # fmt: skip
    assert said["notification"]["navigate"].startswith("http")
    assert said["actions"] == [{"action": "done", "title": "Xong", "path": "/reminders/7/done"}]
    assert WORDS["title"].encode() not in got.content
    assert _row(house, device).last_ok_at is not None


def test_the_push_service_knows_us_by_our_key_and_how_long_to_keep_it(
    house: House, app: Flask, device: uuid.UUID, push_service: PushService
) -> None:
    _send(house, _message(device))
    (got,) = push_service.got
    key, claims = signed_by(got.headers, push_service.origin)
    assert key == vapid(app.extensions["settings"]).public
    assert claims["sub"].startswith("mailto:")
    assert claims["exp"] - time.time() <= 12 * 3600
    assert (got.headers["TTL"], got.headers["Urgency"]) == ("3600", "high")
    assert got.headers["Content-Encoding"] == "aes128gcm"


def test_a_resend_takes_the_place_of_the_first(
    house: House, device: uuid.UUID, push_service: PushService
) -> None:
    for message in (_message(device), _message(device), replace(_message(device), dedupe="reminder 8")):
        _send(house, message)
    first, again, other = (got.headers["Topic"] for got in push_service.got)
    assert first == again == topic("reminder 7") != other
    assert len(first) <= 32
    assert set(first) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_long_text_is_cut_to_what_fits(
    house: House, device: uuid.UUID, phone: Browser, push_service: PushService
) -> None:
    _send(house, _message(device, body="Gọi chị Hạnh. " * 1000, title="x" * 500))
    (got,) = push_service.got
    said = phone.opened(got.content)["notification"]
    assert 3900 < len(got.content) <= 4096
    assert said["body"].startswith("Gọi chị Hạnh. ")
    assert said["body"].endswith("…")
    assert len(said["title"]) == 200


def test_what_cannot_be_cut_is_told_in_few_words(
    house: House, device: uuid.UUID, phone: Browser, push_service: PushService
) -> None:
    _send(house, _message(device, actions=[{"name": "a", "label": "b" * 5000, "path": "/"}]))
    said = phone.opened(push_service.got[0].content)
    assert said["notification"]["title"] == WORDS["title"]
    assert "actions" not in said


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_what_was_accepted_is_sent(
    house: House, device: uuid.UUID, push_service: PushService, status: int
) -> None:
    push_service.usual = Says(status)
    _send(house, _message(device))
    assert len(push_service.got) == 1


@pytest.mark.parametrize("status", [404, 410])
def test_a_subscription_that_is_gone_gets_nothing_more(
    house: House, device: uuid.UUID, push_service: PushService, status: int
) -> None:
    push_service.usual = Says(status)
    with pytest.raises(PermanentFailure, match=str(status)):
        _send(house, _message(device))
    with pytest.raises(NotWanted):
        _send(house, _message(device))
    assert len(push_service.got) == 1


@pytest.mark.parametrize("status", [400, 402, 405, 301, 307, 308])
def test_what_is_refused_for_good_is_not_tried_again(
    house: House, device: uuid.UUID, push_service: PushService, status: int
) -> None:
    push_service.usual = Says(status, {"Location": f"{push_service.origin}/elsewhere"})
    with pytest.raises(PermanentFailure, match=str(status)):
        _send(house, _message(device))
    assert len(push_service.got) == 1
    assert _row(house, device).gone is None


@pytest.mark.parametrize("status", [401, 403])
def test_a_service_that_does_not_know_us_keeps_the_phones_rests_and_tells_tuan_once(
    house: House, device: uuid.UUID, push_service: PushService, status: int, tuan: Actor
) -> None:
    push_service.usual = Says(status)
    for _ in range(2):
        with pytest.raises(TransientFailure, match=str(status)):
            _send(house, _message(device))
    assert _row(house, device).gone is None
    with house():
        assert "push lane" in channels().resting()
        (notice,) = db.session.scalars(select(Notice).where(Notice.kind == "push.refused")).all()
        assert notice.person_id == tuan.id


def test_a_message_too_large_is_sent_again_in_few_words(
    house: House, device: uuid.UUID, phone: Browser, push_service: PushService
) -> None:
    push_service.answers = [Says(413)]
    _send(house, _message(device, title="Gửi báo giá " * 10))
    whole, short = (phone.opened(got.content) for got in push_service.got)
    assert whole["notification"]["body"] == WORDS["body"]
    assert short["notification"]["navigate"] == whole["notification"]["navigate"]
    assert len(short["notification"]["title"]) == 60
    assert "body" not in short["notification"]


def test_one_that_is_too_large_even_so_is_given_up(
    house: House, device: uuid.UUID, push_service: PushService
) -> None:
    push_service.usual = Says(413)
    with pytest.raises(PermanentFailure, match="413"):
        _send(house, _message(device))
    assert len(push_service.got) == 2


NOON = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
@pytest.mark.parametrize(
    ("header", "wait"),
    [
        (None, None),
        ("120", 120.0),
        (format_datetime(NOON + timedelta(minutes=3), usegmt=True), 180.0),
        (format_datetime(NOON - timedelta(minutes=3), usegmt=True), 0.0),
        ("soon", None),
    ],
)
def test_a_busy_service_is_asked_again_when_it_says(
    house: House,
    device: uuid.UUID,
    push_service: PushService,
    status: int,
    header: str | None,
    wait: float | None,
) -> None:
    push_service.usual = Says(status, {"Retry-After": header} if header else {})
    with pytest.raises(TransientFailure, match=str(status)) as failure:
        _send_at_noon(house, _message(device))
    assert failure.value.retry_after == wait


def _send_at_noon(house: House, message: Message) -> None:
    with house(), writing():
        db.session.execute(update(DeviceSession).values(seen_at=NOON, created_at=NOON))
    with clock.frozen(NOON):
        _send(house, message)


def test_a_service_that_hangs_is_left_alone_and_asked_again_later(
    house: House, device: uuid.UUID, push_service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "SLOW", 0.2)
    monkeypatch.setattr(push, "WITHIN", 0.4)
    push_service.answers = [Says(hangs=2)]
    with pytest.raises(TransientFailure):
        _send(house, _message(device))
    with house():
        assert "push lane" in channels().resting()


def test_a_service_that_is_not_there_may_come_back(
    house: House, device: uuid.UUID, push_service: PushService
) -> None:
    push_service.close()
    with pytest.raises(TransientFailure):
        _send(house, _message(device))
    assert _row(house, device).gone is None


def test_an_address_that_turned_bad_in_the_database_is_not_asked(
    house: House, device: uuid.UUID, push_service: PushService
) -> None:
    with house(), writing():
        inside = f"https://127.0.0.1:{push_service.origin.rpartition(':')[2]}/x"
        db.session.execute(update(PushSubscription).values(endpoint=inside))
    with pytest.raises(PermanentFailure):
        _send(house, _message(device))
    assert push_service.got == []


def test_a_push_service_whose_name_leads_into_the_house_is_not_asked(
    house: House, device: uuid.UUID, push_service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: rows)
    with house(), writing():
        db.session.execute(update(PushSubscription).values(endpoint="https://fcm.googleapis.com/x"))
    with pytest.raises(PermanentFailure, match="open internet"):
        _send(house, _message(device))


def test_phones_that_know_another_key_of_ours_cost_no_alarm(
    house: House, app: Flask, phone: Browser, lan: Actor, phone_of: PhoneOf, push_service: PushService
) -> None:
    ours = vapid(app.extensions["settings"]).public
    with_key, client = {**phone.form, "key": ours}, phone_of(lan)
    client.post("/settings/notifications/devices", data=with_key, headers=SCRIPT)
    with house(), writing():
        db.session.execute(update(PushSubscription).values(key="B" * 16))
        device = db.session.scalars(select(PushSubscription.id)).one()
    with pytest.raises(NotWanted):
        _send(house, _message(device))
    assert push_service.got == []
    again = client.post("/settings/notifications/devices", data={**with_key, "key": "B" * 87}, headers=SCRIPT)
    assert again.json == {"state": "renew", "key": ours}


def test_from_the_ledger_to_the_phone_and_a_notice_that_was_told(
    house: House, app: Flask, lan: Actor, phone_of: PhoneOf, device: uuid.UUID, phone: Browser,
    push_service: PushService,
) -> None:  # fmt: skip
    phone_of(lan).post("/settings/notifications/test")
    app.extensions["bell"].settle()
    _deliver_all(house)
    with house():
        assert [row.state for row in db.session.scalars(select(Delivery))] == ["sent"]
    said = phone.opened(push_service.got[-1].content)
    assert said["notification"]["title"] == "A test from crmweb"
    assert said["notification"]["navigate"].endswith("/settings/notifications")


def _deliver_all(house: House) -> None:
    with house():
        ids = [row.hex for row in db.session.scalars(select(Delivery.id))]
        jobs.deliver(*ids)


def test_one_push_service_that_hangs_delays_no_other(
    house: House, app: Flask, lan: Actor, phone_of: PhoneOf, device: uuid.UUID, push_service: PushService
) -> None:
    push_service.usual = Says(hangs=4)
    with open_service() as other:
        services = (push_service.origin, other.origin)
        app.extensions["settings"] = settings = replace(app.extensions["settings"], push_services=services)
        way_out = outgoing.Outgoing()
        for origin in services:
            way_out.allow_inside(origin)
        channels_of_app: Channels = app.extensions["channels"]
        channels_of_app.register("push", push.Push(settings, way_out))
        _subscribed(phone_of(lan), Browser(other), house)
        phone_of(lan).post("/settings/notifications/test")
        worker = threading.Thread(target=_deliver_all, args=[house], daemon=True)
        worker.start()
        until(lambda: other.got, within=2)
        until(lambda: push_service.got, within=2)
        worker.join(10)
        way_out.close()


def test_the_package_still_encrypts_as_we_take_it_to(tmp_path: Path, push_service: PushService) -> None:
    settings = load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(tmp_path)})
    phone = Browser(push_service)
    sealed = push.Push(settings, outgoing.Outgoing()).sealed
    endpoint = Endpoint.read(**_named(phone), services=[push_service.origin])
    for text in (b"{}", json.dumps({"body": "a" * 3980}).encode()):
        assert phone.opened(sealed(text, endpoint)) == json.loads(text)
    assert sealed(b"{}", endpoint) != sealed(b"{}", endpoint)


def _named(browser: Browser) -> dict[str, str]:
    return {"url": browser.endpoint, "p256dh": browser.p256dh, "auth": browser.auth}
