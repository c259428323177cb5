"""Promises that were made before promises rang: whoever made them hears of them yet, once."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import column, select, table, update

from crmweb import create_app
from crmweb.accounts.actor import Actor
from crmweb.clock import frozen
from crmweb.config import load_settings
from crmweb.db import Id, UtcDateTime, db, new_id, writing
from crmweb.notifications import Delivery, Notice
from crmweb.reminders.models import Reminder
from crmweb.schedule import tell_of_old_promises
from tests.conftest import system_access_to

SPRING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


@pytest.fixture
def old_house(tmp_path: Path) -> Iterator[Flask]:
    """A company that stopped at 0006."""
    app = create_app(load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(tmp_path / "home")}))
    with app.app_context():
        upgrade(revision="0006")
        with frozen(SPRING):
            yield app
        db.engine.dispose()


PEOPLE = table(
    "users",
    column("id", Id()),
    column("name"),
    column("role"),
    column("zone"),
    column("created_at", UtcDateTime()),
)
PROMISES = table(
    "reminders", column("id", Id()), column("person_id", Id()), column("created_by_id", Id()), column("text"),
    column("promised_by"), column("whole_day"), column("due_at", UtcDateTime()),
    column("created_at", UtcDateTime()), column("done_at", UtcDateTime()), column("dropped_at", UtcDateTime()),
)  # fmt: skip


def _promise(person: uuid.UUID, text: str, days: int, **more: datetime) -> None:
    """As the version of then wrote it."""
    row = {
        "id": new_id(), "person_id": person, "created_by_id": person, "text": text, "promised_by": "us",
        "whole_day": True, "due_at": SPRING + timedelta(days=days), "created_at": SPRING, **more,
    }  # fmt: skip
    db.session.execute(PROMISES.insert().values(row))


def _made_then() -> uuid.UUID:
    person = new_id()
    with writing():
        hired = {"id": person, "name": "Lan", "role": "rep", "zone": "Asia/Ho_Chi_Minh", "created_at": SPRING}
        db.session.execute(PEOPLE.insert().values(hired))
        _promise(person, "Bring the price list", 2)
        _promise(person, "Yesterday's", -1)
        _promise(person, "Kept", 3, done_at=SPRING)
        _promise(person, "Taken back", 3, dropped_at=SPRING)
    return person


def _filed() -> list[tuple[uuid.UUID, str, datetime]]:
    return [
        (each.person_id, each.payload["text"], each.due_at) for each in db.session.scalars(select(Notice))
    ]


def test_what_was_open_and_to_come_at_the_upgrade_rings_on_its_day_once(old_house: Flask) -> None:
    with system_access_to(old_house, "a test"):
        lan = _made_then()
        upgrade()
        for _ in range(2):
            tell_of_old_promises()
        assert _filed() == [(lan, "Bring the price list", SPRING + timedelta(days=2))]
        (delivery,) = db.session.scalars(select(Delivery))
        assert (delivery.kind, delivery.next_at) == ("notice", SPRING + timedelta(days=2))


def test_one_that_rang_or_was_moved_is_not_filed_again(
    house: Callable[[], AbstractContextManager[None]], lan: Actor
) -> None:
    """Also where the clock was set back since."""
    with house(), frozen(SPRING):
        with writing():
            due = SPRING + timedelta(days=1)
            Reminder.remind("Call", due_at=due, by=lan, at=SPRING)
            db.session.execute(update(Notice).values(state="told"))
        tell_of_old_promises()
        assert len(_filed()) == 1
