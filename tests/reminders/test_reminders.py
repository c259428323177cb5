"""Reminders: set, told, ticked, put off, handed over, and never twice."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.notifications import Delivery, Notice
from crmweb.notifications.choices import NotificationChoices
from crmweb.notifications.jobs import deliver
from crmweb.reminders.models import Reminder
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

FRIDAY = datetime.fromisoformat("2026-11-20T02:00:00+00:00")
"""Nine in the morning for Lan."""
SCRIPT = {"Idempotency-Key": "a key"}


@pytest.fixture
def held() -> Iterator[clock.HeldClock]:
    with clock.frozen(FRIDAY) as held:
        yield held


@pytest.fixture
def co_ba(house: House, lan: Actor, held: clock.HeldClock) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan)


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor, held: clock.HeldClock) -> FlaskClient:
    return phone_of(lan)


def _minted() -> uuid.UUID:
    """A UUIDv7 of the moment at which the clock is held."""
    stamp = int(clock.now().timestamp() * 1000)
    return uuid.UUID(int=stamp << 80 | new_id().int & (1 << 80) - 1)


def _set(phone: FlaskClient, at: uuid.UUID | None = None, **sent: str) -> uuid.UUID:
    """What Lan's phone sends; the id of what was made."""
    minted = _minted()
    address = f"/customers/{at}/reminders" if at else "/reminders"
    sent = {"id": str(minted), "text": "Send Minh the quote", **sent}
    answer = phone.post(address, data=sent, headers={"Idempotency-Key": str(minted)})
    assert answer.status_code == 201, answer.text
    return minted


def _look(house: House, reminder: uuid.UUID) -> Reminder:
    with house():
        return db.session.get_one(Reminder, reminder)


def _due(house: House, reminder: uuid.UUID) -> str:
    return f"{_look(house, reminder).due_at + timedelta(hours=7):%d %H:%M}"


def _tell(house: House) -> list[str]:
    """What a worker would send now; the titles, by whatever channel."""
    with house(), writing():
        for user in db.session.scalars(select(NotificationChoices)):
            db.session.delete(user)
    with house():
        due = db.session.scalars(select(Delivery.id).where(Delivery.due(at=clock.now()))).all()
    with house():
        deliver(*(delivery.hex for delivery in due))
    with house():
        told = select(Notice.title).where(Notice.title.is_not(None)).order_by(Notice.due_at, Notice.id)
        return [title or "" for title in db.session.scalars(told)]


def test_lan_sets_one_for_tomorrow_and_is_told_then_once(
    phone: FlaskClient, co_ba: uuid.UUID, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, co_ba, when="tomorrow")
    assert _due(house, reminder) == "21 09:00"
    assert _tell(house) == []
    held.move(timedelta(days=1))
    assert _tell(house) == ["Send Minh the quote"]
    held.move(timedelta(hours=1))
    assert _tell(house) == ["Send Minh the quote"]
    with house():
        notice = db.session.scalars(select(Notice)).one()
        assert (notice.body, notice.path) == ("Tạp hóa Cô Ba", f"/customers/{co_ba}")


def test_a_replay_sets_nothing_twice(phone: FlaskClient, co_ba: uuid.UUID, house: House) -> None:
    minted = str(_minted())
    sent = {"id": minted, "text": "Tea", "when": "tomorrow", "client_at": "2026-11-20T01:00:00Z"}
    for _again in range(2):
        assert phone.post(f"/customers/{co_ba}/reminders", data=sent, headers=SCRIPT).status_code == 201
    with house():
        assert db.session.scalars(select(Reminder.text)).all() == ["Tea"]
        assert len(db.session.scalars(select(Notice.id)).all()) == 1


def test_what_is_done_before_is_not_told(phone: FlaskClient, house: House, held: clock.HeldClock) -> None:
    reminder = _set(phone, when="tomorrow")
    assert phone.post(f"/reminders/{reminder}/done").status_code == 303
    held.move(timedelta(days=2))
    assert _tell(house) == []


def test_a_tick_taken_back_is_told_after_all(phone: FlaskClient, house: House, held: clock.HeldClock) -> None:
    reminder = _set(phone, when="tomorrow")
    phone.post(f"/reminders/{reminder}/done")
    phone.post(f"/reminders/{reminder}/undone")
    held.move(timedelta(days=1))
    assert _tell(house) == ["Send Minh the quote"]


def test_put_off_by_the_button_of_a_notification_it_is_told_again_in_an_hour(
    phone: FlaskClient, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, when="tomorrow")
    held.move(timedelta(days=1))
    assert len(_tell(house)) == 1
    assert phone.post(f"/reminders/{reminder}/snooze", headers=SCRIPT).status_code == 200
    held.move(timedelta(minutes=59))
    assert len(_tell(house)) == 1
    held.move(timedelta(minutes=1))
    assert len(_tell(house)) == 2


