"""A write counts only when it comes from our own pages, however it says so."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb import create_app
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.config import Settings
from crmweb.db import db

House = Callable[[], AbstractContextManager[None]]

WITHOUT = "without"
DARK = {"locale": "", "theme": "dark"}


@pytest.fixture
def plain(app: Flask, phone: FlaskClient) -> FlaskClient:
    """Lan's browser, which says nothing by itself about where a write comes from."""
    client = FlaskClient(app, app.response_class)
    cookie = phone.get_cookie("session")
    assert cookie is not None
    client.set_cookie("session", cookie.value)
    return client


@pytest.mark.parametrize(
    ("site", "origin", "counts"),
    [
        ("same-origin", None, True),
        ("same-origin", "http://localhost", True),
        ("same-origin", "http://evil.example", True),  # the browser itself says so; pages cannot
        ("same-site", None, False),
        ("same-site", "http://localhost", False),
        ("cross-site", None, False),
        ("cross-site", "http://localhost", False),
        ("none", None, False),
        ("", None, False),
        ("Same-Origin", None, False),
        ("same-origin, cross-site", None, False),
        (None, "http://localhost", True),
        (None, "http://localhost:81", False),
        (None, "https://localhost", False),
        (None, "http://localhost.evil.example", False),
        (None, "http://evil.example", False),
        (None, "null", False),
        (None, "", False),
        (None, None, False),
    ],
)
def test_a_write_from(
    plain: FlaskClient, house: House, lan: Actor, site: str | None, origin: str | None, counts: bool
) -> None:
    sent = {"Sec-Fetch-Site": site, "Origin": origin}
    headers = {name: value for name, value in sent.items() if value is not None}
    answer = plain.post("/settings/look", data=DARK, headers=headers)
    assert answer.status_code == (303 if counts else 403)
    with house():
        assert db.session.get_one(User, lan.id).theme == ("dark" if counts else None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"])
def test_a_foreign_write_is_refused_by_whatever_method(plain: FlaskClient, method: str) -> None:
    for path in ("/settings/look", "/nowhere", "/static/icons/mark.svg"):
        assert plain.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_foreign_page_may_not_sign_somebody_in(app: Flask) -> None:
    """Or they would write their customers down in the stranger's account."""
    client = FlaskClient(app, app.response_class)
    for path in ("/session", "/join/token", "/language", "/session/end"):
        assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_a_link_from_elsewhere_may_be_followed(plain: FlaskClient) -> None:
    assert plain.get("/settings", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


def test_a_proxy_that_speaks_http_to_us_does_not_hide_our_own_pages(
    app: Flask, settings: Settings, lan: Actor
) -> None:
    """Old browsers name the origin alone, and that is the public one."""
    public = create_app(replace(settings, public_url="https://crm.example.com"))
    client = FlaskClient(public, public.response_class)
    assert client.post("/language", headers={"Origin": "https://crm.example.com"}).status_code == 303
    assert client.post("/language", headers={"Origin": "https://other.example.com"}).status_code == 403


def test_nobody_elsewhere_may_read_an_answer(plain: FlaskClient) -> None:
    foreign = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS", "POST"):
        answer = plain.open("/settings", method=method, headers=foreign)
        assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
