"""The people at a customer."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.clock import now
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.search import Search
from crmweb.db import db, new_id, writing
from crmweb.idempotency import refuse_taken
from tests.customers.shops import ENGLISH, Acting, House, PhoneOf, shop


@pytest.fixture
def bay(house: House, lan: Actor) -> uuid.UUID:
    with house(), writing():
        return shop("Tạp hóa Bảy", lan)


def people_at(house: House, customer: uuid.UUID) -> list[tuple[str, str]]:
    with house():
        return [(place.contact.name, place.role) for place in CustomerContact.of(customer)]


def add_hanh(house: House, *customers: uuid.UUID) -> uuid.UUID:
    with house(), writing():
        hanh = Contact.named("Chị Hạnh", at=now())
        for customer in customers:
            db.session.get_one(Customer, customer).name_contact(hanh, "owner", by=None, at=now())
        db.session.flush()
        return hanh.id


def test_lan_names_the_owner_and_finds_the_shop_by_her(
    phone_of: PhoneOf, house: House, acting: Acting, lan: Actor, bay: uuid.UUID
) -> None:
    client = phone_of(lan)
    fields = {
        "name": "Chị Hạnh", "role": "owner", "phone": "0987 654 321", "email": "hanh@shop.vn", "birthday": "20/11/1980",
        "birthday_lunar": "y", "preferences": "Thích Zalo",
    }  # fmt: skip
    answer = client.post(f"/customers/{bay}/contacts", data=fields)
    assert answer.location == f"/customers/{bay}"
    page = client.get(answer.location, headers=ENGLISH).text
    for text in (
        "Chị Hạnh",
        "Owner",
        "Birthday 20 Nov by the lunar calendar",
        "tel:+84987654321",
        "Thích Zalo",
    ):
        assert text in page, text
    (hanh,) = re.findall(r'href="(/contacts/[^"]+)"', page)
    assert 'value="20/11/1980"' in client.get(html.unescape(hanh)).text
    with acting(lan):
        for typed in ("hanh", "0987654"):
            assert [found.id for found in Search(typed).run()] == [bay]


def test_a_contact_is_added_once_under_one_key(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    fields, key = {"name": "Anh Tùng", "id": str(new_id())}, {"Idempotency-Key": "k-1"}
    for _ in range(2):
        assert phone_of(lan).post(f"/customers/{bay}/contacts", data=fields, headers=key).status_code == 201
    assert people_at(house, bay) == [("Anh Tùng", "other")]


def test_of_two_people_added_at_once_under_one_id_none_is_swallowed(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []

    def look(model: type[Contact], id: uuid.UUID) -> None:
        looked.append(id)
        if len(looked) > 2:  # both looked before either wrote
            refuse_taken(model, id)

    monkeypatch.setattr("crmweb.customers.contacts.routes.refuse_taken", look)
    minted = str(new_id())
    answers: list[int] = []
    for name in ("Anh Tùng", "Chị Hạnh"):
        key = {"Idempotency-Key": f"adds-{len(answers)}"}
        sent = {"name": name, "id": minted}
        answers.append(phone_of(lan).post(f"/customers/{bay}/contacts", data=sent, headers=key).status_code)
    assert answers == [201, 409]
    assert people_at(house, bay) == [("Anh Tùng", "other")]


def test_what_cannot_be_is_said_beside_the_field(phone_of: PhoneOf, lan: Actor, bay: uuid.UUID) -> None:
    wrong = [
        ({"name": " "}, "Type a name."),
        ({"phone": "12"}, "digits short"),
        ({"email": "x"}, "An address has an @ in it"),
        ({"birthday": "hôm qua"}, "A birthday looks like 20/11/1990."),
        ({"birthday": "31/02/1990"}, "A birthday looks like 20/11/1990."),
        ({"birthday": "2999-01-01"}, "This day is still to come."),
        ({"birthday": "1/1/1800"}, "Nobody here was born before 1900."),
        ({"role": "king"}, "Choose one of these."),
        ({"name": "x" * 201}, "At most 200 fit."),
    ]
    for fields, words in wrong:
        typed = {"name": "Hạnh", **fields}
        answer = phone_of(lan).post(f"/customers/{bay}/contacts", data=typed, headers=ENGLISH)
        assert answer.status_code == 422, fields
        assert words in answer.text, fields


def test_a_contact_is_changed_wherever_they_stand(
    phone_of: PhoneOf, house: House, acting: Acting, lan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    """Lan does not see Hùng's company, and yet he finds it by the new name."""
    with house(), writing():
        company = shop("Công ty của Hùng", hung)
    hanh = add_hanh(house, bay, company)
    client = phone_of(lan)
    assert "Công ty của Hùng" not in client.get(f"/contacts/{hanh}/edit").text
    fields = {"name": "Chị Hương", "role": "pays", "customer": str(bay)}
    assert client.post(f"/contacts/{hanh}", data=fields).location == f"/customers/{bay}"
    assert (people_at(house, bay), people_at(house, company)) == (
        [("Chị Hương", "pays")],
        [("Chị Hương", "owner")],
    )
    with acting(hung):
        assert [found.id for found in Search("huong").run()] == [company]
        assert Search("hanh").run() == []


