"""When something goes wrong: words for people, a number for the log, and nothing of the inside."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import structlog
from flask import Flask, render_template
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from crmweb import create_app
from crmweb.accounts.models import User
from crmweb.config import Settings
from crmweb.db import Busy, db, writing
from tests.edge.conftest import Misbehave

SECRET_INSIDE = "the inside of the house"
ASKED_BY: dict[str, dict[str, str]] = {
    "a browser": {},
    "htmx": {"HX-Request": "true"},
    "a script": {"Idempotency-Key": "k"},
}


def breaks() -> None:
    raise RuntimeError(SECRET_INSIDE)


def breaks_in_the_database() -> None:
    db.session.execute(select(User).where(User.name == SECRET_INSIDE, text("no_such_column")))


def breaks_in_the_template() -> str:
    return render_template("no/such/template.html")


@pytest.mark.parametrize("view", [breaks, breaks_in_the_template], ids=lambda view: view.__name__)
@pytest.mark.parametrize("kind", ASKED_BY)
def test_a_fault_of_ours_shows_a_number_and_nothing_else(
    phone: FlaskClient, misbehave: Misbehave, view: Callable[[], object], kind: str
) -> None:
    path = misbehave(view)
    with capture_logs() as logged:
        answer = phone.get(path, headers=ASKED_BY[kind])
    assert answer.status_code == 500
    for inside in (SECRET_INSIDE, "Traceback", "RuntimeError", "Template", "crmweb/", ".py", "sqlalchemy"):
        assert inside not in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    [line] = [line for line in logged if line["event"] == "unexpected"]
    assert line["path"] == path


def test_the_log_finds_a_fault_by_its_number(phone: FlaskClient, misbehave: Misbehave) -> None:
    path = misbehave(breaks)
    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as lines:
        number = phone.get(path).headers["X-Request-Id"]
    assert {line["request_id"] for line in lines} == {number}


def test_two_requests_have_two_numbers_whatever_the_visitor_sends(client: FlaskClient) -> None:
    sent = {"X-Request-Id": "forged"}
    numbers = [client.get("/healthz", headers=sent).headers["X-Request-Id"] for _ in range(2)]
    assert len(set(numbers)) == 2
    assert "forged" not in numbers


@pytest.mark.parametrize(
    ("status", "title"),
    [(403, "This is not yours to open"), (404, "Nothing here"), (405, "This address cannot do that")],
)
def test_a_refusal_says_what_it_is(phone: FlaskClient, status: int, title: str) -> None:
    answers = {
        403: phone.post("/settings/look", headers={"Sec-Fetch-Site": "cross-site"}),
        404: phone.get("/nowhere"),
        405: phone.delete("/settings/look"),
    }
    assert answers[status].status_code == status
    assert title in answers[status].text
    assert 'class="dock' in answers[status].text, "one is still at home"


def test_a_refusal_speaks_the_persons_language(phone: FlaskClient) -> None:
    phone.post("/settings/look", data={"locale": "vi", "theme": ""})
    assert '<html lang="vi"' in phone.get("/nowhere").text


def test_a_wrong_method_names_the_right_ones(phone: FlaskClient) -> None:
    assert set(phone.delete("/settings").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_a_script_reads_its_refusal(phone: FlaskClient) -> None:
    answer = phone.post("/nowhere", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 404
    assert answer.json is not None
    assert answer.json["error"] == "Not Found"
    assert answer.json["reference"] == answer.headers["X-Request-Id"]


# --- the database -----------------------------------------------------------------------------------


def is_busy() -> None:
    raise Busy


def is_away() -> None:
    raise OperationalError("SELECT secret", {"password": SECRET_INSIDE}, Exception("disk I/O error"))


@pytest.mark.parametrize("view", [is_busy, is_away], ids=lambda view: view.__name__)
@pytest.mark.parametrize("kind", ASKED_BY)
def test_who_meets_a_busy_database_is_asked_to_come_again(
    phone: FlaskClient, misbehave: Misbehave, view: Callable[[], object], kind: str
) -> None:
    answer = phone.get(misbehave(view), headers=ASKED_BY[kind])
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert SECRET_INSIDE not in answer.text
    assert "SELECT" not in answer.text


@pytest.fixture
def without_database(settings: Settings, tmp_path: Path, phone: FlaskClient) -> FlaskClient:
    """Lan's phone in front of a product whose database is gone."""
    gone = tmp_path / "gone"
    app = create_app(replace(settings, database_url=f"sqlite:///{gone / 'crmweb.sqlite3'}"))
    gone.rmdir()
    client = app.test_client()
    cookie = phone.get_cookie("session")
    assert cookie is not None
    client.set_cookie("session", cookie.value)
    return client


@pytest.mark.parametrize(
    ("path", "status", "title"),
    [
        ("/settings", 503, "Back in a moment"),
        ("/session/new", 503, "Back in a moment"),
        ("/join/token", 503, "Back in a moment"),
        ("/nowhere", 404, "Nothing here"),
    ],
)
def test_without_a_database_there_is_still_a_page_that_says_so(
    without_database: FlaskClient, path: str, status: int, title: str
) -> None:
    answer = without_database.get(path)
    assert answer.status_code == status
    assert title in answer.text
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.headers["X-Request-Id"] in answer.text


def test_without_a_database_machines_hear_it_too(without_database: FlaskClient) -> None:
    assert without_database.get("/healthz").status_code == 200
    ready = without_database.get("/readyz")
    assert (ready.status_code, ready.json) == (503, {"ready": False, "database": False})


def test_without_an_error_page_there_are_still_words(
    phone: FlaskClient, misbehave: Misbehave, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crmweb.errors.render_template", lambda *_args, **_context: 1 / 0)
    answer = phone.get(misbehave(breaks))
    assert answer.status_code == 500
    assert "Nothing you saved is lost" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_fault_in_the_middle_of_a_write_leaves_nothing_behind(
    app: Flask, phone: FlaskClient, misbehave: Misbehave
) -> None:
    def half() -> None:
        with writing():
            db.session.execute(text("UPDATE users SET theme = 'dark'"))
            raise RuntimeError

    assert phone.get(misbehave(half)).status_code == 500
    with app.app_context():
        assert db.session.scalars(select(User.theme).distinct()).all() == [None]


def test_what_was_asked_of_the_database_stays_out_of_the_log(
    phone: FlaskClient, misbehave: Misbehave, said: io.StringIO
) -> None:
    assert phone.get(misbehave(breaks_in_the_database)).status_code in (500, 503)
    assert "no_such_column" in said.getvalue(), "the statement is there"
    assert SECRET_INSIDE not in said.getvalue(), "what it was asked with is not"
