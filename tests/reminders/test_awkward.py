"""Reminders at awkward moments: the shop is another's, the phone was offline, two people, a visit that tells late."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.notifications import Notice
from crmweb.reminders.models import Reminder
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

NINE = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
"""A Wednesday, nine in the morning for Lan."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Find = Callable[[uuid.UUID], Reminder]


@pytest.fixture
def held() -> Iterator[clock.HeldClock]:
    with clock.frozen(NINE) as held:
        yield held


@pytest.fixture
def co_ba(house: House, lan: Actor, held: clock.HeldClock) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan)


@pytest.fixture
def call(house: House, lan: Actor, co_ba: uuid.UUID) -> uuid.UUID:
    """Lan is to call Cô Ba; it fell due this moment."""
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        return Reminder.remind("Gọi chị Ba", due_at=NINE, by=lan, at=clock.now(), customer=customer).id


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor, held: clock.HeldClock) -> FlaskClient:
    return phone_of(lan)


@pytest.fixture
def find(house: House) -> Find:
    def one(id: uuid.UUID) -> Reminder:
        with house():
            return db.session.get_one(Reminder, id)

    return one


@pytest.fixture
def gone_to_hung(house: House, co_ba: uuid.UUID, call: uuid.UUID, hung: Actor) -> None:
    """The shop is Hùng's now; what Lan wanted to be reminded of stays hers."""
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        customer.assignments[0].end(by=None, at=clock.now())
        Assignment.between(customer, db.session.get_one(User, hung.id), at=clock.now())


@pytest.fixture
def beside_hung(house: House, co_ba: uuid.UUID, call: uuid.UUID, hung: Actor) -> None:
    """Hùng looks after another line there, and sees what is to be done."""
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        Assignment.between(customer, db.session.get_one(User, hung.id), line="Cà phê", at=clock.now())


def _remind(house: House, by: Actor, text: str, **more: object) -> uuid.UUID:
    with house(), writing():
        return Reminder.remind(text, due_at=NINE, by=by, at=clock.now(), **more).id  # type: ignore[arg-type]


def _post(phone: FlaskClient, reminder: uuid.UUID, act: str, **fields: str) -> int:
    return phone.post(f"/reminders/{reminder}/{act}".rstrip("/"), data=fields, headers=ENGLISH).status_code


def _visit(house: House, by: Actor, customer: uuid.UUID, kind: str = "in_person") -> uuid.UUID:
    with house(), writing():
        found = db.session.get_one(Customer, customer)
        return Visit.check_in(found, by=by, at=clock.now(), kind=kind).id


# --- the shop is another's --------------------------------------------------------------------------


@pytest.mark.usefixtures("gone_to_hung")
def test_lan_still_sees_what_she_has_to_do_and_not_at_whom(phone: FlaskClient, call: uuid.UUID) -> None:
    for address in ("/", "/reminders", f"/reminders/{call}"):
        shown = phone.get(address, headers=ENGLISH).text
        assert f'id="reminder-{call}"' in shown, address
        assert "no longer yours" in shown
        assert "Tạp hóa Cô Ba" not in shown


@pytest.mark.usefixtures("gone_to_hung")
def test_lan_changes_it_and_hands_it_on_all_the_same(
    phone: FlaskClient, call: uuid.UUID, find: Find, hung: Actor
) -> None:
    assert _post(phone, call, "", text="Gọi chị Ba", when="tomorrow") == 303
    assert find(call).due_at == NINE + DAY
    assert _post(phone, call, "snooze", to="visit") == 303
    assert _post(phone, call, "handover", person_id=str(hung.id)) == 303
    assert find(call).person_id == hung.id


def test_at_a_customers_put_away_the_page_says_so(
    phone: FlaskClient, co_ba: uuid.UUID, call: uuid.UUID
) -> None:
    phone.post(f"/customers/{co_ba}/archive")
    assert "put away" in phone.get(f"/reminders/{call}", headers=ENGLISH).text


# --- who may ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("beside_hung")
@pytest.mark.parametrize("act", ["snooze", "handover", "drop", "restore", "edit", ""])
def test_who_only_sees_the_shop_may_tick_and_no_more(
    phone_of: PhoneOf, call: uuid.UUID, hung: Actor, lan: Actor, find: Find, act: str, house: House
) -> None:
    phone, fields = phone_of(hung), {"text": "x", "when": "tomorrow", "person_id": str(hung.id)}
    address = f"/reminders/{call}/edit"
    status = phone.get(address).status_code if act == "edit" else _post(phone, call, act, **fields)
    assert status == 403
    assert "/snooze" not in phone.get(f"/reminders/{call}").text
    assert _post(phone, call, "done") == 303
    assert find(call).done_by_id == hung.id
    with house():  # Lan hears nothing of it any more
        assert db.session.scalars(select(Notice.state)).all() == ["dropped"]


def test_mai_hands_it_only_to_who_may_see_the_shop(
    phone_of: PhoneOf, call: uuid.UUID, mai: Actor, hung: Actor, find: Find, lan: Actor
) -> None:
    assert hung.name not in phone_of(mai).get(f"/reminders/{call}").text
    assert _post(phone_of(mai), call, "handover", person_id=str(hung.id)) == 422
    assert find(call).person_id == lan.id


