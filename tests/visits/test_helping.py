"""A visit to a teammate's shop, found through the warning of a duplicate: its people are told."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.notifications import Delivery, Notice
from crmweb.notifications.choices import NotificationChoices
from crmweb.notifications.jobs import deliver
from crmweb.visits.helping import helped_lately, tell_its_people
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop
from tests.visits.conftest import NEAR, CheckIn

LEAD = {"here": "1", "status": "lead", "name": "tap hoa co ba", **NEAR}


def add(phone: FlaskClient, **fields: str) -> str:
    answer = phone.post("/customers", data={**LEAD, **fields}, headers=ENGLISH)
    assert answer.status_code in (303, 422)
    return answer.text if answer.status_code == 422 else answer.headers["Location"]


def test_hung_sees_only_name_and_person_of_the_twin_and_may_log_a_visit(
    phone_of: PhoneOf, hung: Actor, co_ba: uuid.UUID
) -> None:
    warned = add(phone_of(hung))
    assert "Tạp hóa Cô Ba · Nguyễn Thị Lan" in warned
    assert f'href="/customers/{co_ba}"' not in warned
    assert f'action="/customers/{co_ba}/visits"' in warned
    assert 'name="lat" value="21.0286"' in warned
    for page in ("", "/timeline", "/edit", "/notes/new"):
        assert phone_of(hung).get(f"/customers/{co_ba}{page}").status_code == 404


def test_who_answers_for_a_twin_is_whoever_is_responsible(
    phone_of: PhoneOf, mai: Actor, hung: Actor, co_ba: uuid.UUID, house: House
) -> None:
    """And not who stands beside them for a line of goods."""
    with house(), writing():
        beside = db.session.get_one(User, hung.id)
        Assignment.between(db.session.get_one(Customer, co_ba), beside, line="Khách lớn", at=clock.now())
    assert "Tạp hóa Cô Ba · Nguyễn Thị Lan" in add(phone_of(mai))


def test_a_chain_of_many_shops_is_known_at_this_door(
    phone_of: PhoneOf, hung: Actor, lan: Actor, co_ba: uuid.UUID, house: House
) -> None:
    with house(), writing():
        for number in range(60):
            older = shop("Tạp hóa Cô Ba", lan, at=(10 + number / 100, 106.7))
            db.session.get_one(Customer, older).assignments[0].since -= timedelta(days=1)
    assert f'action="/customers/{co_ba}/visits"' in add(phone_of(hung))


def test_lan_is_led_to_her_own_shop_instead(phone_of: PhoneOf, lan: Actor, co_ba: uuid.UUID) -> None:
    warned = add(phone_of(lan))
    assert f'href="/customers/{co_ba}"' in warned
    assert "Log a visit there" not in warned


def test_another_team_hears_nothing_of_it(phone_of: PhoneOf, outsider: Actor, co_ba: uuid.UUID) -> None:
    assert add(phone_of(outsider)).startswith("/customers/")


def test_the_usual_form_offers_the_visit_too(phone_of: PhoneOf, hung: Actor, co_ba: uuid.UUID) -> None:
    answer = phone_of(hung).post(
        "/customers", data={"name": "tap hoa co ba", "kind": "shop", **NEAR}, headers=ENGLISH
    )
    assert f'form="help-{co_ba}"' in answer.text


def _set_out(house: House) -> None:
    """What was filed is sent."""
    with house():
        filed = db.session.scalars(select(Delivery.id)).all()
    with house():
        deliver(*(delivery.hex for delivery in filed))


def test_lan_is_told_once_in_her_language(
    check_in: CheckIn, phone_of: PhoneOf, hung: Actor, lan: Actor, co_ba: uuid.UUID, house: House
) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).locale = "vi"
        db.session.add(NotificationChoices(person_id=lan.id, channels=["email"]))  # and no quiet hours
    helped = check_in(co_ba, phone=phone_of(hung))
    again = check_in(co_ba, phone=phone_of(hung), id=helped.visit_id)  # type: ignore[attr-defined]
    assert (helped.status_code, again.status_code) == (201, 422)  # another client_at under the same key
    _set_out(house)
    with house():
        (mail,) = db.session.scalars(select(Delivery).where(Delivery.kind == "email"))
        assert mail.recipient == "lan@example.com"
        assert mail.payload["subject"] == "Lê Văn Hùng đã ghé điểm bán Tạp hóa Cô Ba của bạn"


def test_her_own_visit_tells_nobody(check_in: CheckIn, co_ba: uuid.UUID, house: House) -> None:
    check_in(co_ba)
    with house():
        assert db.session.scalars(select(Delivery)).all() == []


def test_who_has_no_address_is_told_on_today(
    check_in: CheckIn, phone_of: PhoneOf, hung: Actor, lan: Actor, mai: Actor, co_ba: uuid.UUID, house: House,
    acting: Acting,
) -> None:  # fmt: skip
    with house(), writing():
        db.session.get_one(User, lan.id).email = None
        db.session.add(NotificationChoices(person_id=lan.id, channels=["email"]))
    visit_id = check_in(co_ba, phone=phone_of(hung)).visit_id  # type: ignore[attr-defined]
    week_ago = clock.now() - timedelta(days=7)
    _set_out(house)
    with house():
        assert db.session.scalars(select(Notice.state)).all() == ["unreached"]
    with acting(lan):
        (news,) = helped_lately(lan.id, week_ago)
        assert (news.visit_id, news.customer_id, news.visitor) == (visit_id, co_ba, hung.name)
        assert helped_lately(lan.id, clock.now()) == []
    for who in (hung, mai):
        with acting(who):
            assert helped_lately(who.id, week_ago) == []


def test_nobody_is_helped_at_a_shop_that_is_nobodys_yet(
    phone_of: PhoneOf, hung: Actor, co_ba: uuid.UUID, house: House, lan: Actor
) -> None:
    """Lan begins there next week; until then a helper's visit would be refused, so none is offered."""
    with house(), writing():
        db.session.get_one(Customer, co_ba).assignments[0].started_at = None
    warned = add(phone_of(hung))
    assert "Nguyễn Thị Lan" in warned
    assert "Log a visit there" not in warned


