"""Who sees which customers, and what nobody sees."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, CustomerTag, ExternalId
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.db import Model, db, writing
from crmweb.scope import NoPrincipal, Scoped
from crmweb.timeline import Event
from tests.shops import Shops, shop_name

Acting = Callable[[Actor], AbstractContextManager[None]]
House = Callable[[], AbstractContextManager[None]]

EVERYONES = ["lan", "hung", "outsider", "nobody", "coming", "over"]


def names() -> list[str]:
    return sorted(db.session.scalars(select(Customer.name)))


def of(*keepers: str) -> list[str]:
    return sorted(map(shop_name, keepers))


def test_lan_sees_her_shops_alone(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan):
        assert names() == of("lan")


def test_mai_sees_those_of_her_team(shops: Shops, acting: Acting, mai: Actor) -> None:
    with acting(mai):
        assert names() == of("lan", "hung")


def test_tuan_sees_every_shop(shops: Shops, acting: Acting, tuan: Actor) -> None:
    with acting(tuan):
        assert names() == of(*EVERYONES)


def test_an_outsider_sees_none_of_lans(shops: Shops, acting: Acting, outsider: Actor, binh: Actor) -> None:
    for person in (outsider, binh):
        with acting(person):
            assert names() == of("outsider")


def test_an_assignment_shows_a_shop_from_its_start_to_its_end(
    shops: Shops, acting: Acting, house: House, lan: Actor
) -> None:
    with house(), writing():
        for assignment in db.session.scalars(
            select(Assignment).where(Assignment.customer_id.in_([shops.coming, shops.over]))
        ):
            assignment.started_at, assignment.ended_at = assignment.created_at, None
    with acting(lan):
        assert names() == of("lan", "coming", "over")


@pytest.mark.parametrize(
    "kind",
    [Assignment, CustomerContact, CustomerEmail, CustomerPhone, CustomerTag, Event, ExternalId],
    ids=lambda kind: kind.__tablename__,
)
def test_what_hangs_on_a_shop_is_seen_by_those_who_see_the_shop(
    kind: type[Model], shops: Shops, acting: Acting, lan: Actor, mai: Actor, tuan: Actor
) -> None:
    kind_: type = kind
    seen: dict[str, set[uuid.UUID]] = {}
    for person in (lan, mai, tuan):
        with acting(person):
            seen[person.name] = set(db.session.scalars(select(kind_.customer_id)))  # type: ignore[attr-defined]
    assert seen[lan.name] == {shops.lan}
    assert seen[mai.name] == {shops.lan, shops.hung}
    assert seen[tuan.name] > seen[mai.name]


def test_a_contact_is_seen_by_whoever_sees_one_of_its_customers(
    shops: Shops, acting: Acting, house: House, lan: Actor, outsider: Actor
) -> None:
    with acting(lan):
        assert list(db.session.scalars(select(Contact.name))) == ["Keeper of lan"]
    with house(), writing():
        shared = db.session.scalars(select(Contact).where(Contact.name == "Keeper of lan")).one()
        db.session.add(CustomerContact(customer_id=shops.outsider, contact_id=shared.id, role="pays"))
    with acting(outsider):
        assert set(db.session.scalars(select(Contact.name))) == {"Keeper of lan", "Keeper of outsider"}
        assert set(db.session.scalars(select(CustomerContact.customer_id))) == {shops.outsider}


def test_a_strangers_shop_cannot_be_got_by_its_id(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan):
        assert db.session.get(Customer, shops.lan) is not None
        assert db.session.get(Customer, shops.outsider) is None
        assert db.session.get(Customer, shops.hung) is None


def test_a_strangers_head_office_stays_unknown(
    shops: Shops, acting: Acting, house: House, lan: Actor
) -> None:
    with house(), writing():
        db.session.get_one(Customer, shops.lan).parent_id = shops.outsider
        db.session.get_one(Customer, shops.hung).parent_id = shops.lan
    with acting(lan):
        shop = db.session.get_one(Customer, shops.lan)
        assert shop.parent is None
        assert shop.branches == []


def test_refreshing_an_object_shows_no_more_than_it_held(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan):
        shop = db.session.get_one(Customer, shops.lan)
        db.session.refresh(shop)
        db.session.expire(shop)
        assert shop.name == shop_name("lan")
        assert [phone.customer_id for phone in shop.phones] == [shops.lan]


def test_nobody_sees_a_table_that_does_not_say_who_may(app: Flask, acting: Acting, lan: Actor) -> None:
    class Undecided(Scoped):
        pass

    assert str(Undecided.seen_by_viewer().compile()) == "false"


# --- without anyone named ---------------------------------------------------------------------------


def test_nobody_reads_without_a_name(app: Flask, shops: Shops) -> None:
    with app.app_context():
        with pytest.raises(NoPrincipal):
            names()
        with pytest.raises(NoPrincipal):
            db.session.get(Customer, shops.lan)


def test_nobody_writes_without_a_name(app: Flask, shops: Shops) -> None:
    with app.app_context():
        db.session.add(CustomerTag(customer_id=shops.lan, tag="new"))
        with pytest.raises(NoPrincipal):
            db.session.flush()


def test_what_says_nothing_about_customers_is_open(app: Flask) -> None:
    from crmweb.accounts.models import User

    with app.app_context():
        assert len(list(db.session.scalars(select(User.id)))) == 6
