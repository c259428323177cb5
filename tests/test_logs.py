"""Logs can be read by a machine and never tell a secret."""

from __future__ import annotations

import errno
import io
import json
import logging
from datetime import datetime, timedelta

import pytest
import structlog
from flask.testing import FlaskClient

from crmweb import logs


def _last_line(said: io.StringIO) -> dict[str, str]:
    line: dict[str, str] = json.loads(said.getvalue().splitlines()[-1])
    return line


def test_a_line_in_production_is_json_and_names_its_request(said: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-17")
    structlog.get_logger("crmweb.test").info("visit started", customer="Bình Minh")
    line = _last_line(said)
    assert (line["event"], line["request_id"], line["customer"]) == ("visit started", "r-17", "Bình Minh")
    assert line["level"] == "info"


def test_libraries_speak_through_the_same_door(said: io.StringIO) -> None:
    logging.getLogger("gunicorn.error").warning("worker %s timed out", 17)
    assert _last_line(said)["event"] == "worker 17 timed out"


@pytest.mark.parametrize(
    ("told", "kept_back"),
    [
        ({"password": "hunter2"}, "hunter2"),
        ({"headers": {"Cookie": "session=abc123"}}, "abc123"),
        ({"url": "smtp://mailer:s3cret@mail.example.com"}, "s3cret"),
        ({"path": "/customers?q=Nguyen+Van+A"}, "Nguyen"),
        ({"path": "/join/Zm9vYmFy"}, "Zm9vYmFy"),
        ({"links": ["http://localhost:8000/reset/Zm9vYmFy"]}, "Zm9vYmFy"),
    ],
)
def test_nobody_reads_a_secret_in_a_log(said: io.StringIO, told: dict[str, object], kept_back: str) -> None:
    structlog.get_logger("crmweb.test").warning("something odd", **told)
    assert kept_back not in said.getvalue()


def test_a_traceback_keeps_secrets_back_too(said: io.StringIO) -> None:
    try:
        raise ConnectionError("cannot reach redis://crm:s3cret@redis.example.com")
    except ConnectionError:
        structlog.get_logger("crmweb.test").exception("redis away")
    assert "ConnectionError" in said.getvalue()
    assert "s3cret" not in said.getvalue()


def test_the_line_of_a_request_reads_like_any_other(client: FlaskClient, said: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(request_id="r-17")
    structlog.get_logger("crmweb.web").info("request")
    any_other = _last_line(said)
    named = client.get("/session/new?next=/").headers["X-Request-Id"]
    line = _last_line(said)
    assert any_other.keys() < line.keys()
    told = ("event", "logger", "level", "request_id", "path", "status")
    assert [line[key] for key in told] == ["request", "crmweb.web", "info", named, "/session/new", 200]
    assert line["timestamp"].endswith("Z")
    begun, ended = (datetime.fromisoformat(each["timestamp"]) for each in (any_other, line))
    assert timedelta() <= ended - begun < timedelta(minutes=1)


def test_where_only_warnings_are_heard_a_request_is_not(client: FlaskClient, said: io.StringIO) -> None:
    logs.set_up("production", level=logging.WARNING, to=said)
    client.get("/session/new")
    assert said.getvalue() == ""


@pytest.mark.usefixtures("said")
def test_a_full_disk_under_the_log_costs_nobody_their_answer(client: FlaskClient) -> None:
    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

    logs.set_up("production", to=Full())
    assert client.get("/session/new").status_code == 200
