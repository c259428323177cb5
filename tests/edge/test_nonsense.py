"""Whatever is sent, the answer is an answer: never a fault of ours."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from random import Random
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from tests.guards.owned import arguments_of_lans
from tests.shops import Shops

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]

NAMES = (
    "lat", "lng", "k", "tier", "due", "status", "person", "accuracy_m", "q", "sort", "after", "tag", "pin",
    "archived", "next", "lang", "locale", "theme", "current", "password", "email", "name", "id", "Idempotency-Key",
    "before", "page", "phone", "phones", "code", "kind", "at", "line", "since", "until", "place", "look",
)  # fmt: skip
"""What our addresses and forms are asked with."""

SOMEBODYS = "01a2017a-cc4d-775a-a077-27f10bf05602"

VALUES = (
    "", " ", "0", "-1", "1", "2", "1e309", "-1e309", "NaN", "inf", "9" * 400, "0x10", "1_000", "١٢", "１２", "21,5",
    "10.77", "106.69", "90.0000001", "-180", "None", "null", "true", "A", "B,C", "overdue", "today", "customer",
    "2026-02-30", "0000-00-00", "9999-12-31", SOMEBODYS, f"{{{SOMEBODYS}}}", "0" * 32,
    "ffffffff-ffff-7fff-bfff-ffffffffffff", "{}", "[]", "a" * 70_000, "\x00", "a\x00b", "\x1b[31m", "\r\nX: y",
    "\u202e", "\ufeff", "\ud7ff", "💩" * 50, "é\u0301" * 40, "%", "%00", "%s%s%n", "' OR 1 --", "\"><script>x</script>",
    "{{7*7}}", "${7*7}", "../../etc/passwd", "\\\\host\\x", "* OR x", '"', "NEAR(a b)", "a AND", "-", "(((", "_%", "ß",
    "İ", "Đ", "e\u0300" * 500,
)  # fmt: skip
"""Values that have broken programs before."""


@pytest.fixture
def paths(app: Flask, house: House, shops: Shops, lan: Actor, phone: FlaskClient) -> dict[str, set[str]]:
    """Every address about something that is there: path → its methods."""
    found: dict[str, set[str]] = {}
    with house():
        for rule in app.url_map.iter_rules():
            if rule.endpoint != "static":
                known = {"token": "x"} if "token" in rule.arguments else arguments_of_lans(rule, lan, shops)
                path = app.url_map.bind("localhost").build(rule.endpoint, known)
                found.setdefault(path, set()).update(rule.methods or set())
    return found


def some(dice: Random) -> list[tuple[str, str]]:
    """A handful of parameters, some of them twice."""
    pairs = [(dice.choice(NAMES), dice.choice(VALUES)) for _ in range(dice.randint(1, 6))]
    return pairs + [(name, dice.choice(VALUES)) for name, _ in pairs if dice.random() < 0.3]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["lan", "tuan"])
def test_no_question_breaks_an_address(
    people: dict[str, Actor], phone_of: PhoneOf, paths: dict[str, set[str]], who: str
) -> None:
    dice, phone = Random(who), phone_of(people[who])
    for path, methods in paths.items():
        if "GET" in methods:
            for _ in range(40):
                asked = f"{path}?{urlencode(some(dice))}"
                headers = dice.choice([{}, {"HX-Request": "true"}, {"Idempotency-Key": "k"}])
                answer = phone.get(asked[:60_000], headers=headers)
                assert answer.status_code < 500, asked[:300]


ASKED_WITH = {
    "/nearby?lat=10.77&lng=106.69": ("lat", "lng", "k", "tier", "due", "status", "person", "accuracy_m"),
    "/customers?": ("q", "tier", "status", "due", "tag", "person", "pin", "archived", "sort", "after"),
    "/session/new?": ("next",),
}


@pytest.mark.slow
def test_no_value_alone_breaks_a_list(phone: FlaskClient, shops: Shops) -> None:
    for path, names in ASKED_WITH.items():
        for name in names:
            for value in VALUES:
                asked = f"{path}&{urlencode([(name, value)])}"
                assert phone.get(asked).status_code < 500, asked[:300]


@pytest.mark.slow
def test_no_form_breaks_an_address(
    people: dict[str, Actor], phone_of: PhoneOf, paths: dict[str, set[str]]
) -> None:
    dice = Random(7)
    for path, methods in paths.items():
        if "POST" in methods:
            for _ in range(25):
                phone = phone_of(people["lan"]) if path == "/session/end" else phone_of(people["mai"])
                form: dict[str, list[str]] = {}
                for name, value in some(dice):
                    form.setdefault(name, []).append(value)
                headers = dice.choice(
                    [{}, {"HX-Request": "true"}, {"Idempotency-Key": dice.choice(VALUES[:20]).strip()}]
                )
                answer = phone.post(path, data=form, headers=headers)
                assert answer.status_code < 500, (path, form)


@pytest.mark.parametrize(
    "path",
    ["/%00", "/join/%00", "/customers/%00", "/nearby%00", "/static/%00", "/%ff%fe", "/%c0%af", "/%E2%80%AE",
     "/static/..%2f..%2fwsgi.py", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py", "/static/", "/static/dist/",
     "/customers/not-an-id", f"/customers/{SOMEBODYS}", "/settings/devices/x/end", "/" + "a/" * 999, "/" + "%41" * 999,
     "/..;/metrics", "/nearby;x=y", "/NEARBY", "/nearby/", "/./nearby", "/customers/../settings"],
)  # fmt: skip
def test_no_address_breaks_us(phone: FlaskClient, client: FlaskClient, path: str) -> None:
    for who in (phone, client):
        for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE", "BREW"):
            answer = who.open(path, method=method)
            assert answer.status_code < 500, method
            assert b"create_app" not in answer.data, "our own source"


def test_bytes_that_are_no_text_break_no_question(phone: FlaskClient, client: FlaskClient) -> None:
    for who in (phone, client):
        for path in ("/", "/check-in", "/customers", "/session/new", "/nowhere"):
            assert who.get(path, environ_overrides={"QUERY_STRING": "q=\xff\xc3"}).status_code == 400, path


def test_null_never_reaches_the_database(phone: FlaskClient, client: FlaskClient) -> None:
    """In what people fill in it is left out, elsewhere it is refused."""
    assert (
        client.post("/session", data={"email": "a\0b@example.com", "password": "x" * 12}).status_code == 422
    )
    assert phone.post("/customers", data={"name": "Quán\0 Mộc"}).status_code == 303
    assert "Quán Mộc" in phone.get("/customers").text
    assert client.get("/session/new?next=/%00").status_code == 400
    assert phone.post("/settings/look", data={"lo\0cale": "vi"}).status_code == 400
    assert phone.get("/customers?q=%00").status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "session=" + "x" * 60_000},
        {"Cookie": "; ;=;==;session"},
        {"Cookie": "notice=no_such_notice x; lang=xx"},
        {"Cookie": "notice=settings_saved " + "x" * 5000},
        {"Accept-Language": "vi," * 20_000},
        {"Accept-Language": "\xff\xfe"},
        {"User-Agent": "x" * 60_000},
        {"User-Agent": ""},
        {"HX-Request": "x" * 60_000, "HX-Target": "\xff", "HX-Current-URL": "javascript:x"},
        {"Idempotency-Key": "x" * 60_000},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=" + "x" * 5000},
        {"Content-Type": "application/json"},
        {"Content-Type": "\xff"},
        {"Content-Length": "0"},
        {"Range": "bytes=0-1,5-9,-1"},
        {"If-None-Match": '"' + "x" * 5000},
        {"If-Modified-Since": "yesterday"},
        {"Authorization": "Basic \xff"},
        {"Referer": "\x01"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_header_breaks_us(app: Flask, lan: Actor, phone: FlaskClient, headers: dict[str, str]) -> None:
    bare = app.test_client(use_cookies=False)
    for who in (phone, bare):
        for method, path in (
            ("GET", "/session/new"),
            ("GET", "/settings"),
            ("GET", "/static/icons/mark.svg"),
            ("POST", "/session"),
        ):
            assert who.open(path, method=method, headers=headers).status_code < 500


def test_a_body_that_is_too_large_is_turned_away(phone: FlaskClient, client: FlaskClient) -> None:
    many = {f"field{number}": "x" for number in range(1500)}
    part = {"file": (io.BytesIO(b"x" * 3_000_000), "x.bin")}
    assert phone.post("/settings/look", data={"theme": "x" * 3_000_000}).status_code == 413
    assert phone.post("/settings/look", data=part).status_code == 413
    assert phone.post("/settings/look", data=many, content_type="multipart/form-data").status_code == 413
    assert client.post("/session", data={"email": "x" * 3_000_000}).status_code == 413


@pytest.mark.parametrize(
    "body",
    [b"", b"\xff\xfe\x00", b"&&&===", b"a" * 100_000, b"%", b"%zz=%zz&" * 1000, b"--x\r\n\r\n", b"=" * 5000],
)
def test_no_body_breaks_us(phone: FlaskClient, body: bytes) -> None:
    for kind in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "application/json",
    ):
        for path in ("/settings/look", "/session", "/language"):
            assert phone.post(path, data=body, content_type=kind).status_code < 500


def test_what_was_asked_is_shown_as_text(phone: FlaskClient, client: FlaskClient) -> None:
    bad = '"><script>alert(1)</script>'
    for path in (
        f"/customers?q={quote(bad)}",
        f"/nearby?lat={quote(bad)}&lng=1",
        f"/session/new?next=/{quote(bad)}",
    ):
        for who in (phone, client):
            assert "<script>alert" not in who.get(path).text
    assert "<script>alert" not in client.post("/session", data={"email": bad, "password": "x"}).text
