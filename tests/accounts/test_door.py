"""At the door: where one is sent afterwards, in which language, with which cookie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb import create_app
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.config import Settings
from crmweb.db import db
from tests.accounts.conftest import PASSWORD, is_in, try_password
from tests.conftest import Visitor

House = Callable[[], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]
WithPassword = Callable[[Actor], Actor]

OURS = [
    "/nearby",
    "/nearby?lat=10.7725&lng=106.6980&tier=A",
    "/customers?q=b%C3%ACnh",
    "/customers?q=a/b//c",
    "/settings#password",
    "/khách-hàng",
]
ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "///evil.example",
    "////evil.example/x",
    "/.//evil.example",
    "/x/..//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\\/evil.example",
    "/%5cevil.example",
    "/%5Cevil.example",
    "/x/..%5c..%5cevil.example",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "evil.example",
    "@evil.example",
    ":80",
    "?next=//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "/x\r\nSet-Cookie: session=stolen",
    "/x\u2028y",
    "/\u200b",
    "/\x00",
    "/" + "x" * 100_000,
]


def lands_at(location: str) -> str:
    """The host to which a browser goes from our door."""
    return urlsplit(urljoin("http://localhost/session", location)).netloc


@pytest.mark.parametrize("target", OURS)
def test_after_the_door_lan_is_where_she_wanted_to_be(
    client: FlaskClient, lan: Actor, with_password: WithPassword, target: str
) -> None:
    with_password(lan)
    answer = try_password(client, lan.email, PASSWORD, next=target)
    assert answer.status_code == 303
    wanted = quote(target, safe="/?&=%#")
    assert answer.location == wanted


def test_nobody_is_sent_elsewhere(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf, subtests: pytest.Subtests
) -> None:
    phone = phone_of(lan)
    for target in ELSEWHERE:
        sent = quote(target, safe="")
        with subtests.test(target[:40]):
            signed_in = phone.get(f"/session/new?next={sent}")
            if signed_in.status_code != 400:
                assert (signed_in.status_code, signed_in.location) == (303, "/")
            chose = client.post("/language", data={"lang": "vi", "next": target})
            if chose.status_code != 400:
                assert chose.location == "/"
                assert "session=stolen" not in str(chose.headers)
            at_the_door = client.get(f"/session/new?next={sent}")
            assert "evil.example" not in at_the_door.text


def test_nobody_is_sent_elsewhere_after_signing_in(
    client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    answer = try_password(client, lan.email, PASSWORD, next="//evil.example")
    assert (answer.status_code, answer.location) == (303, "/")


def test_who_is_sent_to_the_door_comes_back_to_where_they_were(
    client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    sent = client.get("/nearby?lat=10.7725&lng=106.6980")
    assert sent.status_code == 303
    door = client.get(sent.location)
    assert 'name="next" value="/nearby?lat=10.7725&amp;lng=106.6980"' in door.text


def test_a_write_that_came_to_the_door_is_not_asked_for_by_its_address(client: FlaskClient) -> None:
    assert client.post("/settings/look").location == "/session/new"


@pytest.mark.parametrize(
    "path", ["/settings%0d%0aSet-Cookie:%20session=stolen", "/customers%0d%0aX:%20y", "//evil.example/x"]
)
def test_no_header_is_made_of_an_address(client: FlaskClient, path: str) -> None:
    for headers in ({}, {"HX-Request": "true"}):
        answer = client.get(path, headers=headers)
        assert "Set-Cookie" not in answer.headers
        assert "X" not in answer.headers
        for name in ("Location", "HX-Redirect"):
            assert lands_at(answer.headers.get(name, "/")) == "localhost"


# --- languages --------------------------------------------------------------------------------------


def test_a_stranger_chooses_a_language_and_the_browser_remembers(client: FlaskClient) -> None:
    assert 'lang="en"' in client.get("/session/new").text
    answer = client.post("/language", data={"lang": "vi", "next": "/session/new"})
    assert (answer.status_code, answer.location) == (303, "/session/new")
    assert 'lang="vi"' in client.get("/session/new").text


@pytest.mark.parametrize("lang", ["", "xx", "../vi", "vi\r\nX: y", "en" * 1000])
def test_a_language_that_nobody_speaks_changes_nothing(client: FlaskClient, lang: str) -> None:
    answer = client.post("/language", data={"lang": lang})
    assert answer.status_code == 303
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [
        ("vi", "vi"),
        ("vi-VN,vi;q=0.9,en;q=0.5", "vi"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        (";;q=x,", "en"),
    ],
)
def test_a_browser_is_answered_in_its_language(client: FlaskClient, asked: str, spoken: str) -> None:
    answer = client.get("/session/new", headers={"Accept-Language": asked})
    assert f'<html lang="{spoken}"' in answer.text


def test_a_forged_language_cookie_changes_nothing(client: FlaskClient) -> None:
    client.set_cookie("lang", "../../etc")
    assert '<html lang="en"' in client.get("/session/new").text


# --- cookies ----------------------------------------------------------------------------------------


def cookies_of(client: FlaskClient, email: str | None) -> list[str]:
    return try_password(client, email, PASSWORD, next="/settings").headers.getlist("Set-Cookie")


def test_on_loopback_the_cookie_is_plain_and_closed_to_scripts(
    client: FlaskClient, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    [cookie] = [text for text in cookies_of(client, lan.email) if "session" in text]
    assert cookie.startswith("session=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "path=/", "samesite=lax"} <= parts
    assert "secure" not in parts
    assert not any(part.startswith("domain") for part in parts)


@pytest.fixture
def on_https(app: Flask, settings: Settings) -> Iterator[Flask]:
    """The product as it stands behind https, on the same database."""
    other = create_app(replace(settings, public_url="https://crm.example.com"))
    other.test_client_class = Visitor
    yield other
    with other.app_context():
        db.engine.dispose()


def test_on_https_the_cookie_is_bound_to_the_host(
    on_https: Flask, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    client = on_https.test_client()
    [cookie] = [text for text in cookies_of(client, lan.email) if "session" in text]
    assert cookie.startswith("__Host-session=")
    parts = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"secure", "httponly", "path=/", "samesite=lax"} <= parts
    assert not any(part.startswith("domain") for part in parts)


def test_on_https_a_plain_cookie_opens_nothing(on_https: Flask, lan: Actor, phone_of: PhoneOf) -> None:
    plain = phone_of(lan).get_cookie("session")
    assert plain is not None
    client = on_https.test_client(use_cookies=False)
    assert client.get("/settings", headers={"Cookie": f"session={plain.value}"}).status_code == 303
    bound = {"Cookie": f"__Host-session={plain.value}"}
    assert client.get("/settings", headers=bound).status_code == 200


def test_on_https_every_answer_asks_for_https(on_https: Flask) -> None:
    client = on_https.test_client()
    for path in ("/session/new", "/nowhere", "/static/icons/mark.svg"):
        assert client.get(path).headers["Strict-Transport-Security"] == "max-age=31536000"


def test_behind_a_trusted_proxy_https_needs_no_setting(
    app: Flask, settings: Settings, lan: Actor, with_password: WithPassword
) -> None:
    with_password(lan)
    behind = create_app(replace(settings, trusted_proxies=1))
    behind.test_client_class = Visitor
    form = {"email": lan.email, "password": PASSWORD}
    answer = behind.test_client().post("/session", data=form, headers={"X-Forwarded-Proto": "https"})
    assert answer.headers["Set-Cookie"].startswith("__Host-session=")
    with behind.app_context():
        db.engine.dispose()


# --- settings ---------------------------------------------------------------------------------------


def test_lan_chooses_her_language_and_look(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    assert phone.post("/settings/look", data={"locale": "vi", "theme": "dark"}).status_code == 303
    page = phone.get("/settings").text
    assert '<html lang="vi" data-theme="dark"' in page
    phone.post("/settings/look", data={"locale": "", "theme": ""})
    with house():
        user = db.session.get_one(User, lan.id)
        assert (user.locale, user.theme) == (None, None)


@pytest.mark.parametrize("form", [{"locale": "xx", "theme": "dark"}, {"locale": "vi", "theme": "neon"}])
def test_a_look_that_does_not_exist_is_told_beside_the_field(
    house: House, lan: Actor, phone_of: PhoneOf, form: dict[str, str]
) -> None:
    answer = phone_of(lan).post("/settings/look", data=form)
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    wrong = "locale" if form["locale"] == "xx" else "theme"
    assert f'id="{wrong}-error"' in answer.text
    with house():
        assert db.session.get_one(User, lan.id).theme is None


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"current": PASSWORD, "password": "zq7!"}, "password"),
        ({"current": PASSWORD, "password": ""}, "password"),
        ({"current": "wrong", "password": "another boat on the river"}, "current"),
        ({"password": "another boat on the river"}, "current"),
    ],
)
def test_a_password_that_will_not_do_is_told_beside_the_field(
    lan: Actor, phone_of: PhoneOf, with_password: WithPassword, form: dict[str, str], field: str
) -> None:
    with_password(lan)
    phone = phone_of(lan)
    answer = phone.post("/settings/password", data=form)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert not any(typed and typed in answer.text for typed in form.values()), "passwords are not sent back"
    assert is_in(phone)
    assert try_password(phone, lan.email, PASSWORD).status_code == 303


def test_who_came_by_a_link_chooses_a_first_password(
    client: FlaskClient, lan: Actor, phone_of: PhoneOf
) -> None:
    phone = phone_of(lan)
    assert 'name="current"' not in phone.get("/settings").text
    assert phone.post("/settings/password", data={"password": PASSWORD}).status_code == 303
    assert try_password(client, lan.email, PASSWORD).status_code == 303


def test_nobody_changes_what_no_form_offers(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    phone = phone_of(lan)
    more = {
        "role": "admin",
        "manager_id": str(lan.id),
        "email": "x@example.com",
        "id": str(lan.id),
        "zone": "UTC",
    }
    for path in ("/settings/look", "/settings/password"):
        phone.post(path, data={"locale": "vi", "theme": "", "password": PASSWORD, **more})
    with house():
        user = db.session.get_one(User, lan.id)
        assert (user.role, user.email, user.zone, user.manager_id == lan.id) == (
            "rep",
            lan.email,
            "Asia/Ho_Chi_Minh",
            False,
        )
