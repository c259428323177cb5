"""A lead on the spot: a name, and where one stands."""

from __future__ import annotations

import uuid

import pytest
from flask.testing import FlaskClient

from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, new_id
from tests.customers.shops import ENGLISH, House, PhoneOf

HERE = {"here": "1", "status": "lead", "lat": "21.028600", "lng": "105.854200", "accuracy_m": "18"}


@pytest.fixture
def phone(phone_of: PhoneOf, lan: Actor) -> FlaskClient:
    return phone_of(lan)


def test_a_name_and_a_position_make_a_lead(phone: FlaskClient, house: House, lan: Actor) -> None:
    minted = new_id()
    sent = {
        **HERE,
        "id": str(minted),
        "name": "Tạp hóa Út Hương",
        "tags": "grocery",
        "phones": "0905 111 222",
    }
    assert phone.post("/customers", data=sent).headers["Location"] == f"/customers/{minted}"
    with house():
        lead = db.session.get_one(Customer, minted)
        assert (lead.status, lead.tags, lead.pin_source, lead.lat) == ("lead", ["grocery"], "gps", 21.0286)
        assert (lead.pin_by_id, [row.typed for row in lead.phones]) == (lan.id, ["0905 111 222"])
        assert [each.person_id for each in lead.people] == [lan.id]


def test_without_a_position_it_is_saved_all_the_same(phone: FlaskClient, house: House) -> None:
    answer = phone.post(
        "/customers", data={**HERE, "name": "Quán Mộc", "lat": "", "lng": "", "accuracy_m": ""}
    )
    assert answer.status_code == 303
    with house():
        found = db.session.get_one(Customer, uuid.UUID(answer.headers["Location"].split("/")[-1]))
        assert (found.status, found.lat) == ("lead", None)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "Type a name."),
        ({"name": "Mộc", "phones": "12"}, "phones-error"),
        ({"name": "Mộc", "lat": "0", "lng": "0"}, "0, 0 is in the sea"),
        ({"name": "Mộc", "lat": "NaN"}, "are numbers"),
    ],
)
def test_what_is_wrong_comes_back_on_the_same_page(
    phone: FlaskClient, fields: dict[str, str], words: str
) -> None:
    answer = phone.post("/customers", data={**HERE, "tags": "café", **fields}, headers=ENGLISH)
    assert answer.status_code == 422
    assert words in answer.text
    assert "New lead here" in answer.text
    assert 'value="café" checked' in answer.text
    if "lat" not in fields:
        assert 'name="lat" value="21.028600"' in answer.text


def test_the_page_is_reached_from_where_one_looks_around(phone: FlaskClient) -> None:
    for page in ("/nearby", "/nearby?lat=21&lng=105", "/customers", "/customers/new"):
        assert 'href="/customers/new/here"' in phone.get(page).text, page
