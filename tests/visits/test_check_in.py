"""Checking in: saved whatever the phone knows, judged when it knows more."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.customers.proposals import Proposal
from crmweb.db import db, new_id, writing
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from tests.customers.shops import House, PhoneOf, shop
from tests.visits.conftest import FAR, HERE, NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]


def _send_place(phone: FlaskClient, visit_id: uuid.UUID, **fields: str) -> int:
    fields = {"fixed_at": clock.now().isoformat(), **fields}
    key = {"Idempotency-Key": f"place {visit_id} {fields}"[:100]}
    return phone.post(f"/visits/{visit_id}/place", data=fields, headers=key).status_code


def test_a_check_in_without_a_place_is_saved_and_unproven(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, lan: Actor
) -> None:
    answer = check_in(co_ba)
    assert answer.status_code == 201
    assert f'id="visit-{answer.visit_id}"' in answer.text  # type: ignore[attr-defined]
    assert 'data-verdict="unproven"' in answer.text
    saved = visit(answer.visit_id)  # type: ignore[attr-defined]
    assert (saved.person_id, saved.verdict, saved.reason, saved.judged_at) == (
        lan.id,
        "unproven",
        "no_fix",
        None,
    )


def test_the_place_comes_later_and_freezes_the_verdict(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, lans_phone: FlaskClient
) -> None:
    visit_id = check_in(co_ba).visit_id  # type: ignore[attr-defined]
    assert _send_place(lans_phone, visit_id, **NEAR) == 200
    assert visit(visit_id).verdict == "on_site"
    assert _send_place(lans_phone, visit_id, **FAR) == 200
    kept = visit(visit_id)
    assert kept.verdict == "on_site"
    assert (kept.lat, kept.accuracy_m) == (21.0286, 12)
    assert kept.distance_m == pytest.approx(11.1, abs=0.1)


def test_a_place_that_comes_with_it_is_judged_at_once(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find
) -> None:
    found = visit(check_in(co_ba, **FAR, fixed_at=clock.now().isoformat()).visit_id)  # type: ignore[attr-defined]
    assert (found.verdict, found.reason) == ("away", None)


def test_a_fix_of_last_week_proves_nothing_and_a_good_one_may_follow(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, lans_phone: FlaskClient
) -> None:
    last_week = (clock.now() - timedelta(days=7)).isoformat()
    visit_id = check_in(co_ba, **NEAR, fixed_at=last_week).visit_id  # type: ignore[attr-defined]
    assert visit(visit_id).reason == "old_fix"
    _send_place(lans_phone, visit_id, **NEAR)
    assert visit(visit_id).verdict == "on_site"


def test_a_phone_a_day_ahead_is_believed_about_its_fix_and_not_about_the_day(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find, lan: Actor
) -> None:
    ahead = (clock.now() + timedelta(days=1)).isoformat()
    found = visit(check_in(co_ba, **NEAR, fixed_at=ahead, client_at=ahead).visit_id)  # type: ignore[attr-defined]
    assert found.verdict == "on_site"
    assert found.day == clock.today(lan.zone)
    assert found.started_at <= clock.now()
    assert found.skew_s is not None
    assert found.skew_s < -86_000


def test_five_kilometres_of_doubt_is_unproven(check_in: CheckIn, co_ba: uuid.UUID, visit: Find) -> None:
    found = visit(check_in(co_ba, **{**NEAR, "accuracy_m": "5000"}).visit_id)  # type: ignore[attr-defined]
    assert (found.verdict, found.reason) == ("unproven", "imprecise")


def test_an_accuracy_with_a_comma_is_a_number_as_a_place_is(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find
) -> None:
    place = {"lat": "21,0286", "lng": "105,8542", "accuracy_m": "12,5"}
    assert visit(check_in(co_ba, **place).visit_id).accuracy_m == 12.5  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"lat": "north", "lng": "105"}, "Latitude"),
        ({"lat": "nan", "lng": "105"}, "Latitude"),
        ({"lat": "91", "lng": "181"}, "Latitude"),
        ({"lat": "21"}, "both"),
        ({"lat": "21", "lng": "105", "accuracy_m": "-1"}, "accuracy"),
        ({"lat": "21", "lng": "105", "accuracy_m": "inf"}, "accuracy"),
        ({"lat": "21", "lng": "105", "accuracy_m": "1e400"}, "accuracy"),
        ({"lat": "21", "lng": "105", "accuracy_m": "1_0"}, "accuracy"),
        ({"lat": "21", "lng": "105", "accuracy_m": "\N{ARABIC-INDIC DIGIT THREE}"}, "accuracy"),
        ({"lat": "21", "lng": "105", "fixed_at": "noon"}, "moment"),
        ({"client_at": "yesterday"}, "moment"),
        ({"kind": "by_drone"}, "person"),
        ({"kind": "closed", "outcome": "order_taken"}, "shut"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, fields: dict[str, str], word: str
) -> None:
    answer = check_in(co_ba, **fields)
    assert answer.status_code == 422
    assert answer.json
    assert word in answer.json["reason"]
    with house():
        assert db.session.scalar(select(func.count(Visit.id))) == 0


def test_a_check_in_sent_twice_is_one_visit(check_in: CheckIn, co_ba: uuid.UUID, house: House) -> None:
    visit_id, at = new_id(), clock.now().isoformat()
    first = check_in(co_ba, id=visit_id, client_at=at)
    second = check_in(co_ba, id=visit_id, client_at=at)
    assert (first.status_code, second.status_code) == (201, 201)
    with house():
        assert db.session.scalar(select(func.count(Visit.id))) == 1
        assert db.session.scalar(select(func.count(Event.seq)).where(Event.kind == "visit.started")) == 1


def test_an_open_visit_elsewhere_never_stands_in_the_way(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        other = shop("Đại lý Minh Tâm", lan)
    first, second = check_in(co_ba).visit_id, check_in(other).visit_id  # type: ignore[attr-defined]
    left = visit(first)
    assert (left.ended, left.outcome, left.minutes) == ("estimated", None, None)
    assert left.ended_at == visit(second).started_at
    assert visit(second).ended_at is None


def test_a_visit_that_arrives_late_is_the_one_that_ends(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        other = shop("Đại lý Minh Tâm", lan)
    now = check_in(other).visit_id  # type: ignore[attr-defined]
    earlier = check_in(co_ba, client_at=(clock.now() - timedelta(hours=2)).isoformat()).visit_id  # type: ignore[attr-defined]
    assert visit(now).ended_at is None
    assert visit(earlier).ended == "estimated"


def test_a_call_asks_no_place_and_ends_no_visit(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        other = shop("Đại lý Minh Tâm", lan)
    there = check_in(co_ba).visit_id  # type: ignore[attr-defined]
    call = visit(check_in(other, kind="phone", **FAR).visit_id)  # type: ignore[attr-defined]
    assert (call.verdict, call.lat) == (None, None)
    assert visit(there).ended_at is None


def test_a_shut_door_is_finished_at_once_with_its_place(
    check_in: CheckIn, co_ba: uuid.UUID, visit: Find
) -> None:
    found = visit(check_in(co_ba, kind="closed", outcome="owner_away", **NEAR).visit_id)  # type: ignore[attr-defined]
    assert (found.outcome, found.ended, found.verdict) == ("owner_away", "finished", "on_site")


def test_gone_for_good_proposes_and_does_not_decide(
    check_in: CheckIn, co_ba: uuid.UUID, house: House
) -> None:
    check_in(co_ba, kind="closed", outcome="gone")
    with house():
        assert db.session.get_one(Customer, co_ba).status == "customer"
        assert db.session.scalars(select(Proposal.kind)).all() == ["gone"]


def test_a_good_fix_where_no_pin_is_proposes_the_first_one(
    check_in: CheckIn, house: House, lan: Actor, visit: Find
) -> None:
    with house(), writing():
        unpinned = shop("Quán cà phê Mộc", lan)
    found = visit(check_in(unpinned, **NEAR).visit_id)  # type: ignore[attr-defined]
    assert (found.verdict, found.reason) == ("unproven", "no_pin")
    with house():
        proposal = db.session.scalars(select(Proposal)).one()
        assert (proposal.kind, proposal.lat, proposal.by_id) == ("pin", 21.0286, lan.id)
        assert db.session.get_one(Customer, unpinned).lat is None


def test_a_poor_fix_proposes_nothing(check_in: CheckIn, house: House, lan: Actor) -> None:
    with house(), writing():
        unpinned = shop("Quán cà phê Mộc", lan)
    check_in(unpinned, **{**NEAR, "accuracy_m": "31"})
    with house():
        assert db.session.scalars(select(Proposal)).all() == []


def test_lan_is_not_on_site_by_a_pin_of_her_own(
    check_in: CheckIn, house: House, lan: Actor, visit: Find, lans_phone: FlaskClient
) -> None:
    with house(), writing():
        hers = shop("Bách hóa Kim Anh", lan)
    moved = lans_phone.post(f"/customers/{hers}", data={"lat": NEAR["lat"], "lng": NEAR["lng"]})
    assert moved.status_code == 303
    found = visit(check_in(hers, **NEAR).visit_id)  # type: ignore[attr-defined]
    assert (found.verdict, found.reason) == ("unproven", "own_pin")


def test_a_stranger_finds_no_shop_and_a_teammate_helps_out(
    check_in: CheckIn, co_ba: uuid.UUID, phone_of: PhoneOf, outsider: Actor, hung: Actor, visit: Find
) -> None:
    assert check_in(co_ba, phone=phone_of(outsider)).status_code == 404
    helped = check_in(co_ba, phone=phone_of(hung), **NEAR)
    assert helped.status_code == 201
    assert visit(helped.visit_id).helper  # type: ignore[attr-defined]


def test_a_visit_made_before_the_hand_over_still_counts(
    check_in: CheckIn, co_ba: uuid.UUID, house: House, outsider: Actor, visit: Find
) -> None:
    """It was made in a basement; the shop went to another team before the phone had signal."""
    then = clock.now().isoformat()
    with house(), writing():
        shop_of_hers = db.session.get_one(Customer, co_ba)
        shop_of_hers.assignments[0].end(by=None, at=clock.now())
    late = check_in(co_ba, client_at=then)
    assert late.status_code == 201
    assert not visit(late.visit_id).helper  # type: ignore[attr-defined]
    assert check_in(co_ba).status_code == 404


def test_an_archived_customer_can_be_visited(check_in: CheckIn, co_ba: uuid.UUID, house: House) -> None:
    with house(), writing():
        db.session.get_one(Customer, co_ba).archive(by=None, at=clock.now())
    assert check_in(co_ba, **NEAR).status_code == 201


def test_the_pin_of_the_test_is_where_it_says(house: House, co_ba: uuid.UUID) -> None:
    with house():
        found = db.session.get_one(Customer, co_ba)
        assert (found.lat, found.lng) == HERE


def test_why_an_id_is_refused_is_said_in_the_readers_language(
    lans_phone: FlaskClient, co_ba: uuid.UUID
) -> None:
    """An outbox shows it as it was said."""
    answer = lans_phone.post(
        f"/customers/{co_ba}/visits", data={"id": str(uuid.uuid4())},
        headers={"Idempotency-Key": "k1", "Accept-Language": "vi"},
    )  # fmt: skip
    assert answer.status_code == 422
    assert "Hãy xem lại ngày giờ của máy." in answer.json["reason"]  # type: ignore[index]
