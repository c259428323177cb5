"""Roles that an admin makes from named rights, and what they open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import LastOne, TakenEmail, User
from crmweb.accounts.roles import MANAGER, PERMISSIONS, Role, TakenTitle, rights_of, roles_with
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from tests.shops import Shops, shop_name

House = Callable[[], AbstractContextManager[None]]
Acting = Callable[[Actor], AbstractContextManager[None]]
PhoneOf = Callable[[Actor], FlaskClient]


def user(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def give(person: Actor, *permissions: str, title: str = "Made") -> None:
    with writing():
        role = Role.make(title, permissions, at=clock.now())
        user(person).change_role(role.name, by=None, at=clock.now())


def test_a_made_role_opens_what_it_names_and_nothing_else(
    house: House, lan: Actor, phone_of: PhoneOf
) -> None:
    with house():
        give(lan, "customers:read:own")
    phone = phone_of(lan)
    assert phone.get("/customers").status_code == 200
    assert phone.get("/customers/new").status_code == 403
    assert phone.get("/settings").status_code == 200


def test_other_rights_hold_from_the_next_request(house: House, lan: Actor, phone_of: PhoneOf) -> None:
    with house():
        give(lan, "customers:read:own")
    phone = phone_of(lan)
    with house(), writing():
        (role,) = Role.all()
        role.change("Made", ["customers:write", "customers:read:own"])
    assert phone.get("/customers/new").status_code == 200


def test_a_wider_right_brings_the_narrower_ones(house: House) -> None:
    with house(), writing():
        role = Role.make("Auditor", ["customers:read:all"], at=clock.now())
        assert {"customers:read:own", "customers:read:team", "own:settings"} <= set(role.permissions)
        assert role.name in roles_with("customers:read:team")


def test_a_right_that_nobody_knows_is_refused(house: House) -> None:
    with house(), writing(), pytest.raises(KeyError):
        Role.make("Auditor", ["customers:eat"], at=clock.now())


def test_a_right_that_was_given_up_counts_no_more(house: House) -> None:
    with house(), writing():
        role = Role.make("Auditor", ["customers:read:own"], at=clock.now())
        role.permissions = [*role.permissions, "customers:eat"]
        db.session.flush()
        assert rights_of(role.name) <= PERMISSIONS.keys()


@pytest.mark.parametrize("title", ["Auditor", "auditor ", "ＡＵＤＩＴＯＲ"])
def test_two_roles_are_not_called_the_same(house: House, title: str) -> None:
    with house(), writing():
        Role.make("Auditor", [], at=clock.now())
        with pytest.raises(TakenTitle):
            Role.make(title, [], at=clock.now())


def test_who_sees_their_own_alone_does_not_see_their_people(house: House, acting: Acting, mai: Actor) -> None:
    with house():
        Shops.open()
        with acting(mai):
            assert shop_name("lan") in db.session.scalars(select(Customer.name)).all()
        give(mai, *(MANAGER - {"customers:read:team"}))
    with acting(mai):
        assert shop_name("lan") not in db.session.scalars(select(Customer.name)).all()
    with house(), writing():
        user(mai).change_role("manager", by=None, at=clock.now())
    with acting(mai):
        assert shop_name("lan") in db.session.scalars(select(Customer.name)).all()


def test_somebody_is_left_who_lets_people_in(house: House, tuan: Actor, mai: Actor) -> None:
    with house(), writing():
        with pytest.raises(LastOne):
            user(tuan).change_role("rep", by=tuan, at=clock.now())
        with pytest.raises(LastOne):
            user(tuan).deactivate(by=tuan, at=clock.now())
        user(mai).change_role("admin", by=tuan, at=clock.now())
        user(tuan).deactivate(by=mai, at=clock.now())
        assert not user(tuan).active


@pytest.mark.parametrize("email", ["lan@example.com", "LAN@example.com", "ｌａｎ@example.com"])
def test_an_email_is_one_persons(house: House, tuan: Actor, email: str) -> None:
    with house(), writing():
        with pytest.raises(TakenEmail):
            User.add("Lan", role="rep", email=email, at=clock.now(), by=tuan)
        with pytest.raises(TakenEmail):
            user(tuan).be_reached(email, None, by=tuan, at=clock.now())
