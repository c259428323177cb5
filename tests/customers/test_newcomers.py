from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import inspect, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, CustomerTag, ExternalId
from crmweb.customers.newcomers import Newcomer, Newcomers
from crmweb.customers.reaching.emails import read_email
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.customers.reaching.phones import read_phone
from crmweb.db import Model, db, writing
from crmweb.timeline import Event, happened

House = Callable[[], AbstractContextManager[None]]
AT = datetime(2026, 11, 21, 18, 30, tzinfo=UTC)  # already the 22nd where Lan is
TABLES: tuple[type[Model], ...] = (
    Customer, CustomerPhone, CustomerEmail, CustomerTag, ExternalId, Contact, CustomerContact, Assignment, Event,
)  # fmt: skip
KEYS = {"id", "seq", "customer_id", "contact_id"}

BAY = Newcomer(
    facts={
        "name": "Tạp hóa Bảy", "code": "KH7", "kind": "company", "tax_number": "0401234567", "address": "5 Lê Lợi",
        "website": "bay.example", "tier": "A", "status": "customer", "source": "hội chợ", "preferences": "mở từ 6h",
    },
    phones=[read_phone("0905 412 77"), read_phone("0905 444 505")],
    emails=[read_email("bay"), read_email("bay@example.com")],
    tags=["VIP", "chợ"],
    pin=(16.0544, 108.2022, None),
    contact="Chị Bảy",
    source="import",
    external_id="7",
)  # fmt: skip
MANY = [
    BAY,
    Newcomer(facts={"name": "Mười"}),
    Newcomer(facts={"name": "Lạc", "status": "lead", "tier": "B"}, pin=(0.0, 0.0, "zero")),
    Newcomer(facts={"name": "Xa", "tier": "C"}, pin=(None, None, "out_of_range"), phones=[read_phone("113")]),
]


def one_by_one(newcomer: Newcomer, person: User | None) -> None:
    facts: dict[str, Any] = dict(newcomer.facts)
    lists: dict[str, Any] = {"phones": newcomer.phones, "emails": newcomer.emails, "tags": newcomer.tags}
    customer = Customer.add(by=None, at=AT, responsible=person, **facts, **lists)
    lat, lng, flaw = newcomer.pin or (None, None, None)
    if lat is not None and lng is not None:
        customer.move_pin(lat, lng, source="import", by=None, at=AT, flaw=flaw)
    elif flaw:
        customer.flag_pin(flaw)
    if newcomer.contact:
        contact = Contact(name=newcomer.contact, created_at=AT)
        customer.contacts.append(CustomerContact(contact=contact, position=0))
        customer.file()
    if newcomer.external_id:
        db.session.add(
            ExternalId(customer_id=customer.id, source=newcomer.source, external_id=newcomer.external_id)
        )


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of customers, without the keys that differ by nature."""
    return {model.__name__: rows_of(model) for model in TABLES}


def rows_of(model: type[Model]) -> list[dict[str, Any]]:
    columns = [column.key for column in inspect(model).column_attrs if column.key not in KEYS]
    rows = [
        {name: getattr(row, name) for name in columns} for row in db.session.scalars(select(model)).unique()
    ]
    return sorted(rows, key=str)


@pytest.mark.parametrize("responsible", ["lan@example.com", ""])
def test_customers_added_in_bulk_are_the_same_as_those_added_one_by_one(
    house: House, responsible: str
) -> None:
    with house(), clock.frozen(AT):
        with writing():
            person = User.with_email(responsible) if responsible else None
            for newcomer in MANY:
                one_by_one(newcomer, person)
        singly = everything()
        with writing():
            for customer in db.session.scalars(select(Customer)):
                db.session.delete(customer)
            for contact in db.session.scalars(select(Contact)):
                db.session.delete(contact)
        with writing():
            person = User.with_email(responsible) if responsible else None
            newcomers = Newcomers(None, AT)
            for newcomer in MANY:
                newcomers.add(replace(newcomer, responsible=person))
            newcomers.write()
        assert everything() == singly


def test_whoever_listens_hears_of_each_customer_added_in_bulk(house: House, tuan: Actor) -> None:
    heard: list[Event] = []

    def listen(kind: str, event: Event, before: str | None) -> None:
        assert before is None
        heard.append(event)

    with house(), happened.connected_to(listen, sender="customer.created"), writing():
        newcomers = Newcomers(tuan, AT)
        added = [newcomers.add(newcomer) for newcomer in MANY]
        newcomers.write()
    assert [(event.customer_id, event.by_id, event.at) for event in heard] == [
        (customer_id, tuan.id, AT) for customer_id in added
    ]


def test_what_was_written_is_not_written_again(house: House) -> None:
    with house():
        with writing():
            newcomers = Newcomers(None, AT)
            newcomers.add(BAY)
            newcomers.write()
            newcomers.write()
        assert len(everything()["Customer"]) == 1