@pytest.mark.parametrize(
    ("sent", "falls"),
    [
        ({"to": "tomorrow"}, "21 09:00"),
        ({"to": "evening"}, "20 18:00"),
        ({"day": "2026-11-25", "time": "14:30"}, "25 14:30"),
        ({"day": "2026-11-25"}, "25 09:00"),
        ({"until": "2026-11-25T07:30:00Z"}, "25 14:30"),
    ],
)
def test_it_is_put_off_to_a_moment(
    phone: FlaskClient, house: House, sent: dict[str, str], falls: str
) -> None:
    reminder = _set(phone, when="monday")
    assert phone.post(f"/reminders/{reminder}/snooze", data=sent).status_code == 303
    assert _due(house, reminder) == falls


def test_a_moment_that_has_passed_is_said_beside_the_field(phone: FlaskClient, house: House) -> None:
    reminder = _set(phone, when="monday")
    refused = phone.post(f"/reminders/{reminder}/snooze", data={"day": "2026-11-01"}, headers=ENGLISH)
    assert refused.status_code == 422
    assert "That has passed" in refused.text
    assert _due(house, reminder) == "23 09:00"


def test_put_off_to_the_next_visit_it_falls_due_when_that_begins(
    phone: FlaskClient, co_ba: uuid.UUID, house: House, held: clock.HeldClock, phone_of: PhoneOf, mai: Actor
) -> None:
    reminder = _set(phone, co_ba, when="tomorrow")
    assert phone.post(f"/reminders/{reminder}/snooze", data={"to": "visit"}).status_code == 303
    held.move(timedelta(days=3))
    assert _tell(house) == []
    assert "At the next visit" in phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    minted = _minted()
    visit = {"id": str(minted), "kind": "in_person", "client_at": clock.now().isoformat()}
    phone.post(f"/customers/{co_ba}/visits", data=visit, headers={"Idempotency-Key": str(minted)})
    assert _look(house, reminder).due_at == clock.now()
    assert _tell(house) == ["Send Minh the quote"]


def test_without_a_visit_it_falls_due_on_the_next_route_day(
    phone: FlaskClient, co_ba: uuid.UUID, house: House
) -> None:
    with house(), writing():
        db.session.scalars(select(Assignment)).one().next_route_day = datetime(
            2026, 11, 26, tzinfo=UTC
        ).date()
    reminder = _set(phone, co_ba, when="route")
    assert _due(house, reminder) == "26 09:00"
    phone.post(f"/reminders/{reminder}/snooze", data={"to": "visit"})
    assert _due(house, reminder) == "26 09:00"
    assert _look(house, reminder).waits_for_visit


def test_what_repeats_comes_again_when_it_is_done_and_once(
    phone: FlaskClient, house: House, held: clock.HeldClock
) -> None:
    first = _set(phone, when="monday", repeats="weekly")
    held.move(timedelta(days=6))
    for _twice in range(2):
        phone.post(f"/reminders/{first}/done")
    with house():
        rounds = db.session.execute(select(Reminder.round, Reminder.due_at).order_by(Reminder.round)).all()
    assert [(number, due.day) for number, due in rounds] == [(0, 23), (1, 30)]
    phone.post(f"/reminders/{first}/undone")
    phone.post(f"/reminders/{first}/done")
    with house():
        open_ones = select(Reminder.due_at).where(Reminder.done_at.is_(None), Reminder.dropped_at.is_(None))
        assert [due.day for due in db.session.scalars(open_ones)] == [30]


def test_lan_hands_one_to_mai_who_hears_of_it_and_is_told_when_it_is_due(
    phone: FlaskClient, co_ba: uuid.UUID, house: House, phone_of: PhoneOf, mai: Actor, held: clock.HeldClock
) -> None:
    reminder = _set(phone, co_ba, when="tomorrow")
    assert "Trần Thị Mai" in phone.get(f"/reminders/{reminder}").text
    handed = phone.post(f"/reminders/{reminder}/handover", data={"person_id": str(mai.id)})
    assert handed.status_code == 303
    assert "Lan handed you something to do" in _tell(house)[0] or "Lan" in _tell(house)[0]
    held.move(timedelta(days=1))
    assert len(_tell(house)) == 2
    with house():
        assert {
            notice.person_id for notice in db.session.scalars(select(Notice).where(Notice.title.is_not(None)))
        } == {mai.id}
    assert "from Lan" in phone_of(mai).get("/reminders", headers=ENGLISH).text


def test_it_cannot_be_handed_to_a_stranger(
    phone: FlaskClient, house: House, outsider: Actor, lan: Actor
) -> None:
    reminder = _set(phone, when="tomorrow")
    for person in (str(outsider.id), "nobody", ""):
        assert phone.post(f"/reminders/{reminder}/handover", data={"person_id": person}).status_code == 422
    assert _look(house, reminder).person_id == lan.id


def test_who_lost_the_customer_is_told_what_to_do_and_not_at_whom(
    phone: FlaskClient, co_ba: uuid.UUID, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, co_ba, when="tomorrow")
    with house(), writing():
        db.session.scalars(select(Assignment)).one().ended_at = clock.now()
    held.move(timedelta(days=1))
    assert _tell(house) == ["Send Minh the quote"]
    with house():
        notice = db.session.scalars(select(Notice)).one()
        assert "Cô Ba" not in (notice.body or "")
        assert notice.path == f"/reminders/{reminder}"


