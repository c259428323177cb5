"""Somebody leaves: what they looked after goes to others in one step; and they may come back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.accounts.roles import Role
from crmweb.audit import Entry
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.addressees import Addressee
from crmweb.followups.letters import prepared
from crmweb.followups.message_templates import EMAIL, MessageTemplate
from crmweb.followups.models import PLANNED, Followup
from crmweb.notifications import Delivery, Notice
from crmweb.reminders.models import DUE, Reminder
from crmweb.routes.cover import Cover
from crmweb.routes.models import Route
from crmweb.routes.plans import ADDED, Day
from crmweb.team.handing import HANDED
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.statements import counted

EVERY_DAY = 0b1111111
MAI = "mai@example.com"


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


@pytest.fixture
def lans(house: House, lan: Actor) -> list[uuid.UUID]:
    """Five shops of Lan's."""
    with house(), writing():
        return [shop(f"Shop {n}", lan, tier="A", at=(21.0285, 105.8542)) for n in range(5)]


@pytest.fixture
def route(house: House, lan: Actor, lans: list[uuid.UUID]) -> uuid.UUID:
    with house(), writing():
        return Route.lay(lan, weekdays=EVERY_DAY, at=clock.now(), customers=_customers(lans[:3])).id


def _customers(ids: list[uuid.UUID]) -> list[Customer]:
    return [db.session.get_one(Customer, each) for each in ids]


