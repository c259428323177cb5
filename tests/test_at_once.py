"""Several who write in the same moment: PostgreSQL lets them, and each rests on what was there before."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db, new_id, writing
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.plans import Stop
from crmweb.visits.models import Visit
from crmweb.visits.reviews import Review
from tests.customers.shops import House, PhoneOf, shop

CROWD = 6
EVERY_DAY = 0b1111111
FAR = {"lat": "21.0385", "lng": "105.8542", "accuracy_m": "12"}


@pytest.fixture
def shops(house: House, lan: Actor) -> list[uuid.UUID]:
    """Lan's, as many as there are phones."""
    with house(), writing():
        return [shop(f"Shop {n}", lan, tier="A", at=(21.0285, 105.8542)) for n in range(CROWD)]


@pytest.fixture
def route(house: House, lan: Actor, shops: list[uuid.UUID]) -> uuid.UUID:
    """One of Lan's that runs every day, through all but the last."""
    with house(), writing():
        customers = [db.session.get_one(Customer, each) for each in shops[:-1]]
        return Route.lay(lan, weekdays=EVERY_DAY, at=clock.now(), customers=customers).id


def send(phones: list[FlaskClient], path: str, *forms: dict[str, Any]) -> set[int]:
    """Each phone sends the form of its number, or all the only one, in one moment; returns what they hear."""
    sent = forms * len(phones) if len(forms) == 1 else forms
    with ThreadPoolExecutor(len(phones)) as crowd:
        answers = crowd.map(lambda pair: pair[0].post(path, data=pair[1]), zip(phones, sent, strict=True))
        return {answer.status_code for answer in answers}


def test_of_two_check_ins_at_once_one_stays_open(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], house: House
) -> None:
    phones = [phone_of(lan) for _ in shops]
    assert send(phones, "/check-in", *({"customer": str(each), "id": str(new_id())} for each in shops)) == {
        303
    }
    with house():
        still_open = select(func.count(Visit.id)).where(Visit.ended_at.is_(None))
        assert db.session.scalar(select(func.count(Visit.id))) == len(shops)
        assert db.session.scalar(still_open) == 1


@pytest.mark.usefixtures("route")
def test_the_same_stop_added_at_once_stands_in_the_day_once(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], house: House
) -> None:
    """The first one lays the day down, too."""
    phones = [phone_of(lan) for _ in range(CROWD)]
    assert send(phones, "/stops", {"customer": str(shops[-1])}) == {303}
    with house():
        assert db.session.scalar(select(func.count()).select_from(Stop)) == len(shops)


def test_a_route_leads_once_to_whom_it_is_led_twice_at_once(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], route: uuid.UUID, house: House
) -> None:
    phones = [phone_of(lan) for _ in range(CROWD)]
    assert send(phones, f"/routes/{route}/stops", {"customer": str(shops[-1])}) == {303}
    with house():
        assert db.session.scalar(select(func.count()).select_from(RouteStop)) == len(shops)


@pytest.mark.usefixtures("route")
def test_who_is_covered_twice_at_once_is_covered_by_one(
    phone_of: PhoneOf, lan: Actor, mai: Actor, hung: Actor, shops: list[uuid.UUID], house: House
) -> None:
    with house(), writing():
        thao = User.add(
            "Phạm Thị Thảo", role="rep", at=clock.now(), manager=db.session.get_one(User, mai.id)
        ).id
    phones = [phone_of(mai) for _ in range(4)]
    forms = [
        {"person": str(lan.id), "when": "today", "people": str(each)}
        for each in (hung.id, thao, hung.id, thao)
    ]
    assert send(phones, "/routes/cover", *forms) == {303}
    with house():
        covered = select(func.count(Assignment.id)).where(Assignment.stands_in_for_id == lan.id)
        assert db.session.scalar(covered) == len(shops) - 1


