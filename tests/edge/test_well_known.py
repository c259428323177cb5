"""What machines look for at fixed addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from crmweb import clock, create_app
from crmweb.config import Settings


def fields(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.splitlines())


@pytest.mark.parametrize(
    ("contact", "told"),
    [
        ("mailto:security@example.com", "mailto:security@example.com"),
        ("https://example.com/holes", "https://example.com/holes"),
    ],
)
def test_who_finds_a_hole_learns_whom_to_tell(settings: Settings, contact: str, told: str) -> None:
    known = replace(settings, security_contact=contact, public_url="https://crm.example.com")
    answer = create_app(known).test_client().get("/.well-known/security.txt")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    said = fields(answer.text)
    assert said["Contact"] == told
    assert said["Canonical"] == "https://crm.example.com/.well-known/security.txt"
    assert said["Preferred-Languages"] == "en, vi"
    until = datetime.fromisoformat(said["Expires"]).astimezone(UTC) - clock.now()
    assert timedelta(days=100) < until < timedelta(days=365), "RFC 9116 recommends less than a year"


def test_an_email_alone_is_enough(client: FlaskClient) -> None:
    """As the settings of these tests name it."""
    assert fields(client.get("/.well-known/security.txt").text)["Contact"] == "mailto:security@example.com"


def test_without_a_contact_there_is_no_such_page(settings: Settings) -> None:
    """A page that names nobody would be worse than none."""
    nobody = create_app(replace(settings, security_contact="")).test_client()
    assert nobody.get("/.well-known/security.txt").status_code == 404


def test_search_engines_are_turned_away(client: FlaskClient) -> None:
    answer = client.get("/robots.txt")
    assert (answer.status_code, answer.text) == (200, "User-agent: *\nDisallow: /\n")
