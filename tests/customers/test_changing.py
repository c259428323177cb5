"""Changing a customer: only what was touched, whoever else is at it."""

from __future__ import annotations

import html
import json
import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.clock import now
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.timeline import Event
from tests.customers.shops import ENGLISH, House, PhoneOf, shop


@pytest.fixture
def bay(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop(
            "Tạp hóa Bảy",
            lan,
            code="KH-7",
            tier="B",
            phones=["0905 412 777"],
            tags=["sỉ"],
            at=(16.07, 108.22),
        )


def filled(client: FlaskClient, customer: uuid.UUID) -> dict[str, Any]:
    """What a browser would send if the form was opened and sent back untouched."""
    page = client.get(f"/customers/{customer}/edit").text
    form = page[page.index('id="customer-form"') : page.index("</form>")]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        known = {name: html.unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if known.get("type") not in ("radio", "checkbox") or re.search(r"\schecked\b", tag):
            sent.setdefault(known["name"], []).append(known.get("value", ""))
    for name, text in re.findall(r'<textarea[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', form, re.S):
        sent[name] = [html.unescape(text).removeprefix("\r\n")]
    return dict(sent)


def facts(house: House, customer: uuid.UUID) -> Customer:
    with house():
        found = db.session.get_one(Customer, customer)
        assert found.phones is not None
        assert found.tags is not None
        db.session.expunge_all()
        return found


def happened(house: House, customer: uuid.UUID) -> list[tuple[str, Any]]:
    with house():
        events = db.session.scalars(select(Event).where(Event.customer_id == customer).order_by(Event.seq))
        return [(event.kind, event.payload.get("fields")) for event in events][1:]


def test_a_form_sent_back_untouched_changes_nothing(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    client = phone_of(lan)
    before = facts(house, bay).updated_at
    assert client.post(f"/customers/{bay}", data=filled(client, bay)).status_code == 303
    assert facts(house, bay).updated_at == before
    assert happened(house, bay) == []


def test_what_was_touched_is_changed_and_told(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    client = phone_of(lan)
    fields = filled(client, bay) | {
        "name": ["Tạp hóa Bảy Mới"],
        "tier": ["A"],
        "phones": ["0905 412 777", "0912345678"],
    }
    assert client.post(f"/customers/{bay}", data=fields).location == f"/customers/{bay}"
    changed = facts(house, bay)
    assert (changed.name, changed.tier, changed.code) == ("Tạp hóa Bảy Mới", "A", "KH-7")
    assert [row.e164 for row in changed.phones] == ["+84905412777", "+84912345678"]
    assert happened(house, bay) == [("customer.changed", ["name", "phones", "tier"])]


def test_what_a_colleague_changed_meanwhile_stays(
    phone_of: PhoneOf, house: House, lan: Actor, mai: Actor, bay: uuid.UUID
) -> None:
    lans, mais = phone_of(lan), phone_of(mai)
    lans_form, mais_form = filled(lans, bay), filled(mais, bay)
    mais.post(f"/customers/{bay}", data=mais_form | {"address": ["12 Lê Lợi"], "tags": ["sỉ, mới"]})
    lans.post(f"/customers/{bay}", data=lans_form | {"name": ["Bảy của Lan"]})
    changed = facts(house, bay)
    assert (changed.name, changed.address, changed.tags) == ("Bảy của Lan", "12 Lê Lợi", ["mới", "sỉ"])


def test_a_script_may_send_one_field_alone(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    key = {"Idempotency-Key": "k-1"}
    for _ in range(2):
        answer = phone_of(lan).post(f"/customers/{bay}", data={"phone": "0912345678"}, headers=key)
        assert (answer.status_code, answer.headers["Idempotency-Key"]) == (200, "k-1")
    changed = facts(house, bay)
    assert (changed.name, changed.phone, changed.lat, changed.tags) == (
        "Tạp hóa Bảy",
        "+84912345678",
        16.07,
        ["sỉ"],
    )
    assert len(happened(house, bay)) == 1


def test_an_imported_flaw_stands_until_somebody_touches_it(
    phone_of: PhoneOf, house: House, lan: Actor
) -> None:
    with house(), writing():
        flawed = shop("Nhập từ tệp", lan, phones=["0905 412 77"], emails=["x.shop.vn"])
        db.session.get_one(Customer, flawed).move_pin(0, 0, source="import", by=None, at=now(), flaw="zero")
    client = phone_of(lan)
    page = client.get(f"/customers/{flawed}", headers=ENGLISH).text
    for words in ("One digit short.", "An address has an @ in it", "0, 0, which is in the sea"):
        assert words in page, words
    fields = filled(client, flawed)
    assert client.post(f"/customers/{flawed}", data=fields | {"name": ["Đã xem"]}).status_code == 303
    assert facts(house, flawed).name == "Đã xem"
    wrong = client.post(f"/customers/{flawed}", data=fields | {"phones": ["0905 412 7"]}, headers=ENGLISH)
    assert wrong.status_code == 422
    assert "2 digits short" in wrong.text
    assert (
        client.post(f"/customers/{flawed}", data=fields | {"lat": ["0"], "lng": ["0.0"]}).status_code == 422
    )


def test_a_pin_is_moved_and_taken_away(phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID) -> None:
    client = phone_of(lan)
    client.post(f"/customers/{bay}", data=filled(client, bay) | {"lat": ["16.08"], "accuracy_m": ["9"]})
    moved = facts(house, bay)
    assert (moved.lat, moved.lng, moved.pin_source) == (16.08, 108.22, "gps")
    client.post(f"/customers/{bay}", data=filled(client, bay) | {"lat": [""], "lng": [""]})
    assert facts(house, bay).lat is None
    assert happened(house, bay) == [("pin.moved", None), ("pin.removed", None)]


def test_a_head_office_never_stands_under_its_own_branch(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    with house(), writing():
        branch = shop("Chi nhánh", lan, code="CN", parent_id=bay)
    for parent in ("CN", "KH-7", str(bay), str(branch)):
        answer = phone_of(lan).post(f"/customers/{bay}", data={"parent": parent}, headers=ENGLISH)
        assert answer.status_code == 422, parent
        assert "cannot be above its own head office" in answer.text


def test_a_head_office_that_lan_may_not_see_stays_when_she_saves(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor
) -> None:
    with house(), writing():
        office = shop("Trụ sở của Hùng", hung)
        branch = shop("Chi nhánh của Lan", lan, parent_id=office)
    client = phone_of(lan)
    assert "Trụ sở của Hùng" not in client.get(f"/customers/{branch}").text
    assert "Trụ sở của Hùng" not in client.get(f"/customers/{branch}/edit").text
    client.post(f"/customers/{branch}", data=filled(client, branch) | {"name": ["Mới"]})
    assert facts(house, branch).parent_id == office


@pytest.mark.parametrize("was", ["", '{"parent": "HQ"}'])
def test_a_head_office_that_lan_may_not_see_is_not_hers_to_take_away(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, bay: uuid.UUID, was: str
) -> None:
    with house(), writing():
        office = shop("Trụ sở của Hùng", hung, code="HQ")
        branch = shop("Chi nhánh của Lan", lan, parent_id=office)
    phone = phone_of(lan)
    cleared = phone.post(f"/customers/{branch}", data={"was": was, "parent": "", "name": "Mới"})
    assert cleared.status_code == 303
    replaced = phone.post(f"/customers/{branch}", data={"was": was, "parent": "KH-7"}, headers=ENGLISH)
    assert replaced.status_code == 422
    assert "a head office that you do not see" in replaced.text
    found = facts(house, branch)
    assert (found.name, found.parent_id) == ("Mới", office)


@pytest.mark.parametrize("was", ["", "null", "[]", "7", '{"name": 7}', "[" * 100_000, '{"name": "x"}', '"x"'])
def test_what_the_page_remembered_may_be_lost_or_forged(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID, was: str
) -> None:
    answer = phone_of(lan).post(f"/customers/{bay}", data={"was": was, "name": "Tên mới"})
    assert answer.status_code == 303
    assert facts(house, bay).name == "Tên mới"


def test_a_forged_memory_lets_nothing_wrong_in(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    forged = {"was": json.dumps({"phones": ["12"], "tier": "Z"}), "phones": "12", "tier": "Z"}
    phone_of(lan).post(f"/customers/{bay}", data=forged)
    assert (facts(house, bay).phone, facts(house, bay).tier) == ("+84905412777", "B")


class TestPuttingAway:
    def test_it_leaves_the_list_and_can_be_undone(
        self, phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
    ) -> None:
        client = phone_of(lan)
        answer = client.post(f"/customers/{bay}/archive")
        page = client.get(answer.location, headers=ENGLISH).text
        assert f'action="/customers/{bay}/restore"' in page
        assert "Undo" in page
        assert "Tạp hóa Bảy" not in client.get("/customers").text
        assert facts(house, bay).cell is None
        client.post(f"/customers/{bay}/restore")
        assert "Tạp hóa Bảy" in client.get("/customers").text
        assert [kind for kind, _ in happened(house, bay)] == ["customer.archived", "customer.restored"]

    def test_a_forged_notice_offers_no_foreign_address(self, phone_of: PhoneOf, lan: Actor) -> None:
        client = phone_of(lan)
        client.set_cookie("notice", "customer_archived //evil.example/x")
        assert "evil" not in client.get("/customers").text


def test_strangers_find_nothing_to_change(
    phone_of: PhoneOf, house: House, outsider: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    for stranger in (outsider, hung):
        client = phone_of(stranger)
        assert client.get(f"/customers/{bay}/edit").status_code == 404
        for address in ("", "/archive", "/restore", "/contacts"):
            answer = client.post(f"/customers/{bay}{address}", data={"name": "x"})
            assert answer.status_code == 404, address
    assert facts(house, bay).name == "Tạp hóa Bảy"
