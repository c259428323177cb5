"""The page of a visit, for its visitor, a helper and a manager; and why a place is doubtful."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.notes.models import Note
from crmweb.visits.models import Visit
from crmweb.visits.words import weekday_date
from tests.customers.shops import ENGLISH, House, PhoneOf
from tests.visits.conftest import FAR, NEAR, CheckIn

Find = Callable[[uuid.UUID], Visit]


def _page(phone: FlaskClient, visit_id: object) -> str:
    answer = phone.get(f"/visits/{visit_id}", headers=ENGLISH)
    assert answer.status_code == 200
    return answer.text


def test_a_visit_without_a_place_looks_for_it_and_counts_all_the_same(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    page = _page(lans_phone, check_in(co_ba).visit_id)  # type: ignore[attr-defined]
    assert "<place-later" in page
    assert "The visit counts all the same." in page


def test_what_was_judged_is_not_looked_for_any_more(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    page = _page(lans_phone, check_in(co_ba, **FAR).visit_id)  # type: ignore[attr-defined]
    assert "1.1 km away from the pin" in page
    assert "Accuracy 12\u00a0m." in page
    assert "<place-later" not in page


def test_three_minutes_later_no_place_is_looked_for(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House
) -> None:
    visit_id = check_in(co_ba).visit_id  # type: ignore[attr-defined]
    with house(), writing():
        db.session.get_one(Visit, visit_id).recorded_at -= timedelta(seconds=181)
    assert "<place-later" not in _page(lans_phone, visit_id)


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"accuracy_m": "240"}, "too coarse"),
        ({"lat": "0", "lng": "0"}, "cannot be"),
        ({"accuracy_m": ""}, "how exact"),
        ({"fixed_at": "2026-01-01T00:00:00Z"}, "not taken at the check-in"),
    ],
)
def test_an_unproven_place_says_why(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, fields: dict[str, str], word: str
) -> None:
    page = _page(lans_phone, check_in(co_ba, **{**NEAR, **fields}).visit_id)  # type: ignore[attr-defined]
    assert 'data-verdict="unproven"' in page
    assert word in page


def test_why_gps_is_weak_is_said_with_one_tap_and_taken_back_with_another(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    visit_id = check_in(co_ba).visit_id  # type: ignore[attr-defined]
    lans_phone.post(f"/visits/{visit_id}/why", data={"why": "basement"})
    assert visit(visit_id).why == "basement"
    assert '<button class="chip" name="why" value="" aria-pressed="true">' in _page(lans_phone, visit_id)
    lans_phone.post(f"/visits/{visit_id}/why", data={"why": ""})
    assert visit(visit_id).why is None
    assert lans_phone.post(f"/visits/{visit_id}/why", data={"why": "aliens"}).status_code == 422


def test_who_is_on_site_explains_nothing(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, visit: Find
) -> None:
    visit_id = check_in(co_ba, **NEAR).visit_id  # type: ignore[attr-defined]
    lans_phone.post(f"/visits/{visit_id}/why", data={"why": "basement"})
    assert visit(visit_id).why is None
    assert "Why is GPS weak?" not in _page(lans_phone, visit_id)


def test_who_is_far_away_is_asked_for_that_and_not_about_gps(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    page = _page(lans_phone, check_in(co_ba, **FAR).visit_id)  # type: ignore[attr-defined]
    assert "Why so far away?" in page
    assert "Why is GPS weak?" not in page


def test_nobody_is_asked_about_gps_where_the_shop_has_no_pin(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        customer.lat = customer.lng = None
    page = _page(lans_phone, check_in(co_ba, **NEAR).visit_id)  # type: ignore[attr-defined]
    assert "This customer has no pin yet." in page
    assert 'id="why"' not in page


def test_the_last_note_is_there_to_be_read(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient, house: House, lan: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        Note.write(customer, "Còn 3 thùng.", by=lan, at=clock.now(), now=clock.now())
    page = _page(lans_phone, check_in(co_ba).visit_id)  # type: ignore[attr-defined]
    assert "Còn 3 thùng." in page


def test_mai_reads_lans_visit_with_its_numbers_and_changes_nothing(
    check_in: CheckIn, co_ba: uuid.UUID, phone_of: PhoneOf, mai: Actor
) -> None:
    ahead = (clock.now() + timedelta(hours=2)).isoformat()
    visit_id = check_in(co_ba, **FAR, client_at=ahead, fixed_at=ahead).visit_id  # type: ignore[attr-defined]
    page = _page(phone_of(mai), visit_id)
    for word in ("Lan is here now", "Distance from the pin", "2 hours ahead of ours"):
        assert word in page
    for word in ("/finish", "/why", "/photos", "<place-later"):
        assert word not in page


def test_hung_helps_out_and_sees_nothing_of_the_customer_but_the_name(
    check_in: CheckIn, co_ba: uuid.UUID, phone_of: PhoneOf, hung: Actor, house: House, lan: Actor
) -> None:
    with house(), writing():
        customer = db.session.get_one(Customer, co_ba)
        Note.write(customer, "Nợ 12 triệu.", by=lan, at=clock.now(), now=clock.now())
    phone = phone_of(hung)
    answer = check_in(co_ba, phone=phone)
    visit_id = answer.visit_id  # type: ignore[attr-defined]
    for page in (answer.text, _page(phone, visit_id), phone.get(f"/visits/{visit_id}/finish").text):
        assert "Tạp hóa Cô Ba" in page
        assert "Nợ 12 triệu." not in page
        assert f"/customers/{co_ba}" not in page
    wrong = phone.post(f"/visits/{visit_id}/finish", data={"outcome": "?"})
    assert wrong.status_code == 422
    assert f"/customers/{co_ba}" not in wrong.text
    assert phone.post(f"/visits/{visit_id}/finish", data={"outcome": "interested"}).status_code == 303
    assert "Tạp hóa Cô Ba" in _page(phone, visit_id)


def test_a_call_has_no_place_and_no_dashed_doubt(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    page = _page(lans_phone, check_in(co_ba, kind="phone").visit_id)  # type: ignore[attr-defined]
    assert "On the phone" in page
    assert "data-verdict" not in page
    assert "<place-later" not in page


def test_the_customers_page_shows_the_open_visit_and_its_drop_finishes_it(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    before = lans_phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert f'href="/check-in?customer={co_ba}"' in before
    visit_id = check_in(co_ba, **NEAR).visit_id  # type: ignore[attr-defined]
    page = lans_phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert f'href="/visits/{visit_id}/finish"' in page
    assert f'id="visit-{visit_id}" data-verdict="on_site"' in page
    assert page.count(f'id="visit-{visit_id}"') == 1
    lans_phone.post(f"/visits/{visit_id}/finish", data={"outcome": "order_taken"})
    page = lans_phone.get(f"/customers/{co_ba}", headers=ENGLISH).text
    assert f'<li id="visit-{visit_id}" data-verdict="on_site">' in page
    assert "Visit · Order taken" in page
    assert f'href="/check-in?customer={co_ba}"' in page


def test_the_first_minute_is_not_told_as_none(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    here = check_in(co_ba, **NEAR).visit_id  # type: ignore[attr-defined]
    for page in (f"/visits/{here}", f"/visits/{here}/finish", "/"):
        assert "just begun" in lans_phone.get(page, headers=ENGLISH).text
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    assert "under a minute" in lans_phone.get(f"/visits/{here}", headers=ENGLISH).text


def test_words_about_a_doubt_come_after_the_visit(
    check_in: CheckIn, co_ba: uuid.UUID, lans_phone: FlaskClient
) -> None:
    here = check_in(co_ba, **FAR).visit_id  # type: ignore[attr-defined]
    assert 'id="review"' not in lans_phone.get(f"/visits/{here}").text
    lans_phone.post(f"/visits/{here}/finish", data={"outcome": "interested"})
    assert 'id="review"' in lans_phone.get(f"/visits/{here}").text


@pytest.mark.parametrize(
    ("language", "day", "said"),
    [
        ("en", date(2026, 11, 27), "Fri 27 Nov"),
        ("vi", date(2026, 11, 27), "T6 27/11"),
        ("vi", date(2026, 11, 29), "CN 29/11"),
        ("en", date(2027, 2, 6), "Sat 6 Feb 2027"),
        ("vi", date(2027, 2, 6), "T7 6/2/2027"),
    ],
)
def test_a_day_is_said_as_on_the_routes_with_the_year_when_it_is_another(
    app: Flask, language: str, day: date, said: str
) -> None:
    friday = datetime(2026, 11, 20, 2, tzinfo=UTC)
    with clock.frozen(friday), app.test_request_context(), force_locale(language):
        assert weekday_date(day) == said
