"""Nobody writes to a shop that they do not see, by whatever key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask import Flask
from sqlalchemy import func, select

from crmweb import clock, timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, CustomerTag
from crmweb.customers.reaching.models import CustomerPhone
from crmweb.db import db, new_id, writing
from crmweb.protected import Unscoped
from crmweb.scope import NoPrincipal, NotYours
from crmweb.timeline import Event
from tests.shops import Shops

Acting = Callable[[Actor], AbstractContextManager[None]]
House = Callable[[], AbstractContextManager[None]]


def test_lan_writes_to_her_own_shop(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), writing():
        shop = db.session.get_one(Customer, shops.lan)
        db.session.add(CustomerTag(customer_id=shop.id, tag="friendly"))
        timeline.record(shop, "note.written", by=lan, at=clock.now())


def test_lan_need_not_hold_her_shop_in_her_hand(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), writing():
        db.session.add(CustomerTag(customer_id=shops.lan, tag="friendly"))


@pytest.mark.parametrize("keeper", ["hung", "outsider", "nobody", "coming", "over"])
def test_lan_writes_to_nobody_elses(keeper: str, shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.add(CustomerTag(customer_id=getattr(shops, keeper), tag="mine"))


def test_an_outsider_cannot_make_lans_shop_their_own(
    shops: Shops, acting: Acting, house: House, outsider: Actor
) -> None:
    now = clock.now()
    mine = {"person_id": outsider.id, "since": now.date(), "started_at": now, "created_at": now}
    with acting(outsider), pytest.raises(NotYours), writing():
        db.session.add(Assignment(customer_id=shops.lan, status="lead", **mine))
    with house():
        assert db.session.scalar(select(func.count()).where(Assignment.customer_id == shops.lan)) == 1


def test_a_row_cannot_be_moved_to_a_strangers_shop(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.scalars(select(CustomerPhone)).one().customer_id = shops.outsider


def test_a_shop_cannot_be_hung_under_a_strangers_head_office(
    shops: Shops, acting: Acting, lan: Actor
) -> None:
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.get_one(Customer, shops.lan).parent_id = shops.outsider


def test_a_strangers_contact_cannot_be_drawn_to_ones_own_shop(
    shops: Shops, acting: Acting, house: House, lan: Actor
) -> None:
    with house():
        theirs = db.session.scalars(select(Contact.id).where(Contact.name == "Keeper of outsider")).one()
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.add(CustomerContact(customer_id=shops.lan, contact_id=theirs, role="owner"))


def test_another_new_row_with_that_id_opens_no_door(shops: Shops, acting: Acting, lan: Actor) -> None:
    """A phone mints the ids of what it writes: it could mint that of a stranger's shop."""
    decoy = Contact(id=shops.outsider, name="Nobody", created_at=clock.now())
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.add_all([decoy, CustomerTag(customer_id=shops.outsider, tag="mine")])


def test_lan_adds_a_shop_and_what_belongs_to_it(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan), writing():
        responsible = db.session.get_one(User, lan.id)
        shop = Customer.add(
            by=lan, at=clock.now(), name="New", responsible=responsible, phones=["0901234568"]
        )
        shop.parent_id = shops.lan
        keeper = Contact(id=new_id(), name="Chị Hoa", created_at=clock.now())
        db.session.add(keeper)
        db.session.add(CustomerContact(customer_id=shop.id, contact_id=keeper.id, role="owner"))
    with acting(lan):
        assert db.session.scalar(select(func.count()).select_from(Customer)) == 2


def test_mai_writes_to_her_teams_and_tuan_to_all(
    shops: Shops, acting: Acting, mai: Actor, tuan: Actor
) -> None:
    for person, shop in ((mai, shops.lan), (mai, shops.hung), (tuan, shops.outsider), (tuan, shops.nobody)):
        with acting(person), writing():
            db.session.add(CustomerTag(customer_id=shop, tag=f"by {person.role}"))
    with acting(mai), pytest.raises(NotYours), writing():
        db.session.add(CustomerTag(customer_id=shops.outsider, tag="mine"))


def test_nobody_deletes_or_changes_without_a_name(app: Flask, house: House, shops: Shops) -> None:
    with house():
        tag = db.session.scalars(select(CustomerTag).where(CustomerTag.customer_id == shops.lan)).one()
    with app.app_context():
        db.session.add(tag)
        tag.tag = "changed"
        with pytest.raises(NoPrincipal):
            db.session.flush()
    with app.app_context():
        db.session.delete(tag)
        with pytest.raises(NoPrincipal):
            db.session.flush()


def test_a_refused_write_opens_no_door_for_the_next_read(shops: Shops, acting: Acting, lan: Actor) -> None:
    """What a flush sends is let through; a flush that broke off must not leave that door open."""
    customers = Customer.__table__
    with acting(lan):
        db.session.add(CustomerTag(customer_id=shops.outsider, tag="mine"))
        with pytest.raises(NotYours):
            db.session.flush()
        with db.session.no_autoflush, pytest.raises(Unscoped):
            db.session.execute(select(customers.c.name))


def test_an_empty_flush_opens_no_door_either(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan):
        shop = db.session.get_one(Customer, shops.lan)
        shop.phones.append(CustomerPhone(position=7, typed="1"))
        db.session.flush()
        loose = CustomerPhone(position=8, typed="2")
        shop.phones.append(loose)
        shop.phones.remove(loose)
        db.session.flush()
        with pytest.raises(Unscoped):
            db.session.execute(select(Customer.__table__.c.name))


def test_the_timeline_of_a_strangers_shop_takes_no_news(shops: Shops, acting: Acting, lan: Actor) -> None:
    now = clock.now()
    with acting(lan), pytest.raises(NotYours), writing():
        db.session.add(Event(customer_id=shops.hung, kind="note.written", at=now, recorded_at=now))
