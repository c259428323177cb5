"""A phone pays for every byte: what is text is sent small, to whoever can read it."""

from __future__ import annotations

import gzip

import brotli
import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.assets import asset
from tests.customers.shops import PhoneOf


@pytest.mark.parametrize("path", ["/", "/static/css/app.css"])
def test_text_is_sent_small(phone_of: PhoneOf, lan: Actor, path: str) -> None:
    phone = phone_of(lan)
    plain, small = phone.get(path), phone.get(path, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert len(small.data) < len(plain.data) / 2
    assert len(gzip.decompress(small.data)) == pytest.approx(len(plain.data), rel=0.01)


def test_who_cannot_read_it_gets_it_plain(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get("/session/new").headers


def test_of_when_it_is_says_the_server_alone(client: FlaskClient) -> None:
    """It writes a `Date` itself; of two in one answer a phone reads neither."""
    small = client.get("/session/new", headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert "Date" not in small.headers


def test_built_files_come_as_small_as_they_were_pressed(client: FlaskClient) -> None:
    path = asset("app.js")
    plain, small = client.get(path), client.get(path, headers={"Accept-Encoding": "gzip, br"})
    assert small.headers["Content-Encoding"] == "br"
    assert "Accept-Encoding" in small.headers["Vary"]
    assert int(small.headers["Content-Length"]) == len(small.data)
    assert brotli.decompress(small.data) == plain.data
    assert len(small.data) < len(brotli.compress(plain.data, quality=5))
    assert small.headers["Cache-Control"] == plain.headers["Cache-Control"]
