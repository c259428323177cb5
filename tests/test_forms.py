"""What forms say by themselves: in our words, in the reader's language, never in WTForms' English."""

from __future__ import annotations

import ast
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing

House = Callable[[], AbstractContextManager[None]]
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


def test_two_answers_to_one_question_are_refused(
    phone_of: PhoneOf, tuan: Actor, lan: Actor, house: House
) -> None:
    """What would be done with the first might be what the second forbids: an erasure, for one."""
    phone = phone_of(tuan)
    with house(), writing():
        db.session.get_one(User, lan.id).deactivate(by=None, at=clock.now())
    twice = {
        f"/admin/data/person/{lan.id}/erasure": {"name": [lan.name, "Somebody Else"]},
        "/admin/users": {"name": "Ngọc", "role": ["rep", "admin"], "zone": "Asia/Ho_Chi_Minh"},
        "/customers": {"name": ["Quán Một", "Quán Hai"]},
    }
    for path, sent in twice.items():
        answer = phone.post(path, data=sent, headers={"Accept-Language": "en"})
        assert answer.status_code == 422
        assert "Two answers came for this. Give one." in answer.text
    with house():
        assert db.session.get_one(User, lan.id).name == lan.name


def test_the_same_answer_twice_is_one(phone_of: PhoneOf, tuan: Actor) -> None:
    sent = {"name": ["Ngọc", "Ngọc"], "role": "rep", "zone": "Asia/Ho_Chi_Minh"}
    assert phone_of(tuan).post("/admin/users", data=sent).status_code == 303


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
