"""A red light reaches Tuấn, wherever he is: once it is sure, once a day, and once more when it is over."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from crmweb import audit, clock, doctor
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit.seals import Seal
from crmweb.db import db, writing
from crmweb.lights.findings import Said, bad, ok
from crmweb.lights.models import Light
from crmweb.notifications import Delivery, Notice
from crmweb.notifications.jobs import deliver
from tests.notifications.post_office import PostOffice

House = Callable[[], AbstractContextManager[None]]

FULL = bad("Only %(free)s MB free", "Make room, or writes will soon be refused.", free=7)
ROOM = ok("%(free)s GB free", free="9.0")
LOOK = timedelta(minutes=10)
MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
"""Nine o'clock in Hà Nội: no quiet hours."""


@pytest.fixture
def look(house: House, monkeypatch: pytest.MonkeyPatch) -> Callable[[Said, datetime], None]:
    """`look(FULL, at)`: the clock looks at the disk alone, and all that comes of it leaves."""

    def look(said: Said, at: datetime) -> None:
        monkeypatch.setattr(doctor, "LOOKS", {"disk": lambda: said})
        with clock.frozen(at), house():
            doctor.look_after_the_house()
            for _ in range(2):  # the notice, then what carries it
                waiting = select(Delivery.id).where(Delivery.state == "waiting")
                deliver(*[each.hex for each in db.session.scalars(waiting).all()])

    return look


Look = Callable[[Said, datetime], None]


def _subjects(office: PostOffice) -> list[tuple[str, str]]:
    return [(mail["To"], mail["Subject"]) for mail in office.mails]


def test_what_stays_red_is_mailed_to_tuan_with_what_to_do(
    look: Look, post_office: PostOffice, tuan: Actor
) -> None:
    at = MORNING
    look(FULL, at)
    assert post_office.mails == [], "one look may be wrong"
    look(FULL, at + LOOK)
    ((to, subject),) = _subjects(post_office)
    assert to == tuan.email
    assert subject == "Disk: somebody must look"
    text = post_office.mails[0].get_body(("plain",))
    assert text is not None
    assert "Only 7 MB free. Make room" in text.get_content()
    assert "/admin/health" in text.get_content()


@pytest.mark.parametrize(("refuses", "mark"), [(False, "ok"), (True, "BAD")])
def test_what_the_night_left_unsealed_is_no_alarm_unless_it_cannot_be_sealed(
    house: House, tuan: Actor, monkeypatch: pytest.MonkeyPatch, refuses: bool, mark: str
) -> None:
    def refuse(**_at: datetime) -> None:
        raise OperationalError("INSERT", {}, Exception("no"))

    with house():
        with writing():
            about = audit.Reference("shop", tuan.id, "wall")
            audit.record("shop.painted", by=tuan, at=MORNING - timedelta(hours=9), about=about)
        if refuses:
            monkeypatch.setattr(Seal, "close", refuse)
        with clock.frozen(MORNING):
            doctor.look_after_the_house()
    with house():
        assert db.session.get_one(Light, "seals").mark == mark


def test_he_hears_it_once_a_day_and_once_that_it_is_over(look: Look, post_office: PostOffice) -> None:
    at = MORNING
    for number in range(6):
        look(FULL, at + number * LOOK)
    assert len(post_office.mails) == 1
    look(FULL, at + timedelta(days=1) + LOOK)
    assert len(post_office.mails) == 2, "a day later it is said again"
    look(ROOM, at + timedelta(days=1) + 2 * LOOK)
    look(ROOM, at + timedelta(days=1) + 3 * LOOK)
    assert [subject for _to, subject in _subjects(post_office)][2:] == ["Disk: red no more"]


def test_a_light_that_flickers_calls_nobody_a_second_time_that_day(
    look: Look, post_office: PostOffice
) -> None:
    at = MORNING
    for number, said in enumerate((FULL, ROOM, FULL, ROOM, FULL, FULL, ROOM, FULL, FULL, ROOM)):
        look(said, at + number * LOOK)
    assert [subject for _to, subject in _subjects(post_office)] == [
        "Disk: somebody must look",
        "Disk: red no more",
    ]


def test_nobody_else_hears_it(look: Look, post_office: PostOffice, house: House, tuan: Actor) -> None:
    look(FULL, MORNING)
    look(FULL, MORNING + LOOK)
    with house():
        assert db.session.scalars(select(Notice.person_id)).all() == [tuan.id]


def test_he_hears_it_in_his_language(look: Look, post_office: PostOffice, house: House, tuan: Actor) -> None:
    with house(), writing():
        db.session.get_one(User, tuan.id).locale = "vi"
    look(FULL, MORNING)
    look(FULL, MORNING + LOOK)
    assert [subject for _to, subject in _subjects(post_office)] == ["Ổ đĩa: cần có người xem ngay"]


def test_what_is_over_before_the_notice_sets_out_is_not_said(
    look: Look, post_office: PostOffice, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = MORNING
    look(FULL, at)
    with clock.frozen(at + LOOK), house():
        doctor.look_after_the_house()
        with writing():
            db.session.get_one(Light, "disk").mark = "ok"
        waiting = select(Delivery.id).where(Delivery.state == "waiting")
        deliver(*[each.hex for each in db.session.scalars(waiting).all()])
    assert post_office.mails == []


def test_who_slept_through_a_red_light_does_not_hear_that_it_is_over(
    look: Look, post_office: PostOffice
) -> None:
    night = MORNING + timedelta(hours=16)
    for number, said in enumerate((FULL, FULL, ROOM)):
        look(said, night + number * LOOK)
    look(ROOM, night + timedelta(hours=9))
    assert post_office.mails == []


def test_a_look_that_falls_over_is_a_red_light_and_not_the_end(
    look: Look, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def falls() -> Said:
        raise OSError("no such device")

    monkeypatch.setattr(doctor, "LOOKS", {"disk": falls, "assets": lambda: ROOM})
    with house():
        doctor.look_after_the_house()
        assert {light.what: light.mark for light in Light.all()} == {"disk": "BAD", "assets": "ok"}


def test_what_is_looked_at_no_more_has_no_light(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with house():
        for looks in ({"disk": lambda: ROOM, "old": lambda: FULL}, {"disk": lambda: ROOM}):
            monkeypatch.setattr(doctor, "LOOKS", looks)
            doctor.look_after_the_house()
        assert [light.what for light in Light.all()] == ["disk"]
