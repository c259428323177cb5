"""Who stands in front of us is known from the settings alone, never from what a visitor claims."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import create_app
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.config import Settings
from crmweb.db import db

House = Callable[[], AbstractContextManager[None]]
LinkFor = Callable[..., str]
EVIL = "evil.example"
FORGED = {
    "X-Forwarded-For": "203.0.113.7",
    "X-Forwarded-Host": EVIL,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Port": "4430",
    "X-Forwarded-Prefix": "/evil",
    "Forwarded": f"for=203.0.113.7;host={EVIL};proto=https",
    "X-Real-IP": "203.0.113.7",
    "X-Original-URL": "/metrics",
    "X-Rewrite-URL": "/metrics",
    "X-HTTP-Method-Override": "DELETE",
}


def test_what_a_visitor_says_about_proxies_changes_nothing(
    client: FlaskClient, house: House, lan: Actor, link_for: LinkFor
) -> None:
    answer = client.post(link_for(lan), headers=FORGED)
    assert answer.status_code == 303
    assert answer.headers["Set-Cookie"].startswith("session="), "https was only claimed"
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.location == "/"
    with house():
        assert db.session.scalars(select(DeviceSession.address)).one() == "127.0.0.1"


@pytest.fixture
def link_for(house: House) -> LinkFor:
    from crmweb import clock
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User
    from crmweb.db import writing

    def issue(person: Actor) -> str:
        with house(), writing():
            return f"/join/{OneTimeLink.issue(db.session.get_one(User, person.id), at=clock.now())}"

    return issue


@pytest.mark.parametrize(
    ("hops", "claimed", "believed"),
    [
        (0, "203.0.113.7", "127.0.0.1"),
        (1, "203.0.113.7", "203.0.113.7"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7", "198.51.100.1"),
        (1, "x" * 5000, "x"),
    ],
)
def test_a_proxy_is_believed_as_far_as_the_settings_say(
    app: Flask,
    settings: Settings,
    house: House,
    lan: Actor,
    link_for: LinkFor,
    hops: int,
    claimed: str,
    believed: str,
) -> None:
    behind = create_app(replace(settings, trusted_proxies=hops))
    headers = {"X-Forwarded-For": claimed, "Sec-Fetch-Site": "same-origin"}
    assert behind.test_client().post(link_for(lan), headers=headers).status_code == 303
    with house():
        kept = db.session.scalars(select(DeviceSession.address)).one()
    assert kept.rstrip("x") == believed.rstrip("x")
    assert len(kept) <= 64
    with behind.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    "host",
    [EVIL, f"{EVIL}:80", f"localhost@{EVIL}", "[::1", "a b", "<script>", "x" * 300, "", "localhost:99999999"],
)
def test_a_host_that_a_visitor_names_is_never_repeated(
    client: FlaskClient, phone: FlaskClient, host: str, subtests: pytest.Subtests
) -> None:
    """Links that leave the house come from the settings; all others are paths."""
    paths = (
        "/session/new",
        "/settings",
        "/nowhere",
        "//x//y",
        "/settings/",
        "/static/icons",
        "/healthz",
        "/join/x",
    )
    for path in paths:
        for who in (client, phone):
            with subtests.test(path):
                answer = who.get("/", headers={"Host": host}, environ_overrides={"PATH_INFO": path})
                assert answer.status_code < 500
                assert EVIL not in answer.text
                assert EVIL not in str(answer.headers)
                assert not answer.headers.get("Location", "/").startswith(("http", "//"))
                assert "<script>" not in answer.text.replace('<script src="', "")


def test_a_link_to_come_in_names_the_public_address(app: Flask, settings: Settings, lan: Actor) -> None:
    from click.testing import CliRunner

    from crmweb.accounts.cli import sign_in_link

    public = create_app(replace(settings, public_url="https://crm.example.com"))
    printed = CliRunner().invoke(sign_in_link, [lan.email or ""], obj=lambda: public).output
    assert printed.startswith("https://crm.example.com/join/")
    with public.app_context():
        db.engine.dispose()


# --- what machines may read -------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host", "Via"])
def test_numbers_are_not_for_visitors_who_come_by_a_proxy(client: FlaskClient, header: str) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_numbers_are_not_for_pages_that_call_themselves_localhost(client: FlaskClient) -> None:
    """A name of theirs may lead to 127.0.0.1; what the browser then asks for is still their host."""
    assert client.get("/metrics", headers={"Host": f"{EVIL}:8000"}).status_code == 404


def test_numbers_are_not_for_other_machines(client: FlaskClient) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    assert client.get("/metrics", environ_overrides=elsewhere).status_code == 404


def test_numbers_are_for_whoever_has_the_token(settings: Settings) -> None:
    collected = create_app(replace(settings, metrics_token="a-long-token"))
    elsewhere = {"REMOTE_ADDR": "203.0.113.7"}
    client = collected.test_client()
    for sent, status in (
        ("Bearer a-long-token", 200),
        ("a-long-toke", 404),
        ("Bearer ", 404),
        ("Bearer é", 404),
    ):
        answer = client.get("/metrics", headers={"Authorization": sent}, environ_overrides=elsewhere)
        assert answer.status_code == status, sent


def test_an_empty_token_is_no_token(client: FlaskClient) -> None:
    for sent in ("", "Bearer ", "Bearer"):
        answer = client.get(
            "/metrics", headers={"Authorization": sent}, environ_overrides={"REMOTE_ADDR": "203.0.113.7"}
        )
        assert answer.status_code == 404
