"""The sheet behind the central button: who is preselected, and that one tap confirms exactly that."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.routes.models import Route
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

Names = dict[str, uuid.UUID]
MARKET = (10.7725, 106.6980)


@pytest.fixture
def shops(house: House, lan: Actor) -> Names:
    """Lan's four: two on today's route, one overdue, one near the market."""
    with house(), writing():
        made = {
            "first": shop("Tạp hóa Cô Ba", lan, at=(10.80, 106.70)),
            "second": shop("Đại lý Minh Tâm", lan, at=(10.81, 106.70)),
            "late": shop("Nhà sách Hải Âu", lan, tier="A", visited_days_ago=40),
            "near": shop("Quán bún Mệ Kéo", lan, at=(10.7726, 106.6980)),
        }
        person = db.session.get_one(User, lan.id)
        stops = [db.session.get_one(Customer, made[name]) for name in ("first", "second")]
        Route.lay(person, weekdays=0b1111111, at=clock.now(), customers=stops)
    return made


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


Offered = Callable[..., list[str]]


@pytest.fixture
def offered(phone: FlaskClient, shops: Names) -> Offered:
    """`offered("?customer=…")`: the names of the shops in their order; the first must be the chosen one."""

    def ask(query: str = "") -> list[str]:
        answer = phone.get(f"/check-in{query}", headers=ENGLISH)
        assert answer.status_code == 200
        radios = re.findall(r'name="customer" value="([^"]+)" id="pick-\d"( checked)?', answer.text)
        assert [bool(chosen) for _id, chosen in radios] == [place == 0 for place in range(len(radios))]
        names = {str(shop_id): name for name, shop_id in shops.items()}
        return [names[shop_id] for shop_id, _chosen in radios]

    return ask


def test_the_next_stop_is_preselected(offered: Offered) -> None:
    assert offered() == ["first", "second", "late"]


def test_this_customer_goes_before_the_next_stop(offered: Offered, shops: Names) -> None:
    assert offered(f"?customer={shops['late']}") == ["late", "first", "second"]


def test_from_nearby_the_next_stop_stays_first_and_then_comes_who_is_near(offered: Offered) -> None:
    assert offered("?lat=10.7725&lng=106.6980") == ["first", "near", "second"]


def test_without_a_stop_the_nearest_is_preselected(offered: Offered, house: House, lan: Actor) -> None:
    with house(), writing():
        for route in Route.of(lan.id):
            route.end(at=clock.now())
    assert offered("?lat=10.7725&lng=106.6980") == ["near", "first", "second"]
    assert offered("?lat=north&lng=9999") == ["late"]


def test_who_was_visited_today_is_not_next(offered: Offered, shops: Names, phone: FlaskClient) -> None:
    phone.post("/check-in", data={"customer": shops["first"], "outcome": "closed"})
    assert offered()[0] == "second"


def test_the_open_visit_of_a_customer_is_shown_instead_of_a_second_one(
    shops: Names, phone: FlaskClient, house: House
) -> None:
    phone.post("/check-in", data={"customer": shops["first"]})
    answer = phone.get(f"/check-in?customer={shops['first']}")
    with house():
        visit_id = db.session.scalars(select(Visit.id)).one()
    assert (answer.status_code, answer.location) == (303, f"/visits/{visit_id}")
    assert "This ends your visit to Tạp hóa Cô Ba." in phone.get("/check-in", headers=ENGLISH).text


def _saved(house: House) -> Visit:
    with house():
        found = db.session.scalars(select(Visit)).one()
        db.session.expunge(found)
        return found


def test_one_tap_confirms_the_chosen_one(shops: Names, phone: FlaskClient, house: House) -> None:
    minted = new_id()
    sent = {
        "customer": str(shops["second"]),
        "kind": "in_person",
        "id": str(minted),
        "Idempotency-Key": "tap",
    }
    for _double in range(2):
        answer = phone.post("/check-in", data=sent)
        assert (answer.status_code, answer.location) == (303, f"/visits/{minted}")
    visit = _saved(house)
    assert (visit.id, visit.customer_id, visit.kind) == (minted, shops["second"], "in_person")


@pytest.mark.parametrize(
    ("sent", "kind", "outcome"),
    [
        ({}, "in_person", None),
        ({"outcome": "owner_away"}, "closed", "owner_away"),
        ({"outcome": "gone"}, "closed", "gone"),
        ({"kind": "phone"}, "phone", None),
        ({"kind": "zalo"}, "zalo", None),
    ],
)
def test_each_button_says_what_it_is(
    shops: Names, phone: FlaskClient, house: House, sent: dict[str, str], kind: str, outcome: str | None
) -> None:
    assert phone.post("/check-in", data={"customer": str(shops["first"]), **sent}).status_code == 303
    visit = _saved(house)
    assert (visit.kind, visit.outcome) == (kind, outcome)


def test_nobody_chosen_is_said_on_the_sheet(shops: Names, phone: FlaskClient) -> None:
    answer = phone.post("/check-in", data={}, headers=ENGLISH)
    assert answer.status_code == 422
    assert "Choose where you are." in answer.text


def test_a_strangers_customer_is_not_there(
    shops: Names, phone_of: PhoneOf, outsider: Actor, house: House
) -> None:
    theirs = phone_of(outsider)
    assert theirs.get(f"/check-in?customer={shops['first']}").status_code == 404
    assert theirs.get("/check-in?customer=nobody").status_code == 404
    assert theirs.post("/check-in", data={"customer": str(shops["first"])}).status_code == 404
    with house():
        assert db.session.scalars(select(Visit)).all() == []


def test_a_teammate_sees_the_name_of_the_customer_and_nothing_else(
    shops: Names, phone_of: PhoneOf, hung: Actor
) -> None:
    answer = phone_of(hung).get(f"/check-in?customer={shops['late']}", headers=ENGLISH)
    assert "Nhà sách Hải Âu" in answer.text
    assert "A colleague's customer" in answer.text
    assert "overdue" not in answer.text


def test_a_day_with_nobody_says_what_to_do(phone_of: PhoneOf, outsider: Actor) -> None:
    page = phone_of(outsider).get("/check-in", headers=ENGLISH).text
    assert "Nobody stands in your day" in page
    assert "<form" not in page.split("</main>")[0].split("<main")[1]