def test_the_visit_of_a_helper_is_hungs_and_leaves_lans_rhythm(
    check_in: CheckIn, phone_of: PhoneOf, hung: Actor, co_ba: uuid.UUID, house: House
) -> None:
    check_in(co_ba, phone=phone_of(hung), kind="closed", outcome="closed")
    with house():
        visit = db.session.scalars(select(Visit)).one()
        assert (visit.person_id, visit.helper) == (hung.id, True)
        assert db.session.get_one(Customer, co_ba).assignments[0].last_visit_at is None


def test_who_helped_goes_on_to_their_own_shop(
    check_in: CheckIn, phone_of: PhoneOf, hung: Actor, co_ba: uuid.UUID, house: House
) -> None:
    """Two taps, always, whatever is still open elsewhere; and nothing of a colleague's customer is shown by it."""
    with house(), writing():
        own = shop("Tạp hóa nhà Hùng", hung)
    phone = phone_of(hung)
    helped = check_in(co_ba, phone=phone).visit_id  # type: ignore[attr-defined]
    assert check_in(own, phone=phone).status_code == 201
    with house():
        assert db.session.get_one(Visit, helped).ended == "estimated"
    assert phone.get(f"/customers/{co_ba}").status_code == 404


def test_who_helps_is_a_helper_at_the_second_try_too(
    check_in: CheckIn,
    phone_of: PhoneOf,
    hung: Actor,
    co_ba: uuid.UUID,
    house: House,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The database refuses what another one was quicker with; what the first try opened is shut again."""
    tries = iter([True])

    def quicker(visit: Visit, **said: Any) -> None:
        if next(tries, False):
            raise IntegrityError("", {}, Exception("another one was first"))
        tell_its_people(visit, **said)

    monkeypatch.setattr("crmweb.visits.routes.tell_its_people", quicker)
    assert check_in(co_ba, phone=phone_of(hung)).status_code == 201
    with house():
        assert db.session.scalars(select(Visit.helper)).all() == [True]