def test_a_check_in_accepted_twice_at_once_has_one_review(
    phone_of: PhoneOf, lan: Actor, mai: Actor, shops: list[uuid.UUID], house: House
) -> None:
    visit_id = new_id()
    phone_of(lan).post(f"/customers/{shops[0]}/visits", data={"id": str(visit_id), **FAR})
    phones = [phone_of(mai) for _ in range(CROWD)]
    assert send(phones, f"/visits/{visit_id}/review/accept", {}) == {303}
    with house():
        assert db.session.scalar(select(func.count(Review.id))) == 1


def test_of_two_places_at_once_the_first_one_freezes_the_verdict(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], house: House
) -> None:
    visit_id = new_id()
    phone_of(lan).post(f"/customers/{shops[0]}/visits", data={"id": str(visit_id)})
    forms = [{"lat": f"21.{300 + n}", "lng": "105.8542", "accuracy_m": "12"} for n in range(CROWD)]
    heard: set[float | None] = set()

    def hear(pair: tuple[FlaskClient, dict[str, str]]) -> None:
        assert pair[0].post(f"/visits/{visit_id}/place", data=pair[1]).status_code == 303
        with house():
            heard.add(db.session.scalar(select(Visit.lat).where(Visit.id == visit_id)))

    with ThreadPoolExecutor(CROWD) as crowd:
        list(crowd.map(hear, zip([phone_of(lan) for _ in forms], forms, strict=True)))
    assert len(heard) == 1


def test_of_two_who_decide_on_a_pin_at_once_one_is_told_that_it_is_too_late(
    phone_of: PhoneOf, lan: Actor, mai: Actor, tuan: Actor, shops: list[uuid.UUID], house: House
) -> None:
    with house(), writing():
        customers = [db.session.get_one(Customer, each) for each in shops]
        place = (21.0385, 105.8542, 12.0)
        waiting = [Proposal.make(each, PIN, by=lan, at=clock.now(), place=place).id for each in customers]
    with ThreadPoolExecutor(2) as both:
        for proposal in waiting:
            acts = ((phone_of(mai), "approve"), (phone_of(tuan), "reject"))
            heard = both.map(lambda pair, at=proposal: pair[0].post(f"/proposals/{at}/{pair[1]}"), acts)
            assert {answer.status_code for answer in heard} == {303, 409}
    with house():
        for made in db.session.scalars(select(Proposal)):
            assert (made.customer.lat == 21.0385) is made.approved


def test_of_two_pins_proposed_at_once_one_waits(
    phone_of: PhoneOf, lan: Actor, shops: list[uuid.UUID], house: House
) -> None:
    phones = [phone_of(lan) for _ in shops]
    places = ({**FAR, "lat": f"21.03{n}"} for n in range(10, 10 + CROWD))
    assert send(phones, f"/customers/{shops[0]}/pin-proposals", *places) == {303}
    with house():
        assert db.session.scalar(select(func.count(Proposal.id))) == CROWD
        assert len(db.session.scalars(Proposal.waiting()).all()) == 1


@pytest.mark.parametrize("door", ["role", "leaving"])
def test_admins_who_put_each_other_out_at_once_leave_one(
    door: str, phone_of: PhoneOf, tuan: Actor, house: House
) -> None:
    with house(), writing():
        others = [User.add(f"Admin {n}", role="admin", at=clock.now()) for n in range(3)]
        admins = [tuan, *(Actor.of(each) for each in others)]
    how: dict[str, tuple[str, dict[str, str]]] = {
        "role": ("", {"role": "rep"}),
        "leaving": ("/leaving", {}),
    }
    end, form = how[door]
    phones = [phone_of(each) for each in admins]
    paths = [f"/admin/users/{each.id}{end}" for each in (*admins[1:], admins[0])]
    with ThreadPoolExecutor(len(phones)) as crowd:
        answers = crowd.map(
            lambda pair: pair[0].post(pair[1], data=form).status_code, zip(phones, paths, strict=True)
        )
        assert set(answers) <= {302, 303, 401, 403, 409, 422}
    with house():
        able = select(func.count(User.id)).where(User.role == "admin", User.active)
        assert (db.session.scalar(able) or 0) >= 1
