"""What an admin types, also before the product ever ran."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from flask.testing import FlaskClient

from crmweb import create_app
from crmweb.cli import main
from crmweb.config import load_settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder in which nothing is yet."""
    for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CRMWEB_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CRMWEB_ENV", "test")
    return tmp_path / "home"


def typed(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def browser_of(home: Path) -> FlaskClient:
    settings = load_settings({"CRMWEB_HOME": str(home), "CRMWEB_ENV": "test"})
    return create_app(settings).test_client()


def test_the_first_admin_comes_in_on_a_new_machine(home: Path) -> None:
    said = typed("create-admin", "tuan@example.com", "--name", "Tuấn")
    assert said.exit_code == 0, said.output
    (link,) = re.findall(r"/join/\S+", said.output)
    browser = browser_of(home)
    assert browser.post(link, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303
    assert browser.get("/customers").status_code == 200


def test_a_mail_server_hands_in_a_mail(home: Path) -> None:
    """One that is about nothing of ours is let go; while the database is away, the server keeps it."""
    typed("create-admin", "tuan@example.com")
    mail = b"From: hanh@example.com\nIn-Reply-To: <0123456789abcdef0123456789abcdef@x>\n\nx" + b"y" * 300_000
    taken = CliRunner().invoke(main, ["mail-in"], input=mail)
    assert taken.exit_code == 0, taken.output
    assert "hanh@" not in taken.output
    (home / "crmweb.sqlite3").write_bytes(b"")
    assert CliRunner().invoke(main, ["mail-in"], input=mail).exit_code == 75


def test_a_known_email_is_told_what_to_type_instead(home: Path) -> None:
    typed("create-admin", "tuan@example.com")
    again = typed("create-admin", "TUAN@example.com")
    assert again.exit_code == 1
    assert "crmweb sign-in-link TUAN@example.com" in again.output
    assert re.search(r"/join/\S+", typed("sign-in-link", "tuan@example.com").output)


@pytest.mark.parametrize("words", [("create-admin", "not an email"), ("sign-in-link", "nobody@example.com")])
def test_what_cannot_be_is_told_in_one_line(home: Path, words: tuple[str, ...]) -> None:
    said = typed(*words)
    assert said.exit_code == 1
    assert said.output.startswith("Error: ")
    assert said.output.count("\n") == 1


def test_a_wrong_setting_is_told_in_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    said = typed("sign-in-link", "lan@example.com")
    assert (said.exit_code, said.output) == (2, "PORT must be a whole number\n")