def test_somebody_known_from_another_customer_is_added_by_a_tap(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    with house(), writing():
        other = shop("Đại lý Tám", lan)
        company = shop("Công ty của Hùng", hung)
    hanh, _hungs = add_hanh(house, other), add_hanh(house, company)
    client = phone_of(lan)
    page = client.get(f"/customers/{bay}/contacts/new?q=hanh").text
    assert re.findall(r'name="contact" value="([^"]+)"', page) == [str(hanh)]
    client.post(f"/customers/{bay}/contacts", data={"contact": str(hanh), "role": "owner"})
    assert people_at(house, bay) == [("Chị Hạnh", "owner")]


def test_a_strangers_contact_cannot_be_taken_over(
    phone_of: PhoneOf, house: House, lan: Actor, outsider: Actor, bay: uuid.UUID
) -> None:
    with house(), writing():
        foreign = shop("Của người khác", outsider)
    hanh, client = add_hanh(house, foreign), phone_of(lan)
    assert client.get(f"/contacts/{hanh}/edit").status_code == 404
    for address in (f"/contacts/{hanh}", f"/contacts/{hanh}/remove"):
        assert client.post(address, data={"name": "x", "customer": str(foreign)}).status_code == 404
    for contact in (str(hanh), "7"):
        assert client.post(f"/customers/{bay}/contacts", data={"contact": contact}).status_code == 404
    assert people_at(house, foreign) == [("Chị Hạnh", "owner")]


def test_who_stands_nowhere_any_more_is_forgotten(
    phone_of: PhoneOf, house: House, lan: Actor, hung: Actor, bay: uuid.UUID
) -> None:
    with house(), writing():
        company = shop("Công ty của Hùng", hung)
    hanh = add_hanh(house, bay, company)
    phone_of(lan).post(f"/contacts/{hanh}/remove", data={"customer": str(bay)})
    assert (people_at(house, bay), people_at(house, company)) == ([], [("Chị Hạnh", "owner")])
    phone_of(hung).post(f"/contacts/{hanh}/remove", data={"customer": str(company)})
    with house():
        assert db.session.scalars(select(Contact)).all() == []


def test_an_imported_role_and_a_flawed_number_stay_as_they_are(
    phone_of: PhoneOf, house: House, lan: Actor, bay: uuid.UUID
) -> None:
    hanh = add_hanh(house, bay)
    with house(), writing():
        contact = db.session.get_one(Contact, hanh)
        contact.phone = "0905 412 77"
        db.session.get_one(Customer, bay).name_contact(contact, "chủ quầy", by=None, at=now())
    client = phone_of(lan)
    assert 'value="chủ quầy"' in client.get(f"/contacts/{hanh}/edit").text
    fields = {"name": "Hạnh", "role": "chủ quầy", "phone": "0905 412 77", "customer": str(bay)}
    assert client.post(f"/contacts/{hanh}", data=fields).status_code == 303
    assert people_at(house, bay) == [("Hạnh", "chủ quầy")]
