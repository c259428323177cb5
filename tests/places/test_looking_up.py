"""An address becomes a place: asked by a worker, shown when it answers, and never waited for by a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.locating import locate, locate_later
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.places.geocoder import Unanswered, places_for
from crmweb.places.models import FRESH, HOUR, LOST, PER_HOUR, Lookup, Question
from crmweb.places.work import look_up, ring_lost
from crmweb.schedule import forget_what_is_over
from tests.places.geocoder import Geocoder

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]
ADDRESS = "12 Hàng Bạc, Hà Nội"
IN_ENGLISH = {"Accept-Language": "en"}


def ask(phone: FlaskClient, address: str = ADDRESS) -> str:
    """Ask as a person does, and follow to the page that shows the answer."""
    return phone.post("/nearby/places", data={"q": address}, headers=IN_ENGLISH, follow_redirects=True).text


def work_off(app: Flask, house: House) -> None:
    """What the worker would do for all that waits."""
    with house():
        waiting = db.session.scalars(select(Lookup.id).where(Lookup.answered_at.is_(None))).all()
    with app.app_context():
        for lookup_id in waiting:
            look_up(str(lookup_id))


def test_lan_looks_from_an_address(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, house: House
) -> None:
    phone = phone_of(lan)
    assert "Looking the address up" in ask(phone)
    work_off(app, house)
    page = phone.get("/nearby/places", query_string={"q": ADDRESS}).text
    assert "12 Hàng Bạc, Hoàn Kiếm, Hà Nội" in page
    assert "/nearby?lat=21.0341&amp;lng=105.8523" in page
    assert geocoder.agents[0].startswith("crmweb/")


def test_the_same_address_is_asked_once_however_it_is_spelt(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, mai: Actor, house: House
) -> None:
    ask(phone_of(lan))
    work_off(app, house)
    ask(phone_of(mai), "12 hang bac - ha noi")
    work_off(app, house)
    assert geocoder.asked == [ADDRESS]


def test_a_page_never_waits_for_a_geocoder_that_hangs(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor
) -> None:
    geocoder.delay_s = 30
    begun = time.monotonic()
    assert "Looking the address up" in ask(phone_of(lan))
    assert time.monotonic() - begun < 5
    assert geocoder.asked == []


def test_a_geocoder_that_fails_is_told_and_asked_again_by_the_next(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, house: House
) -> None:
    geocoder.status = 500
    phone = phone_of(lan)
    ask(phone)
    work_off(app, house)
    assert (
        "does not answer" in phone.get("/nearby/places", query_string={"q": ADDRESS}, headers=IN_ENGLISH).text
    )
    geocoder.status = 200
    assert "Looking the address up" in ask(phone)


def test_an_address_that_nobody_knows_says_how_to_go_on(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, house: House
) -> None:
    phone = phone_of(lan)
    ask(phone, "hẻm không tên")
    work_off(app, house)
    page = phone.get("/nearby/places", query_string={"q": "hẻm không tên"}, headers=IN_ENGLISH).text
    assert "No address like that" in page


def test_coordinates_lead_straight_to_nearby(phone_of: PhoneOf, lan: Actor) -> None:
    answer = phone_of(lan).get("/nearby/places", query_string={"q": "21.0285, 105.8542"})
    assert answer.headers["Location"] == "/nearby?lat=21.0285&lng=105.8542"


def test_without_a_geocoder_one_looks_from_a_customer(
    phone_of: PhoneOf, lan: Actor, outsider: Actor, house: House
) -> None:
    with house(), writing():
        for name, person in (("Tạp hóa Hồ Gươm", lan), ("Tạp hóa Người Ngoài", outsider)):
            shop = Customer.add(
                by=None, at=clock.now(), name=name, responsible=db.session.get_one(User, person.id)
            )
            shop.move_pin(21.03, 105.85, source="gps", by=None, at=clock.now())
    page = phone_of(lan).get("/nearby/places", query_string={"q": "tap hoa"}).text
    assert "Tạp hóa Hồ Gươm" in page
    assert "Người Ngoài" not in page


def test_what_is_not_found_says_what_may_be_typed(phone_of: PhoneOf, lan: Actor) -> None:
    page = phone_of(lan).get("/nearby/places", query_string={"q": "xyz"}, headers=IN_ENGLISH).text
    assert "No place found" in page


def test_old_answers_are_asked_anew_and_lost_questions_rung_again(
    app: Flask, geocoder: Geocoder, house: House
) -> None:
    with house(), writing():
        old = Lookup.ask(ADDRESS, by=None, at=clock.now() - FRESH - timedelta(days=1))
        old.answer([], at=clock.now() - FRESH)
        assert Lookup.ask(ADDRESS, by=None, at=clock.now()).answered_at is None
        Lookup.ask("phố khác", by=None, at=clock.now() - LOST - timedelta(seconds=1))
    with house():
        assert len(Lookup.waiting(at=clock.now())) == 1
    with app.app_context():
        ring_lost()
        assert app.extensions["bell"].waiting("slow") >= 1


# --- nobody has the geocoder shut us out ----------------------------------------------------------------


def ask_much(house: House, lan: Actor) -> None:
    """As many questions as Lan may ask within an hour."""
    with house(), writing():
        for _ in range(PER_HOUR):
            Question.count(by=lan, at=clock.now())


def waiting(app: Flask) -> int:
    with app.app_context():
        return int(app.extensions["bell"].waiting("slow"))


def test_whoever_asks_too_much_is_told_how_to_go_on(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, mai: Actor, house: House
) -> None:
    with clock.frozen(clock.now()) as held:
        ask_much(house, lan)
        answer = phone_of(lan).post("/nearby/places", data={"q": ADDRESS}, headers=IN_ENGLISH)
        assert answer.status_code == 429
        assert "That was many addresses within an hour" in answer.text
        assert ADDRESS in answer.text
        assert waiting(app) == 0
        assert "Looking the address up" in ask(phone_of(mai), "phố khác")
        held.move(HOUR)
        assert "Looking the address up" in ask(phone_of(lan))


def test_an_answer_that_is_there_costs_no_question(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, mai: Actor, house: House
) -> None:
    ask(phone_of(mai))
    work_off(app, house)
    ask_much(house, lan)
    assert "12 Hàng Bạc, Hoàn Kiếm, Hà Nội" in ask(phone_of(lan))


def test_the_same_address_again_and_again_counts_each_time(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, house: House
) -> None:
    geocoder.status = 500
    for _ in range(2):
        ask(phone_of(lan))
        work_off(app, house)
    with house():
        assert db.session.scalar(select(func.count()).select_from(Question)) == 2


def test_a_customer_is_saved_though_their_pin_would_be_one_question_too_many(
    app: Flask, geocoder: Geocoder, phone_of: PhoneOf, lan: Actor, house: House
) -> None:
    ask_much(house, lan)
    answer = phone_of(lan).post(
        "/customers", data={"name": "Phở Bạc", "kind": "shop", "status": "customer", "address": ADDRESS}
    )
    assert answer.status_code == 303
    assert waiting(app) == 0


def test_questions_are_forgotten_after_an_hour(app: Flask, lan: Actor, house: House) -> None:
    with clock.frozen(clock.now()) as held:
        ask_much(house, lan)
        held.move(HOUR + timedelta(seconds=1))
        with app.app_context():
            forget_what_is_over()
    with house():
        assert db.session.scalar(select(func.count()).select_from(Question)) == 0


def test_a_new_customer_gets_the_pin_of_its_address(
    app: Flask, geocoder: Geocoder, lan: Actor, house: House
) -> None:
    with house(), writing():
        shop = Customer.add(by=None, at=clock.now(), name="Phở Bạc", address=ADDRESS)
        locate_later(shop, by=lan, at=clock.now())
        shop_id = shop.id
    with app.app_context():
        locate(str(shop_id))
    with house():
        found = db.session.get_one(Customer, shop_id)
        assert (found.lat, found.lng, found.pin_source) == (21.0341, 105.8523, "geocoded")


def test_a_pin_that_someone_put_down_meanwhile_stays(app: Flask, geocoder: Geocoder, house: House) -> None:
    with house(), writing():
        shop = Customer.add(by=None, at=clock.now(), name="Phở Bạc", address=ADDRESS)
        shop.move_pin(10.0, 106.0, source="gps", by=None, at=clock.now())
        shop_id = shop.id
    with app.app_context():
        locate(str(shop_id))
    with house():
        assert db.session.get_one(Customer, shop_id).pin_source == "gps"


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_refusals_of_the_geocoder_are_no_answers(app: Flask, geocoder: Geocoder, status: int) -> None:
    geocoder.status = status
    with pytest.raises(Unanswered):
        places_for(ADDRESS, app.extensions["settings"])


def test_a_geocoder_that_talks_nonsense_finds_nothing(app: Flask, geocoder: Geocoder) -> None:
    geocoder.places["lạ"] = [{"place_id": 1, "lat": "200", "lon": "0", "display_name": "nowhere"}]
    assert places_for("lạ", app.extensions["settings"]) == []
