"""What every answer tells the browser: what it may load, who may keep it, and for whom it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from crmweb import create_app
from crmweb.accounts.actor import Actor
from crmweb.config import Settings
from tests.edge.conftest import Misbehave

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}


def policy_of(answer: TestResponse) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers["Content-Security-Policy"].split(";")]
    return {name: sources for name, _, sources in parts}


def breaks() -> None:
    raise ZeroDivisionError


@pytest.fixture
def answers(client: FlaskClient, phone: FlaskClient, misbehave: Misbehave) -> dict[str, TestResponse]:
    """One of every kind."""
    broken = misbehave(breaks)
    return {
        "a page": phone.get("/settings"),
        "a page for strangers": client.get("/session/new"),
        "a redirect": client.get("/settings"),
        "a redirect for htmx": client.get("/settings", headers={"HX-Request": "true"}),
        "signed out, for a script": client.post("/settings/look", headers={"Idempotency-Key": "k"}),
        "a form with a flaw": phone.post("/settings/look", data={"locale": "xx"}),
        "refused": phone.post("/settings/look", headers={"Sec-Fetch-Site": "cross-site"}),
        "not found": phone.get("/nowhere"),
        "not allowed": phone.delete("/settings"),
        "too large": phone.post("/settings/look", data={"theme": "x" * 3_000_000}),
        "broken": phone.get(broken),
        "broken, for htmx": phone.get(broken, headers={"HX-Request": "true"}),
        "broken, for a script": phone.get(broken, headers={"Idempotency-Key": "k"}),
        "a file of ours": client.get("/static/icons/mark.svg"),
        "a missing file": client.get("/static/dist/gone.js"),
        "health": client.get("/healthz"),
        "options": phone.options("/settings"),
    }  # fmt: skip


STATUSES = {
    "a page": 200, "a page for strangers": 200, "a redirect": 303, "a redirect for htmx": 401,
    "signed out, for a script": 401, "a form with a flaw": 422, "refused": 403, "not found": 404, "not allowed": 405,
    "too large": 413, "broken": 500, "broken, for htmx": 500, "broken, for a script": 500, "a file of ours": 200,
    "a missing file": 404, "health": 200, "options": 200,
}  # fmt: skip


def test_every_kind_of_answer_is_what_it_should_be(answers: dict[str, TestResponse]) -> None:
    assert {kind: answer.status_code for kind, answer in answers.items()} == STATUSES


def test_every_answer_limits_the_browser(answers: dict[str, TestResponse], subtests: pytest.Subtests) -> None:
    for kind, answer in answers.items():
        with subtests.test(kind):
            assert policy_of(answer) == POLICY
            head = answer.headers
            assert head["X-Content-Type-Options"] == "nosniff"
            assert head["Referrer-Policy"] in ("same-origin", "no-referrer")
            assert head["Cross-Origin-Opener-Policy"] == "same-origin"
            assert head["Permissions-Policy"] == "geolocation=(self), camera=(self), microphone=(self)"
            assert len(head["X-Request-Id"]) == 16
            assert "Server" not in head
            assert "X-Powered-By" not in head


def test_no_answer_says_a_header_twice(answers: dict[str, TestResponse], subtests: pytest.Subtests) -> None:
    for name, answer in answers.items():
        with subtests.test(name):
            said = [header.lower() for header, _ in answer.headers if header != "Set-Cookie"]
            assert len(said) == len(set(said))


def test_what_is_somebodys_is_kept_by_their_browser_alone(
    answers: dict[str, TestResponse], subtests: pytest.Subtests
) -> None:
    for kind, answer in answers.items():
        if kind != "a file of ours":
            with subtests.test(kind):
                assert answer.headers["Cache-Control"] == "private, no-cache"
                assert {"HX-Request", "Cookie", "Accept-Language"} <= set(answer.vary.to_header().split(", "))


def test_a_built_file_is_kept_for_ever_and_varies_only_with_its_packing(
    app: Flask, phone: FlaskClient
) -> None:
    with app.test_request_context():
        path = app.jinja_env.globals["asset"]("app.css")  # type: ignore[operator]
    answer = phone.get(path)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert set(answer.vary) == {"Accept-Encoding"}
    assert "X-User" not in answer.headers
    again = phone.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_an_answer_names_its_person_for_the_caches_of_the_phone(
    client: FlaskClient, phone: FlaskClient, lan: Actor
) -> None:
    assert phone.get("/settings").headers["X-User"] == str(lan.id)
    assert phone.post("/settings/look", data={"locale": "", "theme": ""}).headers["X-User"] == str(lan.id)
    assert "X-User" not in client.get("/session/new").headers


def test_a_tile_server_may_send_pictures_and_nothing_else(settings: Settings) -> None:
    tiled = create_app(replace(settings, tile_url="https://{s}.tiles.example.com/{z}/{x}/{y}.png"))
    policy = policy_of(tiled.test_client().get("/healthz"))
    assert policy == {**POLICY, "img-src": "'self' data: blob: https://*.tiles.example.com"}


def test_a_page_has_no_script_or_style_of_its_own(
    phone: FlaskClient, client: FlaskClient, subtests: pytest.Subtests
) -> None:
    from bs4 import BeautifulSoup

    for path, who in (
        ("/settings", phone),
        ("/session/new", client),
        ("/nearby", phone),
        ("/nowhere", phone),
    ):
        with subtests.test(path):
            soup = BeautifulSoup(who.get(path).text, "html.parser")
            assert not soup.find_all("style")
            assert not [tag for tag in soup.find_all("script") if not tag.get("src")]
            for tag in soup.find_all(True):
                for name in tag.attrs:
                    assert not name.startswith(("on", "hx-on")), tag
                    assert name != "style" or tag.find_parent("svg"), tag


# --- pages and fragments ----------------------------------------------------------------------------


Headers = dict[str, str]
HTMX: Headers = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("asked_by", "whole"),
    [
        ({}, True),
        (HTMX, False),
        ({**HTMX, "HX-History-Restore-Request": "true"}, True),
        ({**HTMX, "HX-Boosted": "true"}, True),
        ({"HX-History-Restore-Request": "true"}, True),
    ],
)
def test_htmx_gets_a_fragment_and_everybody_else_the_page(
    phone: FlaskClient, asked_by: Headers, whole: bool
) -> None:
    answer = phone.get("/nearby?lat=10.77&lng=106.69", headers=asked_by)
    assert answer.status_code == 200
    assert ("<html" in answer.text) is whole
    assert "HX-Request" in answer.headers["Vary"]


def test_a_fragment_is_part_of_its_page(
    phone: FlaskClient, shops: object, lan: Actor, mask: Callable[[str], str]
) -> None:
    path = "/nearby?lat=10.77&lng=106.69"
    assert mask(phone.get(path, headers=HTMX).text) in mask(phone.get(path).text)


@pytest.fixture
def mask() -> Callable[[str], str]:
    """Without the white space that depends on where a fragment stands."""
    return lambda html: " ".join(html.split())
