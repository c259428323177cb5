"""Saying what came of a visit: in one tap or in full, taken back, said anew, sent twice."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.customers.proposals import Proposal
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.routes.models import Route
from crmweb.routes.plans import Day, Stop
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.visits.conftest import NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]


@pytest.fixture
def here(check_in: CheckIn, co_ba: uuid.UUID) -> uuid.UUID:
    """Lan is at Cô Ba's, where the phone said so."""
    answer = check_in(co_ba, **NEAR, fixed_at=clock.now().isoformat())
    return answer.visit_id  # type: ignore[attr-defined, no-any-return]


def _due(house: House, customer: uuid.UUID) -> object:
    with house():
        return db.session.scalar(select(Assignment.next_due).where(Assignment.customer_id == customer))


def test_one_tap_saves_with_the_rhythm_as_next_step(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find, house: House, co_ba: uuid.UUID, lan: Actor
) -> None:
    answer = lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    assert (answer.status_code, answer.location) == (303, f"/visits/{here}")
    page = lans_phone.get(f"/visits/{here}").text
    assert f'action="/visits/{here}/reopen"' in page
    assert 'data-stays="10"' in page
    assert (visit(here).outcome, visit(here).ended) == ("interested", "finished")
    assert _due(house, co_ba) == lan.today(clock.now()) + timedelta(days=14)


def test_the_sheet_says_which_day_comes_next_before_anything_is_saved(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, co_ba: uuid.UUID, lan: Actor
) -> None:
    with house(), writing():
        person = db.session.get_one(User, lan.id)
        customer = db.session.get_one(Customer, co_ba)
        Route.lay(person, weekdays=0b1111111, at=clock.now(), customers=[customer])
    page = lans_phone.get(f"/visits/{here}/finish", headers={"Accept-Language": "en"}).text
    tomorrow = lan.today(clock.now()) + timedelta(days=1)
    assert f"Route day <small>{tomorrow:%a} {tomorrow.day} {tomorrow:%b}</small>" in page
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    assert _due(house, co_ba) == tomorrow


def test_none_is_a_next_step_of_its_own_and_leaves_the_rhythm(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find, house: House, co_ba: uuid.UUID, lan: Actor
) -> None:
    assert 'name="next" value="none"' in lans_phone.get(f"/visits/{here}/finish").text
    tomorrow = lan.today(clock.now()) + timedelta(days=1)
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested", "next": tomorrow.isoformat()})
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested", "next": "none"})
    assert (visit(here).next_on, visit(here).no_next) == (None, True)
    with house():
        assert Day(lan.id, tomorrow).customer_ids() == []
    assert _due(house, co_ba) == lan.today(clock.now()) + timedelta(days=14)
    page = lans_phone.get(f"/visits/{here}", headers=ENGLISH).text
    assert "<dt>Next step</dt><dd>None</dd>" in page
    assert "no next step" in lans_phone.get(f"/customers/{co_ba}/timeline", headers=ENGLISH).text
    lans_phone.post(f"/visits/{here}/reopen")
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    assert visit(here).no_next is False


def test_a_full_result_keeps_all_that_was_told(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, visit: Find, co_ba: uuid.UUID, lan: Actor
) -> None:
    with house(), writing():
        owner = Contact.named("Nguyễn Thị Ba", at=clock.now())
        db.session.add(owner)
        db.session.get_one(Customer, co_ba).name_contact(owner, "owner", by=lan, at=clock.now())
        owner_id = owner.id
    friday = lan.today(clock.now()) + timedelta(days=9)
    sent = {
        "outcome": "order_taken", "note": "Lấy thêm 3 thùng trà lài.", "attendee": str(owner_id),
        "next": "other", "next_other": friday.isoformat(),
        "promise": "Báo giá", "promise_by": "us", "promise_until": friday.isoformat(),
    }  # fmt: skip
    assert lans_phone.post(f"/visits/{here}/finish", data=sent).status_code == 303
    page = lans_phone.get(f"/visits/{here}", headers={"Accept-Language": "en"}).text
    for word in ("Order taken", "Lấy thêm 3 thùng", "Nguyễn Thị Ba", "Báo giá"):
        assert word in page
    assert visit(here).next_on == friday
    with house():
        assert Day(lan.id, friday).customer_ids() == [co_ba]
        told = db.session.scalars(select(Event.payload).where(Event.id == here)).one()
        assert told["attendees"] == ["Nguyễn Thị Ba"]


