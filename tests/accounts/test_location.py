"""The notice about one's place: shown once, agreed to or not, changed at any time, and heeded."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts import location
from crmweb.accounts.actor import Actor
from crmweb.accounts.location import LocationAnswer, latest_answer
from crmweb.accounts.models import User
from crmweb.audit.models import Entry
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.visits.models import Visit
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

HERE = "/settings/location"
AT_THE_SHOP = {"lat": "21.0286", "lng": "105.8542", "accuracy_m": "12"}


@pytest.fixture
def new_rep(house: House, mai: Actor) -> Actor:
    """Somebody in Mai's team whom nobody has asked yet."""
    with house(), writing():
        manager = db.session.get_one(User, mai.id)
        return Actor.of(
            User.add("Ngô Thu Hà", role="rep", at=clock.now(), email="ha@example.com", manager=manager)
        )


@pytest.fixture
def hers(phone_of: PhoneOf, new_rep: Actor) -> FlaskClient:
    return phone_of(new_rep)


@pytest.fixture
def quan(house: House, new_rep: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Quán Bảy", new_rep, tier="A", at=(21.0285, 105.8542))


@pytest.fixture
def visit_of(house: House) -> Callable[[], Visit]:
    def find() -> Visit:
        with house():
            found = db.session.scalars(select(Visit)).one()
            db.session.expunge(found)
            return found

    return find


def _check_in(phone: FlaskClient, customer: uuid.UUID, **sent: str) -> None:
    told = {**AT_THE_SHOP, "fixed_at": clock.now().isoformat(), **sent}
    assert phone.post(f"/customers/{customer}/visits", data=told).status_code == 303


def _answer(phone: FlaskClient, said: str, **more: str) -> str:
    answer = phone.post(HERE, data={"answer": said, **more}, headers=ENGLISH)
    assert answer.status_code == 303
    return answer.location


def test_before_the_first_check_in_the_notice_is_shown_once(hers: FlaskClient, quan: uuid.UUID) -> None:
    first = hers.get(f"/check-in?customer={quan}")
    assert first.location == f"{HERE}?next=/check-in%3Fcustomer%3D{quan}"
    text = hers.get(first.location, headers=ENGLISH).text
    for words in ("What is recorded", "Who sees it", "Exact for 60 days", "If you refuse"):
        assert words in text
    assert _answer(hers, "agree", next=f"/check-in?customer={quan}") == f"/check-in?customer={quan}"
    assert hers.get(f"/check-in?customer={quan}").status_code == 200


def test_the_notice_speaks_vietnamese(hers: FlaskClient) -> None:
    text = hers.get(HERE, headers={"Accept-Language": "vi"}).text
    assert "Ghi lại những gì" in text
    assert "I agree" not in text


def test_who_agrees_is_written_down_with_the_version(hers: FlaskClient, new_rep: Actor, house: House) -> None:
    _answer(hers, "agree")
    _answer(hers, "refuse")
    with house():
        mine = (
            select(LocationAnswer).where(LocationAnswer.person_id == new_rep.id).order_by(LocationAnswer.at)
        )
        assert [(each.agreed, each.version) for each in db.session.scalars(mine)] == [(True, 1), (False, 1)]
        told = select(Entry).where(Entry.by_id == new_rep.id).order_by(Entry.seq)
        found = [(each.action, each.values.after) for each in db.session.scalars(told)]
        assert found == [("location.agreed", {"version": 1}), ("location.refused", {"version": 1})]


def test_who_refuses_checks_in_unproven_and_no_place_is_kept(
    hers: FlaskClient, quan: uuid.UUID, visit_of: Callable[[], Visit]
) -> None:
    _answer(hers, "refuse")
    assert "Your place is not read." in hers.get(f"/check-in?customer={quan}", headers=ENGLISH).text
    _check_in(hers, quan)
    found = visit_of()
    assert (found.verdict, found.reason, found.lat, found.fixed_at) == ("unproven", "not_shared", None, None)
    page = hers.get(f"/visits/{found.id}", headers=ENGLISH).text
    assert "No place shared." in page
    assert "Why is GPS weak?" not in page
    assert "<place-later" not in page
    told = {**AT_THE_SHOP, "fixed_at": clock.now().isoformat()}
    assert hers.post(f"/visits/{found.id}/place", data=told).status_code == 303
    assert (visit_of().lat, visit_of().judged_at) == (None, None)


def test_of_who_was_not_asked_yet_a_page_asks_nothing_and_what_their_browser_tells_is_kept(
    hers: FlaskClient, quan: uuid.UUID, visit_of: Callable[[], Visit]
) -> None:
    _check_in(hers, quan)
    found = visit_of()
    assert (found.verdict, found.lat) == ("on_site", 21.0286)


def test_who_was_not_asked_yet_is_asked_at_the_visit(
    hers: FlaskClient, quan: uuid.UUID, visit_of: Callable[[], Visit]
) -> None:
    assert hers.post(f"/customers/{quan}/visits", data={"kind": "in_person"}).status_code == 303
    found = visit_of()
    page = hers.get(f"/visits/{found.id}", headers=ENGLISH).text
    assert f'href="{HERE}?next=/visits/{found.id}"' in page
    assert "<place-later" not in page


def test_who_agrees_at_the_shop_is_still_judged(
    hers: FlaskClient, quan: uuid.UUID, visit_of: Callable[[], Visit]
) -> None:
    assert hers.post(f"/customers/{quan}/visits", data={"kind": "in_person"}).status_code == 303
    _answer(hers, "agree")
    visit = visit_of()
    assert "<place-later" in hers.get(f"/visits/{visit.id}").text
    hers.post(f"/visits/{visit.id}/place", data={**AT_THE_SHOP, "fixed_at": clock.now().isoformat()})
    assert visit_of().verdict == "on_site"


@pytest.mark.parametrize("said", [None, "refuse"])
def test_no_page_asks_the_phone_before_a_yes(hers: FlaskClient, quan: uuid.UUID, said: str | None) -> None:
    if said:
        _answer(hers, said)
    pages = ("/nearby", "/nearby/map?lat=21.0285&lng=105.8542", "/customers/new/here", f"/customers/{quan}")
    texts = [hers.get(address).text for address in pages]
    assert not any("<geo-field" in text or "<place-later" in text for text in texts)
    assert all("/settings/location?next=" in text for text in texts)
    _answer(hers, "agree")
    assert all("<geo-field" in hers.get(address).text for address in pages)


def test_new_words_are_read_anew_and_an_older_yes_counts_meanwhile(
    hers: FlaskClient, quan: uuid.UUID, visit_of: Callable[[], Visit], monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(hers, "agree")
    monkeypatch.setattr(location, "VERSION", 2)
    assert hers.get("/check-in").status_code == 303
    _check_in(hers, quan)
    assert visit_of().verdict == "on_site"
    assert "The words have changed since." in hers.get(HERE, headers=ENGLISH).text


def test_who_refused_is_not_asked_again_when_the_words_change(
    hers: FlaskClient, quan: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answer(hers, "refuse")
    monkeypatch.setattr(location, "VERSION", 2)
    assert hers.get("/check-in").status_code == 200


def test_neither_yes_nor_no_is_no_answer(hers: FlaskClient, new_rep: Actor, house: House) -> None:
    for sent in ({}, {"answer": "maybe"}, {"answer": ["agree", "refuse"]}):
        assert hers.post(HERE, data=sent).status_code == 422
    with house():
        assert latest_answer(new_rep.id) is None


def test_the_way_on_stays_in_the_house(hers: FlaskClient) -> None:
    for target in ("//evil.example", "https://evil.example", "/\\evil.example"):
        assert _answer(hers, "agree", next=target) == "/"


def test_a_customer_is_still_pinned_by_hand(hers: FlaskClient, quan: uuid.UUID, house: House) -> None:
    """What one types is the customer's place, not one's own."""
    _answer(hers, "refuse")
    with house():
        assert db.session.get_one(Customer, quan).has_pin
