"""WebKit, the engine of every browser on iOS: a morning without a signal, in WebKitGTK.

It has no Background Sync, as iOS. What it does not show is how iOS itself treats storage, and push.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.scope import system_access
from crmweb.visits.models import Visit
from tests.browser.outbox.phone import PACKED
from tests.drills.gates import OPEN, REFUSED, Gate
from tests.drills.handsets import LAST_FETCHED
from tests.drills.houses import House
from tests.drills.towns import Rep, settle
from tests.drills.webdriver import Driven, driven
from tests.machine import webkit
from tests.supervisor.product import until

WAITING = "//*[@id='outbox-count'][normalize-space()='{}']"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    yield house
    house.end()


@pytest.fixture
def gate(house: House) -> Iterator[Gate]:
    gate = Gate(house.product.port)
    yield gate
    gate.close()


@pytest.fixture
def rep(house: House) -> Rep:
    """Whose place is not read: nobody can answer the question that WebKitGTK asks, and its driver waits for that."""
    app = house.app()
    (rep,) = settle(app, reps=1, shops=3, sms_in=timedelta(days=1))
    with app.app_context(), system_access("a drill"), writing():
        by = Actor.of(db.session.get_one(User, rep.id))
        LocationAnswer.give(False, by=by, at=clock.now())
    return rep


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Driven]:
    options = {"binary": str(webkit.browser()), "args": ["--automation"]}
    with (
        webkit.screen(tmp_path) as environment,
        driven(webkit.where(), {"webkitgtk:browserOptions": options}, environment) as window,
    ):
        window.resize(390, 844)
        yield window


@pytest.mark.timeout(300)
def test_a_morning_without_a_signal_arrives_once(
    house: House, gate: Gate, rep: Rep, window: Driven, capsys: pytest.CaptureFixture[str]
) -> None:
    at, shop = f"http://localhost:{gate.port}", rep.shops[0]
    window.go(f"{at}/session/new")
    window.sign_in(rep.cookie)
    window.go(at)
    window.says("Today")
    until(lambda: LAST_FETCHED in window.run(f"return await ({PACKED})()"), within=60)
    gate.turn(REFUSED)
    window.go(f"{at}/customers/{shop.id}")
    window.tap("a", "Check in")
    window.tap("button", "Check in Shop 0")
    visit = window.arrives("/visits/[0-9a-f-]{36}")
    window.says("Saved on this phone")
    window.go(f"{visit}/finish")
    window.tap("summary", "Note, next step, promises")
    window.type("note", "Kệ dưới còn 2 lốc")
    window.tap("button", "Not needed now")
    window.arrives("/visits/[0-9a-f-]{36}")
    window.go(f"{at}/customers/{shop.id}/notes/new")
    window.type("text", "Gọi lại thứ Năm")
    window.tap("button", "Save")
    window.arrives(f"/customers/{shop.id}")
    window.shows(WAITING.format(3))
    assert _came(house) == ([], [])
    gate.turn(OPEN)
    window.go(at)
    window.shows(WAITING.format(0))
    visits, notes = _came(house)
    with capsys.disabled():
        print(f"\nWebKitGTK {window.version}: {len(visits)} visit, {len(notes)} notes came, once each")
    assert visits == [(uuid.UUID(visit[-36:]), shop.id, rep.id, "not_now")]
    assert sorted(notes) == ["Gọi lại thứ Năm", "Kệ dưới còn 2 lốc"]


def _came(house: House) -> tuple[list[tuple[uuid.UUID, uuid.UUID, uuid.UUID, str | None]], list[str]]:
    """All that is there."""
    with house.app().app_context(), system_access("a drill"):
        visits = db.session.execute(select(Visit.id, Visit.customer_id, Visit.person_id, Visit.outcome))
        return [tuple(row) for row in visits], list(db.session.scalars(select(Note.text)))  # type: ignore[misc]
