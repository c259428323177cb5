"""What a collector reads, and that nobody else does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor


def test_a_collector_on_the_machine_counts_answers_by_endpoint(
    client: FlaskClient, phone_of: Callable[[Actor], FlaskClient], lan: Actor
) -> None:
    phone_of(lan).get("/nearby")
    client.get("/join/a-secret")
    told = client.get("/metrics").text
    assert 'crmweb_answers_total{endpoint="nearby.index",method="GET",status="200"}' in told
    assert 'crmweb_answer_seconds_bucket{endpoint="nearby.index"' in told
    assert "crmweb_database_connections" in told
    assert "a-secret" not in told


@pytest.mark.parametrize("headers", [{"X-Forwarded-For": "203.0.113.9"}, {}])
def test_a_visitor_from_elsewhere_finds_no_metrics(client: FlaskClient, headers: dict[str, str]) -> None:
    address = "127.0.0.1" if headers else "203.0.113.9"
    assert client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": address}).status_code == 404


def test_a_collector_elsewhere_needs_the_token(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        app.extensions, "settings", replace(app.extensions["settings"], metrics_token="a long token")
    )
    away = {"REMOTE_ADDR": "203.0.113.9"}
    right, wrong = ({"Authorization": f"Bearer {token}"} for token in ("a long token", "another"))
    assert client.get("/metrics", headers=right, environ_base=away).status_code == 200
    assert client.get("/metrics", headers=wrong, environ_base=away).status_code == 404
