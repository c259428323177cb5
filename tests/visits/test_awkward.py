"""A hapless or hostile day: what nobody means to do, and somebody does."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact
from crmweb.customers.models import Customer
from crmweb.db import db, new_id, writing
from crmweb.routes.cover import Cover
from crmweb.routes.models import Route
from crmweb.routes.plans import Day
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop
from tests.visits.conftest import HERE, NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]
Here = Callable[..., uuid.UUID]


@pytest.fixture
def here(check_in: CheckIn) -> Here:
    """`here(shop, hours_ago=3)`: Lan checked in there then; returns the visit."""

    def begin(customer: uuid.UUID, *, hours_ago: float = 0, **fields: object) -> uuid.UUID:
        began = clock.now() - timedelta(hours=hours_ago)
        answer = check_in(customer, client_at=began.isoformat(), id=_minted(), **fields)
        assert answer.status_code == 201, answer.text
        return answer.visit_id  # type: ignore[attr-defined, no-any-return]

    return begin


@pytest.fixture
def next_door(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa kế bên", lan, at=HERE)


def _minted() -> uuid.UUID:
    """An id as a phone mints it at the moment of the test's clock."""
    moment = int(clock.now().timestamp() * 1000)
    return uuid.UUID(int=moment << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62))


def _finish(phone: FlaskClient, visit_id: uuid.UUID, outcome: str = "interested", **more: object) -> int:
    sent = {"outcome": outcome, **more}
    return phone.post(f"/visits/{visit_id}/finish", data=sent, headers=ENGLISH).status_code


def _reopen(phone: FlaskClient, visit_id: uuid.UUID) -> None:
    assert phone.post(f"/visits/{visit_id}/reopen").status_code == 303


def _last_visits(house: House, customer: uuid.UUID) -> list[datetime | None]:
    """As each who looks after the customer today counts them."""
    with house():
        theirs = select(Assignment.last_visit_at).where(
            Assignment.customer_id == customer, Assignment.started_at.is_not(None)
        )
        return list(db.session.scalars(theirs))


def _ahead(lan: Actor, days: int) -> date:
    return lan.today(clock.now()) + timedelta(days=days)


def _planned(house: House, person: Actor, day: date) -> list[uuid.UUID]:
    with house():
        return Day(person.id, day).customer_ids()


def _give(house: House, customer: uuid.UUID, person: Actor) -> None:
    """To this person alone."""
    with house(), writing():
        given = db.session.get_one(Customer, customer)
        for assignment in list(given.assignments):
            assignment.end(by=None, at=clock.now())
        Assignment.between(given, db.session.get_one(User, person.id), at=clock.now())


# --- two phones, two visits, one undo too many ------------------------------------------------------------


def test_a_result_told_on_two_phones_is_the_later_one(
    here: Here,
    co_ba: uuid.UUID,
    lans_phone: FlaskClient,
    phone_of: PhoneOf,
    lan: Actor,
    visit: Find,
    house: House,
) -> None:
    at = here(co_ba)
    assert _finish(lans_phone, at, next=_ahead(lan, 3).isoformat()) == 303
    assert _finish(phone_of(lan), at, "order_taken", next=_ahead(lan, 5).isoformat()) == 303
    assert (visit(at).outcome, visit(at).next_on) == ("order_taken", _ahead(lan, 5))
    assert _planned(house, lan, _ahead(lan, 3)) == []
    assert _planned(house, lan, _ahead(lan, 5)) == [co_ba]


@pytest.mark.parametrize("earlier_first", [True, False])
def test_two_visits_taken_back_leave_no_last_visit(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, *, earlier_first: bool
) -> None:
    both = [here(co_ba, hours_ago=3), here(co_ba, hours_ago=1)]
    for each in both if earlier_first else reversed(both):
        assert _finish(lans_phone, each) == 303
    for each in both:
        _reopen(lans_phone, each)
    assert _last_visits(house, co_ba) == [None]


