"""Push follows whoever is signed in on a device, and ends with that."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.limits import IDLE
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.notifications.subscriptions import MOST, PushSubscription, devices_of
from crmweb.notifications.vapid import vapid
from tests.notifications.push_house import Browser, PushService

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
SignIn = Callable[[FlaskClient, Actor], FlaskClient]
DEVICES = "/settings/notifications/devices"
SCRIPT = {"Idempotency-Key": "a script"}


@pytest.fixture
def phone(push_service: PushService) -> Browser:
    return Browser(push_service)


def _says(client: FlaskClient, browser: Browser, **more: str) -> str:
    answer = client.post(DEVICES, data={**browser.form, **more}, headers=SCRIPT)
    assert answer.json is not None
    return str(answer.json["state"])


def _devices(house: House, person: Actor) -> list[uuid.UUID]:
    with house():
        return [device for device, _host in devices_of([person.id], at=clock.now()).get(person.id, [])]


def test_lan_has_push_on_the_phone_on_which_she_is_signed_in(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser, push_service: PushService
) -> None:
    assert _says(phone_of(lan), phone) == "kept"
    with house():
        ((_device, host),) = devices_of([lan.id], at=clock.now()).get(lan.id, [])
    assert host == push_service.origin.removeprefix("http://")


def test_saying_it_again_makes_no_second_device(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    client = phone_of(lan)
    first = _says(client, phone), _devices(house, lan)
    assert (_says(client, phone), _devices(house, lan)) == first


def test_when_hung_signs_in_on_lans_phone_its_push_is_his(
    house: House, app: Flask, lan: Actor, hung: Actor, sign_in: SignIn, phone: Browser
) -> None:
    client = app.test_client()
    _says(sign_in(client, lan), phone)
    client.post("/session/end")
    assert _devices(house, lan) == []
    _says(sign_in(client, hung), phone)
    assert _devices(house, lan) == []
    assert len(_devices(house, hung)) == 1


def _sign_out(_house: House, client: FlaskClient, _lan: Actor, _tuan: Actor) -> None:
    client.post("/session/end")


def _end_from_elsewhere(house: House, _client: FlaskClient, lan: Actor, _tuan: Actor) -> None:
    with house(), writing():
        for session in DeviceSession.of(lan.id, at=clock.now()):
            session.end(at=clock.now())


def _deactivate(house: House, _client: FlaskClient, lan: Actor, tuan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=tuan, at=clock.now())


def _change_password(house: House, _client: FlaskClient, lan: Actor, _tuan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).set_password("$argon2id$…", by=None, at=clock.now())


def _stay_away(house: House, _client: FlaskClient, _lan: Actor, _tuan: Actor) -> None:
    with house(), writing():
        db.session.execute(update(DeviceSession).values(seen_at=clock.now() - IDLE - timedelta(minutes=1)))


@pytest.mark.parametrize("over", [_sign_out, _end_from_elsewhere, _deactivate, _change_password, _stay_away])
def test_whatever_ends_the_session_ends_push(
    house: House, lan: Actor, tuan: Actor, phone_of: PhoneOf, phone: Browser,
    over: Callable[[House, FlaskClient, Actor, Actor], None],
) -> None:  # fmt: skip
    client = phone_of(lan)
    _says(client, phone)
    over(house, client, lan, tuan)
    assert _devices(house, lan) == []


def test_a_browser_whose_subscription_ran_out_makes_another(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    client = phone_of(lan)
    _says(client, phone)
    with house(), writing():
        PushSubscription.expire(db.session.scalars(select(PushSubscription.id)).one())
    assert _says(client, phone) == "renew"
    assert _devices(house, lan) == []
    assert _says(client, phone, fresh="1") == "kept"
    assert len(_devices(house, lan)) == 1


def test_a_browser_with_another_key_of_ours_makes_another(
    house: House, app: Flask, lan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    client = phone_of(lan)
    assert _says(client, phone, key="BOther") == "renew"
    assert _devices(house, lan) == []
    assert _says(client, phone, key=vapid(app.extensions["settings"]).public + "=") == "kept"


def test_a_device_that_lan_took_out_does_not_come_back_by_itself(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    lost, at_hand = phone_of(lan), phone_of(lan)
    _says(lost, phone)
    (device,) = _devices(house, lan)
    assert at_hand.post(f"{DEVICES}/{device}/end").status_code == 303
    assert _devices(house, lan) == []
    assert _says(lost, phone) == "off"
    assert _says(lost, phone, fresh="1") == "kept"


def test_lan_turns_push_off_on_the_phone_in_her_hand(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    client = phone_of(lan)
    _says(client, phone)
    client.post(f"{DEVICES}/end", data={"endpoint": phone.endpoint}, headers=SCRIPT)
    assert _devices(house, lan) == []


def test_nobody_else_ends_lans_push(
    house: House, lan: Actor, outsider: Actor, tuan: Actor, phone_of: PhoneOf, phone: Browser
) -> None:
    _says(phone_of(lan), phone)
    (device,) = _devices(house, lan)
    for stranger in (outsider, tuan):
        assert phone_of(stranger).post(f"{DEVICES}/{device}/end").status_code == 404
        phone_of(stranger).post(f"{DEVICES}/end", data={"endpoint": phone.endpoint}, headers=SCRIPT)
    assert _devices(house, lan) == [device]


def test_of_too_many_devices_the_longest_unseen_goes(
    house: House, lan: Actor, phone_of: PhoneOf, push_service: PushService
) -> None:
    client = phone_of(lan)
    for number in range(MOST + 2):
        _says(client, Browser(push_service, f"phone-{number}"))
    with house():
        kept = {device.endpoint.rpartition("-")[2] for device in PushSubscription.of(lan.id, at=clock.now())}
    assert kept == {str(number) for number in range(2, MOST + 2)}


@pytest.mark.parametrize(
    "wrong", [{"endpoint": "https://evil.example/x"}, {"endpoint": ""}, {"p256dh": "x"}, {"auth": "AAAA"}]
)
def test_what_is_no_subscription_is_refused(
    house: House, lan: Actor, phone_of: PhoneOf, phone: Browser, wrong: dict[str, str]
) -> None:
    answer = phone_of(lan).post(DEVICES, data={**phone.form, **wrong}, headers=SCRIPT)
    assert answer.status_code == 422
    assert _devices(house, lan) == []


def test_a_browser_where_nobody_is_signed_in_hears_so(client: FlaskClient, phone: Browser) -> None:
    answer = client.post(DEVICES, data=phone.form, headers=SCRIPT)
    assert (answer.status_code, answer.json) == (401, {"error": "signed_out"})
