"""Today filled from a route: what is next, what is done, and what Lan changes about it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.geo import Point
from crmweb.reminders.models import Reminder
from crmweb.routes.models import Route
from crmweb.today.agenda import Agenda
from crmweb.visits.models import Visit
from crmweb.visits.reviews import Review
from crmweb.visits.verdicts import Fix
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 08:00 in Hà Nội
EVERY_MONDAY = 0b0000001


@pytest.fixture(autouse=True)
def monday_morning() -> Iterator[clock.HeldClock]:
    with clock.frozen(MONDAY) as held:
        yield held


@pytest.fixture
def round_(house: House, lan: Actor) -> list[uuid.UUID]:
    """Lan's Monday route: four shops, 1.1 km from one to the next."""
    with house(), writing():
        ids = [shop(f"Shop {n}", lan, tier="A", at=(21.0 + n / 100, 105.85)) for n in range(4)]
        customers = [db.session.get_one(Customer, each) for each in ids]
        Route.lay(lan, weekdays=EVERY_MONDAY, at=MONDAY - timedelta(days=30), customers=customers)
    return ids


@pytest.fixture
def lans(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    client = phone_of(lan)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = ENGLISH["Accept-Language"]
    return client


def ahead(client: FlaskClient) -> list[str]:
    page = client.get("/").text
    plan = page[page.index('id="plan"') :] if 'id="plan"' in page else ""
    return re.findall(r'<span class="name">(Shop \d)</span>', plan.split("</ol>")[0])


def visit(house: House, lan: Actor, customer: uuid.UUID, *, finished: bool = True) -> uuid.UUID:
    with house(), writing():
        held = db.session.get_one(Customer, customer)
        fix = Fix(Point(held.lat or 0, held.lng or 0), 10, None)
        made = Visit.check_in(held, by=lan, at=clock.now(), fix=fix)
        if finished:
            made.finish("interested", by=lan, at=clock.now() + timedelta(minutes=12))
        return made.id


@pytest.mark.usefixtures("round_")
def test_today_opens_filled_from_the_route_in_its_order(lans: FlaskClient) -> None:
    assert ahead(lans) == ["Shop 0", "Shop 1", "Shop 2", "Shop 3"]
    page = lans.get("/").text
    assert "4 stops left" in page
    assert "about 4.3 km" in page  # three legs of 1.11 km as the crow flies, times 1.3


def test_what_is_done_is_folded_and_the_next_one_leads(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    done = visit(house, lan, round_[0])
    page = lans.get("/").text
    assert ahead(lans) == ["Shop 1", "Shop 2", "Shop 3"]
    assert "3 stops left" in page
    folded = page[page.index("1 visit done") :]
    assert f'id="visit-{done}"' in folded
    assert 'data-verdict="on_site"' in folded


def test_when_every_stop_is_done_the_day_can_be_looked_at(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    for each in round_[:3]:
        visit(house, lan, each)
    assert "See how the day went" not in lans.get("/").text
    visit(house, lan, round_[3])
    page = lans.get("/").text
    assert "Every stop is done" in page
    assert "See how the day went" in page


def test_the_open_visit_leads_everything(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    there = visit(house, lan, round_[1], finished=False)
    page = lans.get("/").text
    assert page.index(f'id="visit-{there}"') < page.index('id="plan"')
    assert ahead(lans) == ["Shop 0", "Shop 2", "Shop 3"]
    assert 'class="here"' in page


def test_a_visit_that_was_left_asks_how_it_went(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor, monday_morning: clock.HeldClock
) -> None:
    left = visit(house, lan, round_[0], finished=False)
    monday_morning.move(timedelta(minutes=20))
    visit(house, lan, round_[1], finished=False)
    asks = lans.get("/").text
    section = asks[asks.index('id="resultless"') :]
    assert f'id="visit-{left}"' in section.split("</section>")[0]


def test_many_visits_that_were_left_do_not_push_the_plan_away(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor, monday_morning: clock.HeldClock
) -> None:
    left = []
    for each in (*round_[:2], *round_[:2], *round_[:3], round_[2]):
        left.append(visit(house, lan, each, finished=False))
        monday_morning.move(timedelta(minutes=20))
    asks = lans.get("/").text
    section = asks[asks.index('id="resultless"') :].split("</section>")[0]
    assert re.findall(r'id="visit-([0-9a-f-]+)"', section) == [str(each) for each in left[-2:-7:-1]]
    assert "2 more come up once these are told." in section
    lans.post(f"/visits/{left[-2]}/finish", data={"outcome": "interested"})
    assert "1 more comes up once these are told." in lans.get("/").text


def test_a_stop_is_taken_out_and_comes_back_where_it_stood(
    lans: FlaskClient, round_: list[uuid.UUID]
) -> None:
    answer = lans.post(f"/stops/{round_[1]}/out", follow_redirects=True)
    assert "Taken out of today" in answer.text
    assert ahead(lans) == ["Shop 0", "Shop 2", "Shop 3"]
    undo = re.search(r'action="(/stops/[^"]+/back[^"]*)"', answer.text)
    assert undo
    lans.post(undo[1])
    assert ahead(lans) == ["Shop 0", "Shop 1", "Shop 2", "Shop 3"]


def test_stops_are_put_in_another_order(lans: FlaskClient, round_: list[uuid.UUID]) -> None:
    lans.post(f"/stops/{round_[3]}/position", data={"position": "0"})
    assert ahead(lans) == ["Shop 3", "Shop 0", "Shop 1", "Shop 2"]
    lans.post("/stops/order", data={"customer": [str(round_[2]), str(round_[0])]})
    assert ahead(lans) == ["Shop 3", "Shop 2", "Shop 1", "Shop 0"]


def test_what_is_done_keeps_its_number_when_the_rest_is_dragged(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    visit(house, lan, round_[0])
    dragged = [str(round_[each]) for each in (3, 1, 2)]
    lans.post("/stops/order", data={"customer": dragged})
    assert ahead(lans) == ["Shop 3", "Shop 1", "Shop 2"]
    assert re.findall(r'class="handle".*?>(\d)<', lans.get("/?edit=1").text, re.S)[0] == "2"


def test_an_arrow_passes_over_a_stop_that_is_done(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    visit(house, lan, round_[1])
    page = lans.get("/?edit=1").text
    later = re.search(r'name="position" value="(\d)" id="later-' + str(round_[0]), page)
    assert later
    lans.post(f"/stops/{round_[0]}/position", data={"position": later[1]})
    assert ahead(lans) == ["Shop 2", "Shop 0", "Shop 3"]


def test_somebody_off_the_route_is_added_once(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    with house(), writing():
        extra = shop("Shop 9", lan)
    for _ in range(2):
        assert lans.post("/stops", data={"customer": str(extra)}).status_code == 303
    assert ahead(lans) == ["Shop 0", "Shop 1", "Shop 2", "Shop 3", "Shop 9"]


def test_who_was_put_away_meanwhile_is_not_said_to_be_added(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    with house(), writing():
        gone = shop("Shop 9", lan)
        db.session.get_one(Customer, gone).archive(by=lan, at=clock.now())
    answer = lans.post("/stops", data={"customer": str(gone)}, headers={"Accept-Language": "en"})
    assert answer.status_code == 409
    assert "This customer is put away. Bring them back first." in answer.text


def test_a_script_hears_its_key_and_no_redirect(lans: FlaskClient, round_: list[uuid.UUID]) -> None:
    answer = lans.post(f"/stops/{round_[0]}/out", headers={"Idempotency-Key": "k1"})
    assert (answer.status_code, answer.headers["Idempotency-Key"]) == (200, "k1")


@pytest.mark.parametrize(
    "sent",
    [{}, {"customer": "nobody"}, {"customer": "OK", "day": "soon"}, {"customer": "OK", "day": "1999-01-01"}],
)
def test_nonsense_is_refused(lans: FlaskClient, round_: list[uuid.UUID], sent: dict[str, str]) -> None:
    data = {**sent, "customer": str(round_[0])} if sent.get("customer") == "OK" else sent
    assert lans.post("/stops", data=data).status_code == 422


def test_a_colleague_cannot_put_lans_shop_into_their_day(
    phone_of: PhoneOf, outsider: Actor, round_: list[uuid.UUID]
) -> None:
    assert phone_of(outsider).post("/stops", data={"customer": str(round_[0])}).status_code == 404


def test_a_next_step_stands_in_the_plan_of_its_day_and_goes_when_taken_back(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor, monday_morning: clock.HeldClock
) -> None:
    made = visit(house, lan, round_[0], finished=False)
    lans.post(f"/visits/{made}/finish", data={"outcome": "interested", "next": "2026-11-24"})
    monday_morning.move(timedelta(days=1))
    assert ahead(lans) == ["Shop 0"]
    with house(), writing():
        db.session.get_one(Visit, made).reopen(by=lan, at=clock.now())
    assert ahead(lans) == []


def test_what_was_promised_for_today_stands_there_until_it_is_done(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, round_[0])
        for text, days in (("Send the quote", 0), ("Count the stock", -2), ("Next week's thing", 7)):
            until = MONDAY.date() + timedelta(days=days)
            Reminder.promise(customer, text, promised_by="us", until=until, by=lan, at=MONDAY)
        quote = db.session.scalars(select(Reminder.id).where(Reminder.text == "Send the quote")).one()
    page = lans.get("/").text
    assert "Next week" not in page
    assert page.index("Count the stock") < page.index("Send the quote")
    lans.post(f"/reminders/{quote}/done")
    assert "Send the quote" not in lans.get("/").text


def test_lan_is_asked_and_the_way_to_answer_is_there(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor, mai: Actor
) -> None:
    made = visit(house, lan, round_[0])
    with house(), writing():
        Review.of(db.session.get_one(Visit, made), by=mai).ask("Which door?", by=mai, at=clock.now())
    page = lans.get("/").text
    assert "Which door?" in page
    assert f'href="/visits/{made}#review"' in page


def test_mai_goes_from_today_to_her_teams_day(phone_of: PhoneOf, mai: Actor, round_: list[uuid.UUID]) -> None:
    page = phone_of(mai).get("/").text
    assert 'href="/team"' in page
    assert 'href="/review"' in page


def test_a_visit_left_open_over_night_counts_for_the_day_it_began(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, lan: Actor, monday_morning: clock.HeldClock
) -> None:
    made = visit(house, lan, round_[0], finished=False)
    monday_morning.move(timedelta(days=1))
    lans.post(f"/visits/{made}/finish", data={"outcome": "interested"})
    with house():
        assert db.session.get_one(Customer, round_[0]).assignments[0].last_visit_at == MONDAY


def test_the_way_does_not_begin_where_lan_was_days_ago(
    round_: list[uuid.UUID], house: House, lan: Actor, monday_morning: clock.HeldClock
) -> None:
    visit(house, lan, round_[3], finished=False)
    monday_morning.move(timedelta(days=7))
    with house():
        first, second, *_ = Agenda(lan, clock.now().date()).ahead
    assert first.leg_m is None
    assert second.leg_m == pytest.approx(1112, abs=1)


def test_lan_learns_who_stood_in_for_her(
    lans: FlaskClient, round_: list[uuid.UUID], house: House, hung: Actor
) -> None:
    with house(), writing():
        Visit.check_in(db.session.get_one(Customer, round_[2]), by=hung, at=clock.now(), helper=True)
    assert "Hùng was there, today 08:00" in lans.get("/").text


def test_today_with_thirty_stops_asks_the_database_a_fixed_number_of_times(
    lans: FlaskClient, house: House, lan: Actor, app: Flask
) -> None:
    def count(stops: int) -> int:
        with house(), writing():
            customers = [
                db.session.get_one(Customer, shop(f"S{n}", lan, at=(21, 105 + n / 100))) for n in range(stops)
            ]
            Route.lay(lan, weekdays=EVERY_MONDAY, at=MONDAY - timedelta(days=30), customers=customers)
        with counting(app) as statements:
            lans.get("/")
        return len(statements)

    few, many = count(3), count(27)
    assert few == many
    assert many <= 20


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    said: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.lstrip().startswith("SELECT"):  # settings of a connection come and go
            said.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", hear)