def test_taking_the_later_of_two_back_leaves_the_earlier_one_though_it_was_told_last(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, visit: Find
) -> None:
    earlier, later = here(co_ba, hours_ago=3), here(co_ba, hours_ago=1)
    _finish(lans_phone, later)
    _finish(lans_phone, earlier)
    _reopen(lans_phone, later)
    assert _last_visits(house, co_ba) == [visit(earlier).started_at]


def test_a_result_taken_back_after_going_on_does_not_bring_lan_back_there(
    here: Here, co_ba: uuid.UUID, next_door: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    first = here(co_ba, hours_ago=3)
    _finish(lans_phone, first)
    second = here(next_door, hours_ago=1)
    _finish(lans_phone, second)
    _reopen(lans_phone, first)
    assert (visit(first).ended, visit(first).ended_at) == ("estimated", visit(second).started_at)
    page = lans_phone.get("/").text
    assert 'class="live ink" id="visit-' not in page
    assert f"/visits/{first}/finish" in page


def test_a_check_in_that_arrives_after_a_later_one_was_finished_is_over(
    here: Here, co_ba: uuid.UUID, next_door: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    later = here(next_door, hours_ago=1)
    _finish(lans_phone, later)
    late = here(co_ba, hours_ago=3)
    assert (visit(late).ended, visit(late).ended_at) == ("estimated", visit(later).started_at)


def test_a_shut_door_that_arrives_late_is_no_estimate(
    here: Here, co_ba: uuid.UUID, next_door: uuid.UUID, visit: Find
) -> None:
    there = here(next_door, hours_ago=1)
    shut = here(co_ba, hours_ago=3, outcome="owner_away")
    assert (visit(shut).ended, visit(there).ended_at) == ("finished", None)


def test_a_result_taken_back_the_next_morning_asks_again_and_tells_no_minutes(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    at = here(co_ba)
    _finish(lans_phone, at)
    with clock.frozen(clock.now() + timedelta(hours=20)):
        _reopen(lans_phone, at)
        assert f"/visits/{at}/finish" in lans_phone.get("/").text
        assert _finish(lans_phone, at, "order_taken") == 303
    assert (visit(at).outcome, visit(at).minutes) == ("order_taken", None)


def test_a_result_said_to_be_from_before_the_visit_takes_no_time(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    at = here(co_ba)
    assert _finish(lans_phone, at, note="Từ năm 2020", client_at="2020-01-01T00:00:00Z") == 303
    assert visit(at).minutes == 0


# --- places -------------------------------------------------------------------------------------------------


def test_a_place_comes_after_the_result_and_from_the_visitor_alone(
    here: Here,
    co_ba: uuid.UUID,
    lans_phone: FlaskClient,
    visit: Find,
    phone_of: PhoneOf,
    mai: Actor,
    outsider: Actor,
) -> None:
    at = here(co_ba)
    _finish(lans_phone, at)
    place = {**NEAR, "fixed_at": clock.now().isoformat()}
    assert phone_of(mai).post(f"/visits/{at}/place", data=place).status_code == 403
    assert phone_of(outsider).post(f"/visits/{at}/place", data=place).status_code == 404
    assert visit(at).judged_at is None
    assert lans_phone.post(f"/visits/{at}/place", data=place).status_code == 303
    assert visit(at).verdict == "on_site"


def test_a_place_without_a_time_proves_nothing_days_later(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    at = here(co_ba)
    with clock.frozen(clock.now() + timedelta(days=2)):
        lans_phone.post(f"/visits/{at}/place", data=NEAR)
    assert (visit(at).verdict, visit(at).reason) == ("unproven", "old_fix")


@pytest.mark.parametrize("hours_ago", [0, -24])
def test_a_place_without_a_time_that_comes_at_once_counts_whatever_the_phones_clock_says(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, hours_ago: int
) -> None:
    at = here(co_ba, hours_ago=hours_ago)
    lans_phone.post(f"/visits/{at}/place", data=NEAR)
    assert visit(at).verdict == "on_site"


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "1e9",
        "2026-11-25T25:00:00Z",
        "\0",
    ],
)
def test_no_moment_breaks_anything(
    check_in: CheckIn, here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, moment: str
) -> None:
    assert check_in(co_ba, client_at=moment).status_code in (201, 202, 422)
    assert check_in(co_ba, **NEAR, fixed_at=moment).status_code in (201, 422)
    assert _finish(lans_phone, here(co_ba), client_at=moment) in (303, 422)
    assert lans_phone.get("/").status_code == 200


# --- other people's ----------------------------------------------------------------------------------------


def test_nobody_checks_in_where_nobody_goes(check_in: CheckIn, house: House) -> None:
    with house(), writing():
        nobodys = shop("Không ai phụ trách", None, at=HERE)
    assert check_in(nobodys).status_code == 404
    assert check_in(new_id()).status_code == 404


def test_who_works_elsewhere_was_not_there(
    here: Here, co_ba: uuid.UUID, next_door: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor
) -> None:
    with house(), writing():
        them = Contact.named("Người nơi khác", at=clock.now())
        db.session.add(them)
        db.session.get_one(Customer, next_door).name_contact(them, "owner", by=lan, at=clock.now())
        contact = str(them.id)
    at = here(co_ba)
    assert _finish(lans_phone, at, attendee=[contact, str(new_id())]) == 303
    assert "Người nơi khác" not in lans_phone.get(f"/visits/{at}").text


def test_a_customer_put_away_and_handed_over_during_the_visit_stops_nothing(
    here: Here,
    co_ba: uuid.UUID,
    lans_phone: FlaskClient,
    house: House,
    lan: Actor,
    outsider: Actor,
    visit: Find,
) -> None:
    at, day = here(co_ba), _ahead(lan, 3).isoformat()
    _give(house, co_ba, outsider)
    with house(), writing():
        db.session.get_one(Customer, co_ba).archive(by=outsider, at=clock.now())
    place = {**NEAR, "fixed_at": clock.now().isoformat()}
    assert lans_phone.post(f"/visits/{at}/place", data=place).status_code == 303
    told = {"note": "Đã dọn đi", "promise": "Báo giá", "promise_by": "us", "promise_until": day}
    assert _finish(lans_phone, at, "gone", next=day, **told) == 303
    assert (visit(at).verdict, visit(at).outcome) == ("on_site", "gone")
    for path in (f"/visits/{at}", "/", "/my-day"):
        assert lans_phone.get(path).status_code == 200
    _reopen(lans_phone, at)
    for path in (f"/visits/{at}", f"/visits/{at}/finish", "/"):
        assert lans_phone.get(path).status_code == 200


def test_an_open_visit_to_a_shop_that_was_handed_over_stands_in_nobodys_way(
    here: Here, co_ba: uuid.UUID, next_door: uuid.UUID, lans_phone: FlaskClient, house: House, outsider: Actor,
    visit: Find,
) -> None:  # fmt: skip
    left = here(co_ba, hours_ago=1)
    _give(house, co_ba, outsider)
    went_on = here(next_door)
    assert (visit(left).ended, visit(left).ended_at) == ("estimated", visit(went_on).started_at)
    assert visit(went_on).ended_at is None
    with house():
        assert db.session.scalars(select(Event.kind).where(Event.id == left)).one() == "visit.left"


def test_a_next_step_with_a_shop_that_went_to_hung_is_no_stop_of_lans(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor, hung: Actor
) -> None:
    at = here(co_ba)
    _give(house, co_ba, hung)
    assert _finish(lans_phone, at, next=_ahead(lan, 3).isoformat()) == 303
    assert _planned(house, lan, _ahead(lan, 3)) == []


def test_a_strangers_shop_comes_into_no_day_by_any_address(
    lans_phone: FlaskClient, house: House, outsider: Actor, lan: Actor
) -> None:
    with house(), writing():
        theirs = shop("Của người khác", outsider, at=HERE)
    for path in ("", f"/{theirs}/out", f"/{theirs}/back", f"/{theirs}/position"):
        sent = {"customer": str(theirs), "position": "0"}
        assert lans_phone.post(f"/stops{path}", data=sent).status_code == 404
    lans_phone.post("/stops/order", data={"customer": str(theirs)})
    assert _planned(house, lan, _ahead(lan, 0)) == []


@pytest.mark.parametrize("position", ["-5", "9" * 30, "1e3", ""])
def test_no_place_in_the_day_breaks_it(lans_phone: FlaskClient, co_ba: uuid.UUID, position: str) -> None:
    lans_phone.post("/stops", data={"customer": str(co_ba)})
    for path in (f"/stops/{co_ba}/position", f"/stops/{co_ba}/back?position={position}"):
        assert lans_phone.post(path, data={"position": position}).status_code in (303, 422)
    assert "Tạp hóa Cô Ba" in lans_phone.get("/").text


def test_who_stands_in_visits_for_both_and_takes_it_back_for_both(
    here: Here, check_in: CheckIn, co_ba: uuid.UUID, house: House, lan: Actor, hung: Actor, phone_of: PhoneOf
) -> None:
    today = _ahead(lan, 0)
    with house(), writing():
        customers = [db.session.get_one(Customer, co_ba)]
        Route.lay(lan, weekdays=0b1111111, at=clock.now(), customers=customers)
        people = [db.session.get_one(User, each.id) for each in (lan, hung)]
        assert Cover(people[0], today, today).hand_to(people[1:], by=lan, at=clock.now()) == 1
        assert Cover(people[0], today, _ahead(lan, 1)).hand_to(people[1:], by=lan, at=clock.now()) <= 1
    hungs = phone_of(hung)
    at = check_in(co_ba, phone=hungs).visit_id  # type: ignore[attr-defined]
    assert _finish(hungs, at) == 303
    assert None not in _last_visits(house, co_ba)
    _reopen(hungs, at)
    assert set(_last_visits(house, co_ba)) == {None}


# --- days --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "until", ["2500-01-01", "0001-01-01", "31/12/2026", "9999-12-31", "2026-02-30", "-1"]
)
def test_an_absurd_day_is_neither_promised_nor_planned(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find, until: str
) -> None:
    at = here(co_ba)
    assert _finish(lans_phone, at, promise="Báo giá", promise_by="us", promise_until=until) == 422
    assert _finish(lans_phone, at, next=until) == 422
    assert _finish(lans_phone, at, next="other", next_other=until) == 422
    assert visit(at).outcome is None


def test_what_was_agreed_for_a_sunday_stands_on_the_sunday(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor
) -> None:
    sunday = _ahead(lan, 13 - _ahead(lan, 0).weekday())
    assert _finish(lans_phone, here(co_ba), next=sunday.isoformat()) == 303
    assert _planned(house, lan, sunday) == [co_ba]


def test_midnight_on_the_road_in_new_york_as_the_clocks_change(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        db.session.get_one(User, lan.id).zone = "America/New_York"
    with clock.frozen(datetime(2026, 3, 8, 4, 55, tzinfo=UTC)) as held:  # 23:55 on Saturday
        at = here(co_ba)
        held.move(timedelta(minutes=20))
        assert f'href="/visits/{at}/finish"' in lans_phone.get("/").text
        assert _finish(lans_phone, at) == 303
        assert (visit(at).day, visit(at).minutes) == (date(2026, 3, 7), 20)
        assert f"visit-{at}" in lans_phone.get("/my-day?day=2026-03-07").text
        assert f"visit-{at}" not in lans_phone.get("/my-day?day=2026-03-08").text


def test_a_promise_for_the_day_that_begins_at_one_is_kept_in_mind(
    here: Here, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor
) -> None:
    """In Santiago the clocks change at midnight: 6 September 2026 has no 00:00."""
    with house(), writing():
        db.session.get_one(User, lan.id).zone = "America/Santiago"
    day = "2026-09-06"
    with clock.frozen(datetime(2026, 9, 5, 15, tzinfo=UTC)):
        told = {"promise": "Báo giá", "promise_by": "us", "promise_until": day, "next": day}
        assert _finish(lans_phone, here(co_ba), **told) == 303
    with clock.frozen(datetime(2026, 9, 6, 4, 30, tzinfo=UTC)):
        page = lans_phone.get("/").text
        assert "Báo giá" in page
        assert 'id="plan"' in page
        assert lans_phone.get(f"/my-day?day={day}").status_code == 200
