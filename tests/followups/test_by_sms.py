"""Lan writes an SMS: short, with a way out, and what the gateway says is told."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.clock import HeldClock
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.models import Followup
from tests.notifications.sms_gateway import SmsGateway
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
Work = Callable[[], None]
Write = Callable[..., Any]


def _with_a_mobile(shops: Shops) -> None:
    with writing():
        db.session.get_one(Customer, shops.lan).change(by=None, at=clock.now(), phones=["0905 412 777"])


def _states() -> list[str]:
    return [each.state for each in db.session.scalars(select(Followup)).unique()]


def test_an_sms_arrives_with_its_way_out(
    write: Write,
    shops: Shops,
    gateway: SmsGateway,
    time: HeldClock,
    work: Work,
    house: House,
    client: FlaskClient,
) -> None:
    with house():
        _with_a_mobile(shops)
    assert (
        write(channel="sms", subject="", text="Chào {customer}, chị cần trà không?", plain="1").status_code
        == 303
    )
    time.move(timedelta(minutes=1))
    work()
    with house():
        assert _states() == ["sent"]
    (told,) = gateway.messages
    assert told["to"] == "+84905412777"
    words, way_out = told["text"].split("\n")
    assert words == "Chao Shop of lan, chi can tra khong?"
    assert way_out.isascii()
    assert client.get(way_out[way_out.index("/u/") :]).status_code == 200


def test_a_number_that_the_gateway_refuses_is_told(
    write: Write,
    phone: FlaskClient,
    shops: Shops,
    gateway: SmsGateway,
    time: HeldClock,
    work: Work,
    house: House,
) -> None:
    with house():
        _with_a_mobile(shops)
    gateway.status = 422
    write(channel="sms", text="Chào")
    time.move(timedelta(minutes=1))
    work()
    with house():
        assert _states() == ["failed"]
    assert "the SMS service does not take it: 422 so said" in phone.get(f"/customers/{shops.lan}").text


def test_a_gateway_that_is_busy_gets_it_later(
    write: Write, shops: Shops, gateway: SmsGateway, time: HeldClock, work: Work, house: House
) -> None:
    with house():
        _with_a_mobile(shops)
    gateway.status, gateway.headers = 429, {"Retry-After": "120"}
    write(channel="sms", text="Chào")
    time.move(timedelta(minutes=1))
    work()
    gateway.status = 202
    time.move(timedelta(seconds=110))
    work()
    with house():
        assert (_states(), gateway.messages) == (["planned"], [])
    time.move(timedelta(seconds=15))
    work()
    with house():
        assert _states() == ["sent"]
