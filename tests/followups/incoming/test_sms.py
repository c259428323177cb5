"""The shop answers by SMS, or the gateway says that one did not arrive."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb.clock import HeldClock
from crmweb.db import db
from crmweb.followups.consents import Stopped
from crmweb.followups.incoming.stop_words import wants_no_more
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import Unreachable
from tests.followups.incoming.conftest import TOKEN
from tests.followups.incoming.test_mail import ENGLISH, kinds, notices, states
from tests.notifications.sms_gateway import SmsGateway
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
Texted = Callable[..., TestResponse]
Write = Callable[..., Any]

NUMBER = "+84905412777"


@pytest.mark.parametrize("number", [NUMBER, "84905412777", "0905412777", "0905 412 777"])
def test_an_sms_is_known_by_its_number(
    sms_sent: Followup, write: Write, texted: Texted, house: House, number: str
) -> None:
    write(channel="sms", text="Mai nhé", when="tomorrow")
    assert texted(from_=number, text="Ok em", id="1").status_code == 202
    assert states(house) == [("sent", ""), ("cancelled", "answered")]
    assert kinds(house).count("followup.answered") == 1
    assert notices(house)[0][0] == "incoming.answer"


@pytest.mark.parametrize(("again", "answers"), [({"id": "1"}, 1), ({"id": "2"}, 2)])
def test_the_gateways_id_tells_whether_it_is_news(
    sms_sent: Followup, texted: Texted, house: House, again: dict[str, str], answers: int
) -> None:
    texted(from_=NUMBER, text="Ok em", id="1")
    texted(from_=NUMBER, text="Ok em", **again)
    assert kinds(house).count("followup.answered") == answers


def test_a_gateway_without_ids_says_the_same_once_a_day(
    sms_sent: Followup, texted: Texted, house: House, time: HeldClock
) -> None:
    for days in (0, 0, 1):
        time.move(timedelta(days=days))
        texted(from_=NUMBER, text="Ok em")
    assert kinds(house).count("followup.answered") == 2


def test_after_a_month_it_answers_nothing_but_a_no_counts_for_ever(
    sms_sent: Followup, texted: Texted, house: House, time: HeldClock
) -> None:
    time.move(timedelta(days=31))
    texted(from_=NUMBER, text="Ok em", id="1")
    assert kinds(house).count("followup.answered") == 0
    texted(from_=NUMBER, text="STOP", id="2")
    with house():
        assert Stopped.at("sms", NUMBER) is not None


@pytest.mark.parametrize(
    "words",
    [
        "STOP", "stop.", " Stop ", "HỦY", "huỷ", "HUY", "TỪ CHỐI", "tu choi", "TU CHOI QC", "Từ chối!", "TC",
        "Không nhận tin nữa", "please stop", "Unsubscribe", "hu\u0309y",
    ],
)  # fmt: skip
def test_a_no_is_understood(words: str) -> None:
    assert wants_no_more(words)


@pytest.mark.parametrize(
    "words",
    ["", "Don't stop", "Chị hủy đơn hôm qua nhé", "đúng", "Ok", "Tôi từ chối trả 5 thùng", "stop " * 30],
)
def test_a_sentence_is_for_a_person_to_read(words: str) -> None:
    assert not wants_no_more(words)


def test_a_no_by_sms_withdraws_and_says_so(
    sms_sent: Followup, write: Write, texted: Texted, house: House, phone: FlaskClient, shops: Shops
) -> None:
    write(channel="sms", text="Mai nhé", when="tomorrow")
    for _ in range(2):
        texted(from_=NUMBER, text="Từ chối", id="1")
    assert states(house) == [("sent", ""), ("cancelled", "withdrawn")]
    shown = phone.get(f"/customers/{shops.lan}", headers=ENGLISH).text
    assert "Shop of lan wants no more SMS" in shown
    assert "by an answer" in shown
    assert [kind for kind, _name in notices(house)] == ["incoming.stop"]


# --- reports ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "state", "gone"),
    [("failed", "failed", True), ("REJECTED", "failed", True), ("expired", "failed", False),
     ("delivered", "sent", False), ("queued", "sent", False), ("what", "sent", False)],
)  # fmt: skip
def test_the_gateway_says_what_became_of_one(
    sms_sent: Followup, gateway: SmsGateway, texted: Texted, house: House, status: str, state: str, gone: bool
) -> None:
    given = gateway.messages[0]["id"]
    for _ in range(2):
        assert texted(id=given, status=status, reason="no such\nnumber").status_code == 202
    assert [known for known, _reason in states(house)] == [state]
    assert len(notices(house)) == (state == "failed")
    with house():
        assert (Unreachable.at("sms", NUMBER) is not None) == gone


def test_one_that_arrives_after_all_makes_the_number_reachable(
    sms_sent: Followup, gateway: SmsGateway, texted: Texted, house: House
) -> None:
    given = gateway.messages[0]["id"]
    texted(id=given, status="failed")
    texted(id=given, status="delivered")
    with house():
        assert db.session.scalar(select(Unreachable.address)) is None


# --- the door -----------------------------------------------------------------------------------------


def test_json_says_the_same(app: Flask, sms_sent: Followup, house: House) -> None:
    sent = {"from": 84905412777, "text": "Ok\0 em", "id": 7, "more": {"a": []}}
    asked = app.test_client().post("/in/sms", json=sent, headers={"Authorization": f"Bearer {TOKEN}"})
    assert asked.status_code == 202
    assert kinds(house).count("followup.answered") == 1


@pytest.mark.parametrize("fields", [{}, {"from_": NUMBER}, {"text": "x"}, {"status": "failed"}, {"id": "1"}])
def test_what_is_missing_is_told(texted: Texted, fields: dict[str, str]) -> None:
    refused = texted(**fields)
    assert (refused.status_code, "from and text" in refused.text) == (422, True)


@pytest.mark.parametrize("body", [b"[]", b"1", b"null", b"{", b"\xff", b'{"from": []}', b"[" * 5000])
def test_what_is_no_answer_in_json_is_told(app: Flask, doors: None, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    assert app.test_client().post("/in/sms", data=body, headers=headers).status_code in (400, 422)


def test_a_strangers_number_learns_nothing(sms_sent: Followup, texted: Texted, house: House) -> None:
    for number in ("+84911111111", "Viettel", "", "0", "x" * 2000):
        assert texted(from_=number or "-", text="STOP", id=number).status_code == 202
    assert texted(id="0" * 32, status="failed").status_code == 202
    assert states(house) == [("sent", "")]


def test_a_letter_is_no_sms(texted: Texted) -> None:
    assert texted(from_=NUMBER, text="x" * 20_000).status_code == 413
