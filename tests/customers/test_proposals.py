"""A pin that is wrong: one taps where the shop is, and somebody else says yes."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db, writing
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop

OLD_PIN = (21.0285, 105.8542)
HERE = {"lat": "21.0323", "lng": "105.8542", "accuracy_m": "18"}  # 423 m north

Propose = Callable[..., TestResponse]


@pytest.fixture
def co_ba(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Cô Ba", lan, at=OLD_PIN)


@pytest.fixture
def propose(phone_of: PhoneOf, lan: Actor, co_ba: uuid.UUID) -> Propose:
    def send(by: Actor = lan, **fields: str) -> TestResponse:
        return phone_of(by).post(
            f"/customers/{co_ba}/pin-proposals", data={**HERE, **fields}, headers=ENGLISH
        )

    return send


@pytest.fixture
def waiting(house: House, co_ba: uuid.UUID) -> Callable[[], list[uuid.UUID]]:
    def ids() -> list[uuid.UUID]:
        with house():
            return [each.id for each in Proposal.waiting_at(db.session.get_one(Customer, co_ba))]

    return ids


Waiting = Callable[[], list[uuid.UUID]]


def decide(phone: FlaskClient, proposal: uuid.UUID, act: str = "approve") -> int:
    return phone.post(f"/proposals/{proposal}/{act}").status_code


def test_lan_proposes_a_pin_and_sees_that_it_waits_for_mai(
    propose: Propose, phone_of: PhoneOf, lan: Actor, co_ba: uuid.UUID, waiting: Waiting, house: House
) -> None:
    assert propose().status_code == 303
    shown = phone_of(lan).get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert "Pin 420 m from the old one" in shown
    assert "Waits for Mai" in shown
    assert "/approve" not in shown
    assert len(waiting()) == 1
    with house():
        still = db.session.get_one(Customer, co_ba)
        assert (still.lat, still.lng) == OLD_PIN


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"accuracy_m": "140"}, "Only sure within 140 m. Go outside"),
        ({"accuracy_m": ""}, "did not say how sure it is"),
        ({"accuracy_m": "NaN"}, "number of metres"),
        ({"accuracy_m": "-3"}, "number of metres"),
        ({"lat": "", "lng": ""}, "No position came"),
        ({"lat": "0", "lng": "0"}, "0, 0 is in the sea"),
        ({"lat": "105.8542", "lng": "21.0285"}, "look swapped"),
        ({"lat": "north"}, "are numbers"),
        ({"fixed_at": "2026-11-20T01:00:00Z", "client_at": "2026-11-20T02:00:00Z"}, "from earlier"),
    ],
)
def test_a_position_that_says_too_little_is_refused_in_words(
    propose: Propose, waiting: Waiting, fields: dict[str, str], words: str
) -> None:
    answer = propose(**fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert waiting() == []


def test_mai_approves_and_the_pin_is_hers(
    propose: Propose, phone_of: PhoneOf, mai: Actor, co_ba: uuid.UUID, waiting: Waiting, house: House
) -> None:
    propose()
    phone = phone_of(mai)
    shown = phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert "Lan proposed it" in shown
    (proposal,) = waiting()
    assert decide(phone, proposal) == 303
    assert "The pin is there now" in phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    with house():
        moved = db.session.get_one(Customer, co_ba)
        assert (moved.lat, moved.pin_source, moved.pin_by_id) == (21.0323, "gps", mai.id)
    assert waiting() == []


def test_what_was_decided_stays_decided(
    propose: Propose, phone_of: PhoneOf, mai: Actor, co_ba: uuid.UUID, waiting: Waiting, house: House
) -> None:
    propose()
    (proposal,) = waiting()
    assert decide(phone_of(mai), proposal, "reject") == 303
    assert decide(phone_of(mai), proposal, "reject") == 303
    late = phone_of(mai).post(f"/proposals/{proposal}/approve", headers=ENGLISH)
    assert late.status_code == 409
    assert "decided the other way" in late.text
    with house():
        assert db.session.get_one(Customer, co_ba).lat == OLD_PIN[0]
        assert db.session.get_one(Proposal, proposal).approved is False


def test_nobody_approves_their_own_nor_without_the_right(
    propose: Propose, phone_of: PhoneOf, lan: Actor, mai: Actor, tuan: Actor, waiting: Waiting
) -> None:
    propose(by=mai)
    (proposal,) = waiting()
    for who in (lan, mai):
        assert decide(phone_of(who), proposal) == 403
        assert decide(phone_of(who), proposal, "reject") == 403
    assert decide(phone_of(tuan), proposal) == 303


def test_strangers_propose_and_decide_nothing(
    propose: Propose, phone_of: PhoneOf, hung: Actor, outsider: Actor, binh: Actor, waiting: Waiting
) -> None:
    for who in (hung, outsider, binh):
        assert propose(by=who).status_code == 404
    propose()
    (proposal,) = waiting()
    assert decide(phone_of(binh), proposal) == 404


def test_a_second_proposal_takes_the_place_of_the_first(
    propose: Propose, waiting: Waiting, house: House
) -> None:
    propose()
    propose(lat="21.0300")
    with house():
        assert [each.lat for each in db.session.scalars(Proposal.waiting())] == [21.03]
    assert len(waiting()) == 1


def test_mai_approves_the_place_she_was_shown_or_none(
    propose: Propose, phone_of: PhoneOf, mai: Actor, co_ba: uuid.UUID, waiting: Waiting, house: House
) -> None:
    propose()
    (shown,) = waiting()
    propose(lat="21.0300")
    (later,) = waiting()
    for act in ("approve", "reject"):
        late = phone_of(mai).post(f"/proposals/{shown}/{act}", headers=ENGLISH)
        assert late.status_code == 409
        assert "something else since" in late.text
    with house():
        assert db.session.get_one(Customer, co_ba).lat == OLD_PIN[0]
    assert waiting() == [later]
    assert decide(phone_of(mai), later) == 303
    with house():
        assert db.session.get_one(Customer, co_ba).lat == 21.03


def test_a_shop_without_a_pin_gets_its_first_one_so(
    phone_of: PhoneOf, lan: Actor, mai: Actor, house: House
) -> None:
    with house(), writing():
        bare = shop("Quán Mộc", lan)
    phone = phone_of(lan)
    assert "Set the pin here" in phone.get(f"/customers/{bare}", headers=ENGLISH).text
    assert phone.post(f"/customers/{bare}/pin-proposals", data=HERE).status_code == 303
    asked = phone_of(mai).get(f"/customers/{bare}", headers=ENGLISH).text
    assert "A first pin" in asked
    assert "Set the pin there" in asked
    assert "Move the pin there" not in asked


def test_gone_for_good_is_decided_by_mai(
    acting: Acting,
    lan: Actor,
    mai: Actor,
    co_ba: uuid.UUID,
    phone_of: PhoneOf,
    waiting: Waiting,
    house: House,
) -> None:
    with acting(lan), writing():
        Proposal.make(db.session.get_one(Customer, co_ba), GONE, by=lan, at=clock.now())
    assert "Gone for good?" in phone_of(mai).get(f"/customers/{co_ba}", headers=ENGLISH).text
    (proposal,) = waiting()
    assert decide(phone_of(mai), proposal) == 303
    with house():
        assert db.session.get_one(Customer, co_ba).status == "former"


def test_mai_sees_all_that_waits_in_her_team_and_binh_nothing(
    propose: Propose, acting: Acting, mai: Actor, binh: Actor
) -> None:
    propose()
    with acting(mai):
        assert [each.customer.name for each in db.session.scalars(Proposal.waiting())] == ["Tạp hóa Cô Ba"]
    with acting(binh):
        assert db.session.scalars(Proposal.waiting()).all() == []


def test_past_verdicts_stay_when_the_pin_moves(
    propose: Propose,
    phone_of: PhoneOf,
    lan: Actor,
    mai: Actor,
    co_ba: uuid.UUID,
    waiting: Waiting,
    house: House,
) -> None:
    there = {"lat": "21.0285", "lng": "105.8542", "accuracy_m": "10", "fixed_at": clock.now().isoformat()}
    phone_of(lan).post(f"/customers/{co_ba}/visits", data=there)
    propose()
    (proposal,) = waiting()
    decide(phone_of(mai), proposal)
    with house():
        assert db.session.scalars(select(Visit.verdict)).all() == ["on_site"]
        assert db.session.scalars(select(Visit.distance_m)).all() == [0]


def test_a_proposal_sent_late_bears_the_phones_time(propose: Propose, waiting: Waiting, house: House) -> None:
    then = clock.now() - timedelta(hours=3)
    propose(client_at=then.isoformat(), fixed_at=then.isoformat())
    with house():
        assert db.session.get_one(Proposal, waiting()[0]).at == then