def test_what_is_about_nobody_goes_to_the_team(
    phone: FlaskClient, phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, outsider: Actor, find: Find
) -> None:
    wall = _remind(house, lan, "In catalog")
    assert _post(phone, wall, "handover", person_id=str(outsider.id)) == 422
    assert phone_of(hung).get(f"/reminders/{wall}").status_code == 404
    assert _post(phone, wall, "handover", person_id=str(hung.id)) == 303
    assert find(wall).person_id == hung.id
    assert phone.get(f"/reminders/{wall}").status_code == 404


def test_what_somebody_left_behind_mai_finds_and_hands_on(
    phone_of: PhoneOf, house: House, hung: Actor, mai: Actor, lan: Actor, find: Find
) -> None:
    task = _remind(house, hung, "Gửi hợp đồng")
    with house(), writing():
        db.session.get_one(User, hung.id).deactivated_at = clock.now()
    assert f'id="reminder-{task}"' in phone_of(mai).get("/reminders?person=team").text
    assert _post(phone_of(mai), task, "handover", person_id=str(lan.id)) == 303
    assert find(task).person_id == lan.id


# --- the next visit ---------------------------------------------------------------------------------


def test_a_call_is_not_the_visit_that_it_waits_for(
    phone: FlaskClient, house: House, lan: Actor, co_ba: uuid.UUID, call: uuid.UUID, find: Find
) -> None:
    _post(phone, call, "snooze", to="visit")
    _visit(house, lan, co_ba, kind="phone")
    assert find(call).waits_for_visit
    _visit(house, lan, co_ba)
    assert not find(call).waits_for_visit


def test_put_off_during_a_visit_it_waits_for_the_next(
    phone: FlaskClient, house: House, lan: Actor, co_ba: uuid.UUID, call: uuid.UUID, find: Find
) -> None:
    visit = _visit(house, lan, co_ba)
    _post(phone, call, "snooze", to="visit")
    phone.post(f"/visits/{visit}/place", data={"lat": "21.02", "lng": "105.85", "accuracy_m": "10"})
    assert find(call).waits_for_visit


def test_put_off_on_its_route_day_it_does_not_come_back_the_same_moment(
    phone: FlaskClient, house: House, call: uuid.UUID, find: Find
) -> None:
    with house(), writing():
        db.session.scalars(select(Assignment)).one().next_route_day = NINE.date()
    _post(phone, call, "snooze", to="visit")
    assert find(call).due_at == NINE + DAY


def test_a_result_said_anew_takes_no_reminder_along(
    phone: FlaskClient, house: House, lan: Actor, co_ba: uuid.UUID
) -> None:
    visit = _visit(house, lan, co_ba)
    assert f"/customers/{co_ba}/reminders/new?cause_id={visit}" in phone.get(f"/visits/{visit}").text
    asked = {"text": "Gọi kho", "when": "tomorrow", "cause_id": str(visit)}
    phone.post(f"/customers/{co_ba}/reminders", data=asked)
    phone.post(f"/visits/{visit}/finish", data={"outcome": "no_order"})
    phone.post(f"/visits/{visit}/reopen")
    with house():
        assert db.session.scalars(select(Reminder)).one().is_open


def test_from_a_note_its_words_stand_there_already(
    phone: FlaskClient, house: House, co_ba: uuid.UUID
) -> None:
    with clock.frozen(datetime.now(UTC)):
        note = new_id()
        phone.post(f"/customers/{co_ba}/notes", data={"id": str(note), "text": "Hỏi giá\ntrà lài"})
        assert f"/reminders/new?cause_id={note}" in phone.get(f"/customers/{co_ba}").text
        form = phone.get(f"/customers/{co_ba}/reminders/new?cause_id={note}").text
        assert "Hỏi giá trà lài</textarea>" in form
        assert f'name="cause_id" value="{note}"' in form


# --- what repeats -----------------------------------------------------------------------------------


def _open_days(house: House) -> list[str]:
    with house():
        rows = db.session.scalars(select(Reminder).order_by(Reminder.due_at)).all()
        return [f"{each.due_at + 7 * HOUR:%d %H:%M}" for each in rows if each.is_open]


def test_ticked_offline_it_comes_again_after_now_and_not_in_between(
    phone: FlaskClient, house: House, lan: Actor, held: clock.HeldClock
) -> None:
    daily = _remind(house, lan, "Chốt đơn", repeats="daily")
    ticked = clock.now().isoformat()
    held.move(3 * DAY + HOUR)
    _post(phone, daily, "done", client_at=ticked)
    assert _open_days(house) == ["29 09:00"]


def test_put_off_it_comes_again_on_its_own_day_at_its_own_hour(
    phone: FlaskClient, house: House, lan: Actor, held: clock.HeldClock
) -> None:
    weekly = _remind(house, lan, "Đếm tồn kho", repeats="weekly")
    _post(phone, weekly, "snooze", day="2026-11-27", time="15:00")
    held.move(3 * DAY)
    _post(phone, weekly, "done")
    assert _open_days(house) == ["02 09:00"]


def test_from_a_page_that_is_old_nothing_comes_back_to_life(
    phone: FlaskClient, house: House, lan: Actor
) -> None:
    daily = _remind(house, lan, "Chốt đơn", repeats="daily")
    _post(phone, daily, "drop")
    _post(phone, daily, "done")
    assert _open_days(house) == []


def test_the_lists_are_a_tap_away_also_when_nothing_is_due(phone: FlaskClient) -> None:
    assert 'href="/reminders"' in phone.get("/").text
    assert 'href="/reminders"' in phone.get("/settings").text
