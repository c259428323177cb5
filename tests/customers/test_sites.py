"""Several sites of one account: added, moved, and when somebody was at each."""

from __future__ import annotations

import re
import uuid

import pytest

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, House, PhoneOf, shop


@pytest.fixture
def head(house: House, hung: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Khách sạn Sông Hương", hung, code="SH", kind="company", tier="A")


@pytest.fixture
def site(house: House, hung: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Sông Hương Huế", hung, code="SH-1", tier="B", visited_days_ago=40)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page[page.index("<main") :]).split())


def _parent(house: House, site: uuid.UUID) -> uuid.UUID | None:
    with house():
        return db.session.get_one(Customer, site).parent_id


def test_a_site_is_added_by_its_code_and_shows_its_last_visit_and_due(
    phone_of: PhoneOf, hung: Actor, head: uuid.UUID, site: uuid.UUID, house: House
) -> None:
    phone = phone_of(hung)
    assert "Add a site" in words(phone.get(f"/customers/{head}", headers=ENGLISH).text)
    answer = phone.post(f"/customers/{head}/sites", data={"site": "SH-1"})
    assert (answer.status_code, answer.location) == (303, f"/customers/{head}")
    assert _parent(house, site) == head
    said = words(phone.get(f"/customers/{head}", headers=ENGLISH).text)
    assert re.search(r"Sites 1 .*Sông Hương Huế 10 days overdue last visit \d+ \w+", said)
    with house():
        told = db.session.query(Event).filter_by(customer_id=site, kind="customer.changed").one()
        assert told.payload == {"fields": ["parent_id"]}


def test_what_cannot_be_a_site_is_refused_in_words(
    phone_of: PhoneOf, hung: Actor, lan: Actor, head: uuid.UUID, site: uuid.UUID, house: House
) -> None:
    with house(), writing():
        shop("Của Lan", lan, code="LAN")
        for _ in range(2):
            shop("Trùng tên", hung)
    phone = phone_of(hung)
    phone.post(f"/customers/{head}/sites", data={"site": "SH-1"})
    for typed, why in (
        ("", "None of your customers has this code or name."),
        ("LAN", "None of your customers has this code or name."),
        ("Trùng tên", "Several customers are called so."),
        ("SH", "A customer cannot be above its own head office."),
        ("x" * 5000, "None of your customers has this code or name."),
    ):
        answer = phone.post(f"/customers/{head}/sites", data={"site": typed}, headers=ENGLISH)
        assert answer.status_code == 422, typed
        assert why in words(answer.text)
    above = phone.post(f"/customers/{site}/sites", data={"site": "SH"}, headers=ENGLISH)
    assert above.status_code == 422
    assert _parent(house, head) is None


def test_a_site_moves_to_another_head_office_and_to_none(
    phone_of: PhoneOf, hung: Actor, head: uuid.UUID, site: uuid.UUID, house: House
) -> None:
    with house(), writing():
        other = shop("Tập đoàn Bạch Mã", hung, code="BM", kind="company")
    phone = phone_of(hung)
    phone.post(f"/customers/{head}/sites", data={"site": "SH-1"})
    form = phone.get(f"/customers/{site}/head-office", headers=ENGLISH).text
    assert 'value="SH"' in form
    assert phone.post(f"/customers/{site}/head-office", data={"parent": "BM"}).status_code == 303
    assert _parent(house, site) == other
    wrong = phone.post(f"/customers/{site}/head-office", data={"parent": "nirgends"}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert 'value="nirgends"' in wrong.text
    assert phone.post(f"/customers/{site}/head-office", data={"parent": ""}).status_code == 303
    assert _parent(house, site) is None


def test_a_hidden_head_office_is_kept(
    phone_of: PhoneOf, hung: Actor, lan: Actor, head: uuid.UUID, site: uuid.UUID, house: House
) -> None:
    with house(), writing():
        lans = shop("Trụ sở của Lan", lan, kind="company")
        db.session.get_one(Customer, site).change(by=None, at=clock.now(), parent_id=lans)
    phone = phone_of(hung)
    assert phone.post(f"/customers/{site}/head-office", data={"parent": "SH"}).status_code == 422
    assert phone.post(f"/customers/{site}/head-office", data={"parent": ""}).status_code == 303
    assert phone.post(f"/customers/{head}/sites", data={"site": "SH-1"}).status_code == 422
    assert _parent(house, site) == lans


def test_strangers_move_nothing(
    phone_of: PhoneOf, outsider: Actor, head: uuid.UUID, site: uuid.UUID, house: House
) -> None:
    phone = phone_of(outsider)
    for address in (f"/customers/{head}/sites", f"/customers/{site}/head-office"):
        assert phone.post(address, data={"site": "SH-1", "parent": "SH"}).status_code == 404
    assert phone.get(f"/customers/{head}/sites/new").status_code == 404
    assert _parent(house, site) is None


def test_a_new_site_begins_with_its_head_office(phone_of: PhoneOf, hung: Actor, head: uuid.UUID) -> None:
    phone = phone_of(hung)
    form = phone.get(f"/customers/new?parent={head}&tier=A").text
    assert 'value="SH"' in form
    assert 'value=""' in phone.get("/customers/new?parent=nobody").text
    answer = phone.post("/customers", data={"name": "Sông Hương Đà Nẵng", "parent": "SH", "tier": "A"})
    assert answer.status_code == 303
    assert "Sông Hương Đà Nẵng" in words(phone.get(f"/customers/{head}").text)
