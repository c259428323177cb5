"""The admin's list of results."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.db import writing
from crmweb.visits.outcomes import Outcome
from tests.customers.shops import ENGLISH, House, PhoneOf, shop

HERE = "/admin/outcomes"


@pytest.fixture
def tuans(phone_of: PhoneOf, tuan: Actor) -> FlaskClient:
    return phone_of(tuan)


def _offered(house: House) -> list[str]:
    with house():
        return [outcome.name for outcome in Outcome.offered()]


def _own(house: House) -> Outcome:
    with house():
        return next(outcome for outcome in Outcome.all() if not outcome.is_built_in)


def test_tuan_adds_a_result_and_lan_may_choose_it(
    tuans: FlaskClient, house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    assert tuans.post(HERE, data={"label": "  Hẹn  lại ", "productive": "1"}).status_code == 303
    own = _own(house)
    assert (own.label, own.productive) == ("Hẹn lại", True)
    with house(), writing():
        customer = shop("Tạp hóa Cô Ba", lan)
    phone, visit_id = phone_of(lan), _check_in(phone_of(lan), customer)
    assert "Hẹn lại" in phone.get(f"/visits/{visit_id}/finish").text
    phone.post(f"/visits/{visit_id}/finish", data={"outcome": own.name})
    assert "Hẹn lại" in phone.get(f"/visits/{visit_id}").text
    assert "Visit · Hẹn lại" in phone.get(f"/customers/{customer}", headers=ENGLISH).text


def _check_in(phone: FlaskClient, customer: uuid.UUID) -> str:
    return phone.post(f"/customers/{customer}/visits").headers["Location"].rpartition("/")[2]


def test_a_built_in_result_is_translated_until_somebody_renames_it(tuans: FlaskClient, house: House) -> None:
    vietnamese = {"Accept-Language": "vi"}
    assert "Quan tâm" in tuans.get(HERE, headers=vietnamese).text
    tuans.post(f"{HERE}/interested", data={"label": "Rất thích"})
    assert "Rất thích" in tuans.get(HERE, headers=ENGLISH).text
    tuans.post(f"{HERE}/interested", data={"label": ""})
    assert "Interested" in tuans.get(HERE, headers=ENGLISH).text


def test_the_order_is_the_admins(tuans: FlaskClient, house: House) -> None:
    first, second, *others = _offered(house)
    tuans.post(f"{HERE}/{second}/place", data={"to": "up"})
    assert _offered(house) == [second, first, *others]
    tuans.post(f"{HERE}/{second}/place", data={"to": "up"})
    tuans.post(f"{HERE}/{others[-1]}/place", data={"to": "down"})
    assert _offered(house) == [second, first, *others]


def test_a_retired_result_is_not_offered_and_comes_back(tuans: FlaskClient, house: House) -> None:
    before = _offered(house)
    tuans.post(f"{HERE}/{before[1]}/retire")
    assert before[1] not in _offered(house)
    tuans.post(f"{HERE}/{before[1]}/place", data={"to": "up"})
    with house():
        assert Outcome.is_known(before[1])  # the phone may have kept it for days
    tuans.post(f"{HERE}/{before[1]}/restore")
    assert _offered(house) == before


def test_the_last_one_stays(tuans: FlaskClient, house: House) -> None:
    for name in _offered(house):
        answer = tuans.post(f"{HERE}/{name}/retire")
    assert len(_offered(house)) == 1
    assert answer.status_code == 303
    assert "One has to stay" in tuans.get(HERE, headers=ENGLISH).text


@pytest.mark.parametrize("label", ["", "  ", "\u200b", "x" * 41])
def test_what_is_no_name_is_refused_beside_the_field(tuans: FlaskClient, house: House, label: str) -> None:
    answer = tuans.post(HERE, data={"label": label}, headers=ENGLISH)
    assert answer.status_code == 422
    assert 'aria-describedby="label-error"' in answer.text
    tuans.post(HERE, data={"label": "Hẹn lại"})
    assert tuans.post(f"{HERE}/{_own(house).name}", data={"label": label}).status_code == 422
    assert _own(house).label == "Hẹn lại"


def test_what_is_not_there_is_not_found(tuans: FlaskClient) -> None:
    for path in ("", "/place", "/retire", "/restore"):
        assert tuans.post(f"{HERE}/nothing{path}", data={"label": "x"}).status_code == 404


def test_only_who_sets_policies_comes_here(phone_of: PhoneOf, mai: Actor) -> None:
    assert phone_of(mai).get(HERE).status_code == 403


def test_tuan_finds_the_list_from_the_office_and_lan_does_not(
    tuans: FlaskClient, phone_of: PhoneOf, lan: Actor
) -> None:
    assert f'href="{HERE}"' in tuans.get("/admin").text
    assert f'href="{HERE}"' not in phone_of(lan).get("/admin").text
