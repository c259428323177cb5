"""Every page, as each of the cast sees it: it answers, and its HTML is valid."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.accounts.roles import ROLES
from crmweb.web import declared
from tests.machine.node import run_package

GAP = re.compile(r"\[\[[\w:-]+\]\]")
"""What a phone fills in the frames that it keeps."""


def _pages(app: Flask, person: Actor) -> Iterator[str]:
    """The addresses that this person may open without knowing an id."""
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint != "static":
            permission = declared(app, rule.endpoint)
            if permission is None or permission in ROLES[person.role]:
                yield rule.rule


def test_every_page_answers_everyone_with_valid_html(
    app: Flask, people: dict[str, Actor], phone_of: Callable[[Actor], FlaskClient], tmp_path: Path
) -> None:
    for name, person in people.items():
        client = phone_of(person)
        for path in _pages(app, person):
            answer = client.get(path)
            assert answer.status_code < 400, (name, path)
            if answer.mimetype == "text/html" and answer.status_code == 200:
                (tmp_path / f"{name}{path.replace('/', '_')}.html").write_text(GAP.sub("gap", answer.text))
    checked = run_package("html-validate", "--config", ".htmlvalidate.json", str(tmp_path))
    assert checked.returncode == 0, checked.stdout