@pytest.mark.parametrize(
    ("said", "lay", "comes"),
    [("tomorrow", 0, 1), ("two_weeks", 0, 14), ("two_weeks", 3, 11), ("tomorrow", 1, 0), ("tomorrow", 3, 0)],
)
def test_a_next_step_in_words_counts_from_the_day_it_was_said_and_is_never_past(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find, house: House, lan: Actor, co_ba: uuid.UUID,
    said: str, lay: int, comes: int,
) -> None:  # fmt: skip
    told = {"outcome": "interested", "next": said, "client_at": clock.now().isoformat(), "promise": "Báo giá"}
    told |= {"promise_by": "us", "promise_until": lan.today(clock.now()).isoformat()}
    with clock.frozen(clock.now() + timedelta(days=lay)):
        answer = lans_phone.post(f"/visits/{here}/finish", data=told, headers={"Idempotency-Key": "later"})
        assert answer.status_code == 200
        day = lan.today(clock.now()) + timedelta(days=comes)
        assert visit(here).next_on == day
        with house():
            assert Day(lan.id, day).customer_ids() == [co_ba]


def test_another_day_without_a_day_is_asked_for(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    sent = {"outcome": "interested", "next": "other", "next_other": ""}
    answer = lans_phone.post(f"/visits/{here}/finish", data=sent, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert "Choose the day of the next step." in answer.text
    assert visit(here).outcome is None


def test_a_wrong_day_is_said_beside_it_and_nothing_typed_is_lost(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    sent = {
        "outcome": "interested", "note": "Rất quan tâm", "next": "other", "next_other": "2001-01-01",
        "promise": "Báo giá", "promise_by": "them", "promise_until": "",
    }  # fmt: skip
    answer = lans_phone.post(f"/visits/{here}/finish", data=sent, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert 'aria-describedby="next-error"' in answer.text
    for kept in ("Rất quan tâm", "2001-01-01", "Báo giá", 'value="other" checked', 'value="them" selected'):
        assert kept in answer.text
    assert visit(here).outcome is None


@pytest.mark.parametrize("beside", [{}, {"promise_by": "us"}, {"promise_until": ""}])
def test_a_promise_with_nothing_beside_it_is_ours_and_for_a_week(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor, beside: dict[str, str]
) -> None:
    sent = {"outcome": "interested", "promise": "Gửi báo giá", **beside}
    assert lans_phone.post(f"/visits/{here}/finish", data=sent).status_code == 303
    with house():
        made = db.session.scalars(select(Reminder)).one()
        assert (made.text, made.promised_by) == ("Gửi báo giá", "us")
        assert lan.today(made.due_at) == lan.today(clock.now()) + timedelta(days=7)


@pytest.mark.parametrize(
    ("sent", "word"),
    [
        ({}, "Choose what came of it"),
        ({"outcome": "won the lottery"}, "Choose what came of it"),
        ({"outcome": "interested", "note": "x" * 10_001}, "10000"),
        ({"outcome": "interested", "next": "2500-01-01"}, "a year from now"),
        ({"outcome": "interested", "attendee": "everybody"}, "not known"),
        ({"outcome": "interested", "promise": "p" * 501, "promise_by": "us", "promise_until": ""}, "500"),
        (
            {"outcome": "interested", "promise": "p", "promise_by": "us", "promise_until": "soon"},
            "looks like",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find, sent: dict[str, str], word: str
) -> None:
    answer = lans_phone.post(f"/visits/{here}/finish", data=sent, headers={"Accept-Language": "en"})
    assert answer.status_code == 422
    assert word in answer.text
    assert visit(here).outcome is None


def test_ten_thousand_characters_that_turn_around_are_kept_without_the_turning(
    here: uuid.UUID, lans_phone: FlaskClient, house: House
) -> None:
    text = "\u202egạo nếp\n" + "ơ" * 9_990
    assert (
        lans_phone.post(f"/visits/{here}/finish", data={"outcome": "no_order", "note": text}).status_code
        == 303
    )
    with house():
        assert db.session.scalars(select(Note.text)).one() == text[1:]


def test_a_null_character_is_left_out(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "no_order", "note": "gạo\0 nếp"})
    with house():
        assert db.session.scalars(select(Note.text)).one() == "gạo nếp"


def test_a_double_tap_finishes_once(here: uuid.UUID, lans_phone: FlaskClient, house: House) -> None:
    sent = {
        "outcome": "interested",
        "note": "Hai lần",
        "promise": "Báo giá",
        "promise_by": "us",
        "promise_until": "",
    }
    for _tap in range(2):
        answer = lans_phone.post(f"/visits/{here}/finish", data=sent, headers={"Idempotency-Key": "one tap"})
        assert answer.status_code == 200
    with house():
        assert db.session.scalar(select(func.count(Note.id))) == 1
        assert db.session.scalar(select(func.count(Reminder.id))) == 1


def test_going_back_and_saying_it_anew_takes_the_place_of_what_was_said(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, visit: Find, lan: Actor
) -> None:
    day = [(lan.today(clock.now()) + timedelta(days=ahead)).isoformat() for ahead in (1, 2)]
    same = {"note": "Như nhau", "promise": "Báo giá", "promise_by": "us", "promise_until": ""}
    for outcome, next_on in (("interested", day[0]), ("order_taken", day[1])):
        lans_phone.post(f"/visits/{here}/finish", data={"outcome": outcome, "next": next_on, **same})
    assert visit(here).outcome == "order_taken"
    with house():
        assert db.session.scalar(select(func.count(Note.id))) == 1
        assert len(db.session.scalars(select(Reminder).where(Reminder.dropped_at.is_(None))).all()) == 1
        assert [stop.day.isoformat() for stop in db.session.scalars(select(Stop))] == day[1:]


def test_back_to_the_sheet_of_a_finished_visit_leads_to_the_result(
    here: uuid.UUID, lans_phone: FlaskClient
) -> None:
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    answer = lans_phone.get(f"/visits/{here}/finish")
    assert (answer.status_code, answer.location) == (303, f"/visits/{here}")


def test_who_is_gone_for_good_has_no_next_step_by_itself(here: uuid.UUID, lans_phone: FlaskClient) -> None:
    for outcome, shown in (("interested", True), ("gone", False)):
        lans_phone.post(f"/visits/{here}/finish", data={"outcome": outcome})
        assert ("<dt>Next step</dt>" in lans_phone.get(f"/visits/{here}", headers=ENGLISH).text) is shown


def test_undo_takes_back_the_result_with_all_that_followed(
    here: uuid.UUID, lans_phone: FlaskClient, house: House, visit: Find, co_ba: uuid.UUID, lan: Actor
) -> None:
    before, tomorrow = _due(house, co_ba), lan.today(clock.now()) + timedelta(days=1)
    sent = {
        "outcome": "gone", "next": tomorrow.isoformat(), "promise": "Báo giá", "promise_by": "us", "promise_until": "",
    }  # fmt: skip
    lans_phone.post(f"/visits/{here}/finish", data=sent)
    assert lans_phone.post(f"/visits/{here}/reopen").status_code == 303
    found = visit(here)
    assert (found.outcome, found.ended_at, found.verdict) == (None, None, "on_site")
    assert _due(house, co_ba) == before
    with house():
        assert db.session.scalars(select(Proposal)).all() == []
        assert db.session.scalars(select(Reminder).where(Reminder.dropped_at.is_(None))).all() == []
        assert Day(lan.id, tomorrow).customer_ids() == []
        assert "promise.taken_back" in db.session.scalars(select(Event.kind)).all()


def test_a_result_can_be_changed_for_a_day_and_then_stays(
    here: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    with clock.frozen(clock.now()) as held:
        lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
        held.move(timedelta(hours=24))
        assert f"/visits/{here}/reopen" in lans_phone.get(f"/visits/{here}").text
        held.move(timedelta(seconds=1))
        assert f"/visits/{here}/reopen" not in lans_phone.get(f"/visits/{here}").text
        for asked, sent in (("reopen", {}), ("finish", {"outcome": "no_order"})):
            late = lans_phone.post(f"/visits/{here}/{asked}", data=sent, headers=ENGLISH)
            assert late.status_code == 409
            assert "more than a day old" in late.text
    assert visit(here).outcome == "interested"


def test_a_result_that_came_late_can_still_be_changed(
    check_in: CheckIn, here: uuid.UUID, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    check_in(co_ba)
    with clock.frozen(clock.now() + timedelta(days=3)):
        lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
        assert lans_phone.post(f"/visits/{here}/reopen").status_code == 303
    assert visit(here).outcome is None


def test_a_closed_door_by_mistake_becomes_a_visit_again(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    visit_id = check_in(co_ba, outcome="owner_away", **NEAR).visit_id  # type: ignore[attr-defined]
    assert (visit(visit_id).kind, visit(visit_id).outcome) == ("closed", "owner_away")
    lans_phone.post(f"/visits/{visit_id}/reopen")
    assert (visit(visit_id).kind, visit(visit_id).ended_at) == ("in_person", None)


def test_undo_after_going_on_leaves_one_visit_open(
    here: uuid.UUID, check_in: CheckIn, lans_phone: FlaskClient, house: House, lan: Actor, visit: Find
) -> None:
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    with house(), writing():
        next_one = shop("Đại lý Minh Tâm", lan)
    there = check_in(next_one).visit_id  # type: ignore[attr-defined]
    lans_phone.post(f"/visits/{here}/reopen")
    assert (visit(here).ended, visit(here).outcome) == ("estimated", None)
    assert visit(there).ended_at is None


def test_a_visit_that_was_left_is_asked_its_result_the_same_way(
    here: uuid.UUID, check_in: CheckIn, lans_phone: FlaskClient, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        next_one = shop("Đại lý Minh Tâm", lan)
    check_in(next_one)
    page = lans_phone.get(f"/visits/{here}", headers={"Accept-Language": "en"}).text
    assert "What came of this visit?" in page
    assert f'href="/visits/{here}/finish"' in page
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "no_order"})
    assert (visit(here).ended, visit(here).outcome, visit(here).minutes) == ("estimated", "no_order", None)


def test_a_place_that_comes_after_the_result_does_not_forget_who_was_there(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor
) -> None:
    visit_id = check_in(co_ba).visit_id  # type: ignore[attr-defined]
    with house(), writing():
        owner = Contact.named("Chị Ba", at=clock.now())
        db.session.add(owner)
        db.session.get_one(Customer, co_ba).name_contact(owner, "owner", by=lan, at=clock.now())
        owner_id = str(owner.id)
    lans_phone.post(f"/visits/{visit_id}/finish", data={"outcome": "interested", "attendee": owner_id})
    lans_phone.post(f"/visits/{visit_id}/place", data={**NEAR, "fixed_at": clock.now().isoformat()})
    with house():
        told = db.session.scalars(select(Event.payload).where(Event.id == visit_id)).one()
    assert (told["verdict"], told["attendees"]) == ("on_site", ["Chị Ba"])


def test_nobody_else_finishes_lans_visit(
    here: uuid.UUID, phone_of: PhoneOf, mai: Actor, outsider: Actor, visit: Find
) -> None:
    for path in ("finish", "reopen", "why", "place"):
        assert phone_of(mai).post(f"/visits/{here}/{path}", data={"outcome": "no_order"}).status_code == 403
        assert phone_of(outsider).post(f"/visits/{here}/{path}").status_code == 404
    assert phone_of(mai).get(f"/visits/{here}/finish").status_code == 403
    assert visit(here).outcome is None