def test_lists_show_what_is_due_what_comes_and_what_was_done(
    phone: FlaskClient, held: clock.HeldClock
) -> None:
    assert "Nothing is due" in phone.get("/reminders", headers=ENGLISH).text
    today, later, done = (
        _set(phone, when="later", text="A"),
        _set(phone, when="monday", text="B"),
        _set(phone, text="C"),
    )
    phone.post(f"/reminders/{done}/done")
    shown = {view: phone.get(f"/reminders?view={view}").text for view in ("due", "later", "done")}
    for view, reminder in {"due": today, "later": later, "done": done}.items():
        assert [other for other in shown if f"reminder-{reminder}" in shown[other]] == [view]
    assert f"reminder-{today}" in phone.get("/").text


def test_mai_sees_what_her_people_have_to_do_and_a_stranger_nothing(
    phone: FlaskClient, phone_of: PhoneOf, mai: Actor, lan: Actor, outsider: Actor
) -> None:
    reminder = _set(phone, when="later")
    assert f"reminder-{reminder}" in phone_of(mai).get(f"/reminders?person={lan.id}").text
    for person in (str(lan.id), "nobody"):
        assert phone_of(outsider).get(f"/reminders?person={person}").status_code == 404
    assert phone_of(outsider).get(f"/reminders/{reminder}").status_code == 404


def test_taken_away_by_a_slip_it_comes_back(phone: FlaskClient, house: House, held: clock.HeldClock) -> None:
    reminder = _set(phone, when="tomorrow")
    assert phone.post(f"/reminders/{reminder}/drop").status_code == 303
    held.move(timedelta(hours=1))
    assert phone.post(f"/reminders/{reminder}/restore").status_code == 303
    held.move(timedelta(days=1))
    assert _tell(house) == ["Send Minh the quote"]


def test_it_is_changed_and_told_at_its_new_moment_alone(
    phone: FlaskClient, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, when="tomorrow")
    edited = phone.get(f"/reminders/{reminder}/edit").text
    assert 'value="2026-11-21"' in edited
    sent = {"text": "Send Minh two quotes", "when": "other", "day": "2026-11-22", "time": "10:00"}
    assert phone.post(f"/reminders/{reminder}", data=sent).status_code == 303
    held.move(timedelta(days=1))
    assert _tell(house) == []
    held.move(timedelta(days=1, hours=1))
    assert _tell(house) == ["Send Minh two quotes"]


def test_one_that_is_late_keeps_its_moment_when_its_words_change(
    phone: FlaskClient, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, when="other", day="2026-11-21", time="10:00")
    held.move(timedelta(days=3))
    sent = {"text": "Still to send", "when": "other", "day": "2026-11-21", "time": "10:00"}
    assert phone.post(f"/reminders/{reminder}", data=sent).status_code == 303
    assert (_due(house, reminder), _look(house, reminder).text) == ("21 10:00", "Still to send")


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"text": "  "}, "Say what is to be done"),
        ({"text": "x" * 501}, "501 characters are too many"),
        ({"text": "x", "when": "other"}, "Choose a day"),
        ({"text": "x", "when": "other", "day": "2026-11-01"}, "That has passed"),
        ({"text": "x", "when": "other", "day": "2226-11-01"}, "ten years"),
        ({"text": "x", "when": "nonsense"}, "Choose a day"),
    ],
)
def test_what_cannot_be_meant_is_said_and_nothing_typed_is_lost(
    phone: FlaskClient, house: House, sent: dict[str, str], says: str
) -> None:
    answer = phone.post("/reminders", data=sent, headers=ENGLISH)
    assert answer.status_code == 422
    assert says in answer.text
    assert sent["text"].strip() in answer.text
    with house():
        assert db.session.scalars(select(Reminder)).all() == []


def test_a_moment_that_passed_while_the_phone_had_no_signal_is_due_at_once(
    phone: FlaskClient, house: House, held: clock.HeldClock
) -> None:
    held.move(timedelta(days=2))
    reminder = _set(phone, when="hour", client_at="2026-11-20T02:00:00Z")
    assert _due(house, reminder) == "20 10:00"
    assert _tell(house) == ["Send Minh the quote"]


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_a_clock_that_jumps_a_day_loses_and_repeats_nothing(
    phone: FlaskClient, house: House, held: clock.HeldClock, jump: timedelta
) -> None:
    _set(phone, when="tomorrow")
    held.move(jump)
    _tell(house)
    held.move(-jump)
    _tell(house)
    held.move(timedelta(days=1, minutes=1))
    assert _tell(house) == ["Send Minh the quote"]


def test_at_a_customers_put_away_it_is_still_there(
    phone: FlaskClient, co_ba: uuid.UUID, house: House, held: clock.HeldClock
) -> None:
    reminder = _set(phone, co_ba, when="later")
    with house(), writing():
        db.session.get_one(Customer, co_ba).archived_at = clock.now()
    assert f"reminder-{reminder}" in phone.get("/reminders").text
