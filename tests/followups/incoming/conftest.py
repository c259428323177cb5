from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.models import Followup
from tests.notifications.post_office import PostOffice
from tests.notifications.sms_gateway import SmsGateway
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]

TOKEN = "a-word-that-nobody-guesses-7"


@pytest.fixture
def doors(app: Flask) -> Iterator[None]:
    """Both tokens are set, and a mailbox that takes marks."""
    before = app.extensions["settings"]
    app.extensions["settings"] = replace(
        before, mail_in_token=TOKEN, sms_in_token=TOKEN, mail_in_address="answers@example.com",
        mail_from="Trà Xanh <crm@example.com>",
    )  # fmt: skip
    yield
    app.extensions["settings"] = before


@pytest.fixture
def hand_in(app: Flask, doors: None) -> Callable[..., TestResponse]:
    """A provider hands in a raw mail: no cookie, no Origin."""

    def post(raw: bytes, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "message/rfc822", **more}
        return app.test_client().post("/in/mail", data=raw, headers=headers)

    return post


@pytest.fixture
def texted(app: Flask, doors: None) -> Callable[..., TestResponse]:
    """A gateway hands in an SMS, or word of one."""

    def post(**fields: str) -> TestResponse:
        return app.test_client().post(
            "/in/sms",
            data={name.rstrip("_"): value for name, value in fields.items()},
            headers={"Authorization": f"Bearer {TOKEN}"},
        )

    return post


@pytest.fixture
def mailed(
    doors: None, write: Callable[..., Any], post_office: PostOffice, work: Callable[[], None], house: House
) -> Followup:
    """What Lan wrote to her shop has left by mail."""
    write()
    work()
    with house():
        followup = db.session.scalars(select(Followup)).unique().one()
        assert followup.state == "sent"
        return followup


@pytest.fixture
def sms_sent(
    doors: None,
    write: Callable[..., Any],
    gateway: SmsGateway,
    shops: Shops,
    work: Callable[[], None],
    house: House,
) -> Followup:
    """What Lan wrote to her shop has left by SMS."""
    with house(), writing():
        db.session.get_one(Customer, shops.lan).change(by=None, at=clock.now(), phones=["0905 412 777"])
    write(channel="sms", subject="", text="Chào {customer}")
    work()
    with house():
        followup = db.session.scalars(select(Followup)).unique().one()
        assert followup.state == "sent"
        return followup