def _user(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def _leave(phone: FlaskClient, person: Actor, **fields: Any) -> Any:
    sent = {"taker": MAI, **fields}
    return phone.post(f"/admin/users/{person.id}/leaving", data=sent, headers=ENGLISH)


def _at_work(house: House, person: Actor) -> bool:
    with house():
        return _user(person).active


def _keepers(house: House, ids: list[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    with house():
        standing = select(Assignment.customer_id, Assignment.person_id).where(
            Assignment.customer_id.in_(ids), Assignment.ended_at.is_(None)
        )
        return {(row.customer_id, row.person_id) for row in db.session.execute(standing)}


def _planned(lan: Actor, customer: Customer, text: str, template: MessageTemplate | None = None) -> Followup:
    whom = Addressee(None, customer.name, None, "shop@example.com")
    letter = prepared(
        EMAIL, "Hello", text, whom=whom, customer=customer.name, writer=_user(lan), day=clock.now().date()
    )
    return Followup.plan(
        customer, whom, letter, by=lan, zone=lan.zone, at=clock.now(), due=clock.now() + timedelta(days=9),
        template_id=template.id if template else None,
    )  # fmt: skip


# --- handing over -------------------------------------------------------------------------------------


def test_two_taps_give_lans_customers_to_her_manager(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    page = tuans.get(f"/admin/users/{lan.id}/leaving", headers=ENGLISH).text
    assert f'value="{MAI}"' in page
    assert _leave(tuans, lan).status_code == 303
    assert _keepers(house, lans) == {(each, mai.id) for each in lans}
    assert not _at_work(house, lan)


def test_what_was_known_of_a_customer_goes_on(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor
) -> None:
    with house(), writing():
        visited = shop("Visited", lan, tier="A", visited_days_ago=2, at=(21.0, 105.8))
        before = db.session.scalars(select(Assignment)).one()
        last, due, cell = before.last_visit_at, before.next_due, before.cell
    _leave(tuans, lan, taker="hung@example.com")
    with house():
        now = db.session.scalars(select(Assignment).where(Assignment.person_id == hung.id)).one()
        assert (now.customer_id, now.last_visit_at, now.next_due, now.cell) == (visited, last, due, cell)
        entry = db.session.scalars(select(Event).where(Event.kind == "assignment.handed_over")).one()
        assert entry.payload["before"] == lan.name


def test_who_looked_after_one_already_keeps_their_own(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        soon = clock.today(hung.zone) + timedelta(days=9)
        _customers(lans)[0].assign(_user(hung), by=None, at=clock.now(), since=soon, until=soon)
    _leave(tuans, lan, taker="hung@example.com")
    with house():
        one = db.session.scalars(
            select(Assignment).where(Assignment.customer_id == lans[0], Assignment.ended_at.is_(None))
        ).one()
        assert one.active
        assert one.until is None


def test_routes_and_what_was_agreed_for_a_day_go_along(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor, lans: list[uuid.UUID], route: uuid.UUID
) -> None:
    with house(), writing():
        today = clock.today(lan.zone)
        day = today + timedelta(days=1)
        Day(hung.id, today).lay_down(at=clock.now())
        Day(lan.id, day).add(lans[4], at=clock.now(), why=ADDED)
    _leave(tuans, lan, taker="hung@example.com")
    with house():
        assert Day(hung.id, today).customer_ids() == lans[:3]
        assert Day(hung.id, day).customer_ids() == [*lans[:3], lans[4]]
        assert not Day(lan.id, day).customer_ids()
        assert db.session.get_one(Route, route).person_id == hung.id
        days = select(Assignment.next_route_day).where(
            Assignment.person_id == hung.id, Assignment.customer_id.in_(lans[:3])
        )
        assert None not in set(db.session.scalars(days))


def test_a_reminder_rings_at_its_new_person(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        due = clock.now() + timedelta(days=3)
        customer = _customers(lans)[0]
        reminder = Reminder.remind("Call", due_at=due, by=lan, at=clock.now(), customer=customer).id
    _leave(tuans, lan)
    with house():
        assert db.session.get_one(Reminder, reminder).person_id == mai.id
        told = db.session.scalars(select(Notice).where(Notice.kind == DUE)).one()
        assert (told.person_id, told.state, told.due_at) == (mai.id, "waiting", due)


def test_a_follow_up_goes_in_the_new_persons_name(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        template = MessageTemplate(name="Thanks", created_at=clock.now())
        template.say(EMAIL, subject="Hello", text="From {rep}")
        db.session.add(template)
        db.session.flush()
        customer = _customers(lans)[0]
        signed = _planned(lan, customer, "From {rep}", template).id
        plain = _planned(lan, customer, "Your order is ready").id
        named = _planned(lan, customer, "Ask for Lan at the door").id
    _leave(tuans, lan)
    with house():
        found = {each.id: each for each in db.session.scalars(select(Followup)).unique()}
        assert (found[signed].text, found[signed].person_id) == ("From Mai", mai.id)
        assert (found[plain].text, found[plain].state) == ("Your order is ready", PLANNED)
        assert (found[named].state, found[named].reason) == ("cancelled", "writer_gone")
        sent = {each.dedupe: each.payload for each in db.session.scalars(select(Delivery))}
        payload = sent[found[signed].delivery_dedupe]
        assert (payload["from_name"], payload["reply_to"]) == (mai.name, MAI)
        assert payload["text"].startswith("From Mai")
        assert sent[found[plain].delivery_dedupe]["from_name"] == mai.name
        entry = db.session.scalars(select(Event).where(Event.id == signed)).one()
        assert entry.payload["text"] == "From Mai"


def test_nothing_is_left_open_or_covered(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor, lans: list[uuid.UUID], route: uuid.UUID
) -> None:
    with house(), writing():
        Visit.check_in(_customers(lans)[0], by=lan, at=clock.now())
        today = clock.today(lan.zone)
        Cover(_user(lan), today, today + timedelta(days=5)).hand_to([_user(hung)], by=lan, at=clock.now())
    _leave(tuans, lan)
    with house():
        visit = db.session.scalars(select(Visit)).one()
        assert visit.ended == "estimated"
        covers = select(func.count(Assignment.id)).where(
            Assignment.stands_in_for_id.is_not(None), Assignment.ended_at.is_(None)
        )
        assert db.session.scalar(covers) == 0


def test_a_managers_people_get_another_one(
    tuans: FlaskClient, house: House, mai: Actor, lan: Actor, hung: Actor, binh: Actor
) -> None:
    _leave(tuans, mai, taker="binh@example.com")
    with house():
        assert {_user(each).manager_id for each in (lan, hung)} == {binh.id}
        assert Oversight.covers(binh.id, lan.id)


def test_one_of_them_can_lead_the_others(
    tuans: FlaskClient, house: House, mai: Actor, lan: Actor, hung: Actor
) -> None:
    with house(), writing():
        _user(hung).change_role("manager", by=None, at=clock.now())
    _leave(tuans, mai, taker="hung@example.com")
    with house():
        assert (_user(lan).manager_id, _user(hung).manager_id) == (hung.id, None)


def test_each_part_may_go_to_somebody_else(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, hung: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        reminder = Reminder.remind("Buy ink", due_at=clock.now(), by=lan, at=clock.now()).id
    _leave(tuans, lan, taker=MAI, customers="hung@example.com")
    assert _keepers(house, lans) == {(each, hung.id) for each in lans}
    with house():
        assert db.session.get_one(Reminder, reminder).person_id == mai.id


def test_what_is_about_anothers_customer_goes_to_that_other(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor, outsider: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, shop("Elsewhere", outsider))
        reminder = Reminder.remind("Call", due_at=clock.now(), by=lan, at=clock.now(), customer=customer).id
    _leave(tuans, lan, taker="hung@example.com")
    with house():
        assert db.session.get_one(Reminder, reminder).person_id == outsider.id


def test_each_taker_hears_of_it_once(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, hung: Actor, lans: list[uuid.UUID], route: uuid.UUID
) -> None:  # fmt: skip
    with house(), writing():
        for _ in range(3):
            Reminder.remind("Buy ink", due_at=clock.now(), by=lan, at=clock.now())
    _leave(tuans, lan, customers="hung@example.com")
    with house():
        notices = db.session.scalars(select(Notice).where(Notice.kind == HANDED))
        told = {each.person_id: each.payload for each in notices}
        assert told == {
            hung.id: {"person": lan.name, "customers": 5, "routes": 1},
            mai.id: {"person": lan.name, "reminders": 3},
        }


def test_the_audit_says_what_went_to_whom(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    _leave(tuans, lan)
    with house():
        left = db.session.scalars(select(Entry).where(Entry.action == "user.deactivated")).one()
        assert (left.values.after or {})["customers_to"] == str(mai.id)
        handed = db.session.scalars(select(Entry).where(Entry.action == "customers.handed_over")).one()
        assert handed.values.after == {"customers": 5}
    page = tuans.get(f"/admin/audit?about={lan.id}", headers=ENGLISH).text
    assert "Work handed over" in page
    assert mai.name in page


def _questions(ask: Callable[[], Any]) -> int:
    with counted() as asked:
        ask()
    return len(asked)


def test_three_hundred_customers_take_no_more_questions_than_thirty(
    app: Flask, tuans: FlaskClient, house: House, lan: Actor, hung: Actor
) -> None:
    def heap(person: Actor, many: int) -> None:
        with house(), writing():
            ids = [shop(f"{person.name} {n}", person, tier="A") for n in range(many)]
            Route.lay(person, weekdays=EVERY_DAY, at=clock.now(), customers=_customers(ids[: many // 10]))
            for each in _customers(ids[: many // 5]):
                Reminder.remind("Call", due_at=clock.now(), by=person, at=clock.now(), customer=each)
                _planned(person, each, "Your order is ready")

    heap(lan, 30)
    heap(hung, 330)
    few = _questions(lambda: _leave(tuans, lan))
    many = _questions(lambda: _leave(tuans, hung))
    assert not _at_work(house, hung)
    assert many <= few + 15


# --- refused ------------------------------------------------------------------------------------------


def _role(house: House, person: Actor, *rights: str) -> None:
    with house(), writing():
        role = Role.make(f"Role of {person.name}", rights, at=clock.now())
        _user(person).change_role(role.name, by=None, at=clock.now())


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"taker": ""}, "Say who takes over"),
        ({"taker": "nobody@example.com"}, "Nobody at work"),
        ({"taker": "lan@example.com"}, "That is who leaves"),
        ({"taker": "binh@example.com"}, "Nobody at work"),
        ({"taker": [MAI, "hung@example.com"]}, "one person only"),
        ({"customers": ["hung@example.com", MAI]}, "one person only"),
        ({"taker": "x" * 3000}, "254"),
    ],
)
def test_a_taker_who_cannot_be_is_refused_and_nothing_moves(
    tuans: FlaskClient, house: House, lan: Actor, binh: Actor, lans: list[uuid.UUID],
    fields: dict[str, Any], words: str,
) -> None:  # fmt: skip
    with house(), writing():
        _user(binh).deactivate(by=None, at=clock.now())
    answer = _leave(tuans, lan, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert _keepers(house, lans) == {(each, lan.id) for each in lans}
    assert _at_work(house, lan)


def test_who_visits_nobody_gets_no_customers(
    tuans: FlaskClient, house: House, lan: Actor, hung: Actor, lans: list[uuid.UUID]
) -> None:
    _role(house, hung, "customers:read:own")
    answer = _leave(tuans, lan, taker="hung@example.com")
    assert answer.status_code == 422
    assert "does not visit customers" in answer.text
    assert _at_work(house, lan)


def test_a_rep_does_not_get_people_to_lead(tuans: FlaskClient, house: House, mai: Actor) -> None:
    answer = _leave(tuans, mai, taker="khoi@example.com")
    assert answer.status_code == 422
    assert "does not lead people" in answer.text
    assert _at_work(house, mai)


def test_a_taker_who_would_not_see_the_customers_gets_no_word_of_them(
    tuans: FlaskClient, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        Reminder.remind("Call", due_at=clock.now(), by=lan, at=clock.now(), customer=_customers(lans)[0])
    answer = _leave(tuans, lan, reminders="hung@example.com")
    assert answer.status_code == 422
    assert "would not see these customers" in answer.text
    assert _keepers(house, lans) == {(each, lan.id) for each in lans}


def test_nobody_deactivates_themself(tuans: FlaskClient, house: House, tuan: Actor) -> None:
    assert _leave(tuans, tuan).status_code == 422
    assert "Ask another admin" in tuans.get(f"/admin/users/{tuan.id}/leaving", headers=ENGLISH).text
    assert _at_work(house, tuan)


@pytest.mark.parametrize("who", ["lan", "mai", "outsider"])
def test_only_who_manages_people_lets_somebody_leave(
    who: str, phone_of: PhoneOf, house: House, request: pytest.FixtureRequest, hung: Actor
) -> None:
    phone = phone_of(request.getfixturevalue(who))
    assert _leave(phone, hung).status_code == 403
    assert phone.get(f"/admin/users/{hung.id}/leaving").status_code == 403
    assert phone.post(f"/admin/users/{hung.id}/return").status_code == 403
    assert _at_work(house, hung)


def test_who_holds_more_rights_is_out_of_reach(
    phone_of: PhoneOf, house: House, binh: Actor, mai: Actor, tuan: Actor
) -> None:
    _role(house, binh, "users:manage", "customers:read:own")
    office = phone_of(binh)
    for person in (mai, tuan):
        assert office.get(f"/admin/users/{person.id}/leaving").status_code == 403
        assert _leave(office, person).status_code == 403
        assert office.post(f"/admin/users/{person.id}/return").status_code == 403
        assert _at_work(house, person)


def test_who_may_not_assign_customers_takes_none_to_themself(
    phone_of: PhoneOf, house: House, binh: Actor, lan: Actor, lans: list[uuid.UUID]
) -> None:
    rights = ("users:manage", "customers:read:own", "customers:write", "visits:write", "followups:write")
    _role(house, binh, *rights)
    answer = _leave(phone_of(binh), lan, taker="binh@example.com")
    assert answer.status_code == 422
    assert "Ask somebody whose role may" in answer.text
    assert _keepers(house, lans) == {(each, lan.id) for each in lans}


def test_a_second_send_changes_nothing(
    tuans: FlaskClient, house: House, lan: Actor, lans: list[uuid.UUID]
) -> None:
    key = {"Idempotency-Key": "leaving-1"}
    assert _leave(tuans, lan, **key).status_code == 303
    assert _leave(tuans, lan, **key).status_code == 303
    assert _leave(tuans, lan, taker="hung@example.com").status_code == 303
    with house():
        handed = select(func.count()).select_from(Entry).where(Entry.action == "user.deactivated")
        assert db.session.scalar(handed) == 1


# --- at once ------------------------------------------------------------------------------------------


def test_two_admins_at_once_leave_one_keeper_a_customer(
    phone_of: PhoneOf, house: House, tuan: Actor, lan: Actor, mai: Actor, hung: Actor, lans: list[uuid.UUID]
) -> None:
    phones = [phone_of(tuan) for _ in range(4)]
    with ThreadPoolExecutor(4) as crowd:
        takers = (MAI, "hung@example.com", MAI, "hung@example.com")
        answers = list(
            crowd.map(lambda pair: _leave(pair[0], lan, taker=pair[1]), zip(phones, takers, strict=True))
        )
    assert {answer.status_code for answer in answers} == {303}
    keepers = _keepers(house, lans)
    assert len(keepers) == len(lans)
    assert {person for _customer, person in keepers} <= {mai.id, hung.id}


def test_two_who_take_over_from_each_other_are_not_both_gone(
    phone_of: PhoneOf, house: House, tuan: Actor, lan: Actor, hung: Actor, lans: list[uuid.UUID]
) -> None:
    with house(), writing():
        shop("Hùng's", hung)
    pairs = [(phone_of(tuan), lan, "hung@example.com"), (phone_of(tuan), hung, "lan@example.com")]
    with ThreadPoolExecutor(2) as crowd:
        answers = list(crowd.map(lambda each: _leave(each[0], each[1], taker=each[2]), pairs))
    assert sorted(answer.status_code for answer in answers) == [303, 422]
    assert _at_work(house, lan) != _at_work(house, hung)


def test_two_admins_cannot_let_each_other_leave(
    phone_of: PhoneOf, house: House, tuan: Actor, binh: Actor
) -> None:
    with house(), writing():
        _user(binh).change_role("admin", by=None, at=clock.now())
    pairs = [(phone_of(tuan), binh), (phone_of(binh), tuan)]
    with ThreadPoolExecutor(2) as crowd:
        list(crowd.map(lambda each: _leave(each[0], each[1], taker=MAI), pairs))
    assert _at_work(house, tuan) or _at_work(house, binh)


# --- coming back --------------------------------------------------------------------------------------


def test_who_comes_back_has_nothing_of_what_went(
    tuans: FlaskClient, phone_of: PhoneOf, house: House, lan: Actor, mai: Actor, lans: list[uuid.UUID]
) -> None:
    phone = phone_of(lan)
    _leave(tuans, lan)
    assert "What was handed over stays" in tuans.get(f"/admin/users/{lan.id}", headers=ENGLISH).text
    assert tuans.post(f"/admin/users/{lan.id}/return").status_code == 303
    assert tuans.post(f"/admin/users/{lan.id}/return").status_code == 303
    assert _at_work(house, lan)
    assert _keepers(house, lans) == {(each, mai.id) for each in lans}
    assert phone.get("/customers").status_code in (302, 303, 401)
    with house():
        back = select(func.count()).select_from(Entry).where(Entry.action == "user.came_back")
        assert db.session.scalar(back) == 1
