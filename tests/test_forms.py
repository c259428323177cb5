"""What forms say by themselves: in our words, in the reader's language, never in WTForms' English."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor

PhoneOf = Callable[[Actor], FlaskClient]
IN_VIETNAMESE = {"Accept-Language": "vi"}


@pytest.mark.parametrize(
    ("path", "sent", "words"),
    [
        ("/settings/welcome", {"locale": "xx", "zone": "Mars/Phobos"}, "Chọn một trong các mục này."),
        ("/settings/look", {"theme": "green"}, "Chọn một trong các mục này."),
        ("/settings/notifications/quiet", {"quiet_from": "25:00"}, "Điền giờ, ví dụ 21:00."),
        ("/team/working-days/week", {"weekdays": ["1", "someday"]}, "Chọn một trong các mục này."),
        ("/team/working-days/week", {"weekdays": ["1", "9"]}, "Chọn một trong các mục này."),
    ],
)
def test_what_cannot_be_chosen_is_said_in_vietnamese(
    phone_of: PhoneOf, mai: Actor, path: str, sent: dict[str, Any], words: str
) -> None:
    answer = phone_of(mai).post(path, data=sent, headers=IN_VIETNAMESE)
    assert answer.status_code == 422
    assert words in answer.text


def test_too_long_an_email_is_said_in_vietnamese(client: FlaskClient) -> None:
    long = {"email": f"{'a' * 300}@example.com", "password": "a password of mine"}
    answer = client.post("/session", data=long, headers=IN_VIETNAMESE)
    assert answer.status_code == 422
    assert "312 ký tự là quá nhiều. Nhiều nhất 254." in answer.text


def test_every_form_speaks_our_words(project: Path) -> None:
    """A form that were made of WTForms' own would answer in English."""
    made_elsewhere = [
        str(path)
        for path in (project / "crmweb").rglob("*.py")
        if path != project / "crmweb" / "forms.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "wtforms"
        if "Form" in {name.name for name in node.names}
    ]
    assert made_elsewhere == []
