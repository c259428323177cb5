"""What people read when somebody comes in by their name, in their own language."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import OneTimeLink
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.notifications import Notice, alarms
from crmweb.notifications.notices import kind_of

House = Callable[[], AbstractContextManager[None]]
ANDROID = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"


def come_in(app: Flask, house: House, lan: Actor, agent: str) -> FlaskClient:
    """By a link, in a browser that was never here."""
    with house(), writing():
        token = OneTimeLink.issue(db.session.get_one(User, lan.id), at=clock.now())
    client = app.test_client()
    assert client.post(f"/join/{token}", headers={"User-Agent": agent}).status_code == 303
    return client


@pytest.mark.parametrize(("language", "title"), [("en", "Somebody signed in"), ("vi", "Có người đăng nhập")])
def test_lan_reads_which_device_and_from_where(
    app: Flask, house: House, lan: Actor, language: str, title: str
) -> None:
    come_in(app, house, lan, "Mozilla/5.0 (iPhone) Safari/605")
    come_in(app, house, lan, ANDROID)
    with house(), app.test_request_context(), force_locale(language):
        notice = db.session.scalars(select(Notice)).one()
        kind = kind_of(notice)
        assert kind is not None
        said = kind.words(notice)
    assert said.title.startswith(title)
    assert "Chrome, Android" in said.body
    assert "127.0.0.1" in said.body
    assert said.path == alarms.DEVICES


def test_a_browser_that_calls_itself_a_novel_is_told_too(app: Flask, house: House, lan: Actor) -> None:
    come_in(app, house, lan, ANDROID)
    come_in(app, house, lan, "<b>x</b>" * 2000)
    with house():
        notice = db.session.scalars(select(Notice)).one()
        assert len(notice.payload["device"]) <= 300
