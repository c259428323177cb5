"""Roles that an admin makes from named rights, and what they open."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.finding import patterns
from crmweb.accounts.models import TakenEmail, User
from crmweb.accounts.roles import (
    MANAGER,
    PERMISSIONS,
    Beyond,
    Role,
    RoleInUse,
    TakenTitle,
    rights_of,
    roles_with,
)
from crmweb.accounts.tree import LastOne
from crmweb.audit import Entry
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
        role.change("Made", ["customers:write", "customers:read:own"], by=None, at=clock.now())
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


def test_who_alone_can_give_a_right_stays_until_somebody_else_can(
    house: House, tuan: Actor, mai: Actor
) -> None:
    with house():
        give(mai, "users:manage", title="Office")
        with writing():
            with pytest.raises(LastOne):
                user(tuan).change_role("rep", by=tuan, at=clock.now())
            with pytest.raises(LastOne):
                user(tuan).deactivate(by=tuan, at=clock.now())
            user(mai).deactivate(by=tuan, at=clock.now())
            user(mai).come_back(by=tuan, at=clock.now())
            user(mai).change_role("admin", by=tuan, at=clock.now())
            user(tuan).change_role("rep", by=tuan, at=clock.now())


def test_a_role_loses_no_right_that_nobody_else_can_give(house: House, tuan: Actor, mai: Actor) -> None:
    def lose_the_audit() -> None:
        with writing():
            Role.all()[0].change("Made", set(PERMISSIONS) - {"audit:read"}, by=None, at=clock.now())

    with house():
        give(tuan, *PERMISSIONS)
        with pytest.raises(LastOne):
            lose_the_audit()
        with writing():
            user(mai).change_role("admin", by=None, at=clock.now())
        lose_the_audit()
        assert "audit:read" not in user(tuan).permissions


@pytest.mark.parametrize("email", ["lan@example.com", "LAN@example.com", "ｌａｎ@example.com"])
def test_an_email_is_one_persons(house: House, tuan: Actor, email: str) -> None:
    with house(), writing():
        with pytest.raises(TakenEmail):
            User.add("Lan", role="rep", email=email, at=clock.now(), by=tuan)
        with pytest.raises(TakenEmail):
            user(tuan).be_reached(email, None, by=tuan, at=clock.now())


def test_nobody_gives_what_they_do_not_hold(house: House, mai: Actor, lan: Actor, tuan: Actor) -> None:
    with house(), writing():
        with pytest.raises(Beyond):
            Role.make("Too much", ["users:manage"], by=mai, at=clock.now())
        with pytest.raises(Beyond):
            User.add("Friend", role="admin", by=mai, at=clock.now())
        with pytest.raises(Beyond):
            user(lan).change_role("admin", by=mai, at=clock.now())
        with pytest.raises(Beyond):
            user(tuan).change_role("rep", by=mai, at=clock.now())
        role = Role.make("Auditor", ["deliveries:manage"], by=tuan, at=clock.now())
        with pytest.raises(Beyond):
            role.change("Auditor", ["customers:read:own"], by=mai, at=clock.now())
        with pytest.raises(Beyond):
            role.remove(by=mai, at=clock.now())
        assert role.permissions == ["deliveries:manage", "own:settings"]


def test_a_role_that_loses_the_team_shows_nobodys_customers_any_more(
    house: House, acting: Acting, mai: Actor
) -> None:
    def her_sight() -> bool:
        with acting(mai):
            return shop_name("lan") in db.session.scalars(select(Customer.name)).all()

    with house():
        Shops.open()
        give(mai, *MANAGER, title="Team lead")
    assert her_sight()
    for rights, sees in ((MANAGER - {"customers:read:team"}, False), (MANAGER, True)):
        with house(), writing():
            (role,) = Role.all()
            role.change("Team lead", rights, by=None, at=clock.now())
        assert her_sight() is sees


def test_the_last_role_that_lets_people_in_keeps_its_right(house: House, tuan: Actor) -> None:
    def take_away() -> None:
        with writing():
            Role.all()[0].change("Made", ["deliveries:manage"], by=None, at=clock.now())

    with house():
        give(tuan, *PERMISSIONS)
        with pytest.raises(LastOne):
            take_away()
    with house():
        assert "users:manage" in user(tuan).permissions


def test_a_role_goes_when_nobody_holds_it(house: House, lan: Actor, tuan: Actor) -> None:
    with house():
        give(lan, "customers:read:own")
        with writing():
            (role,) = Role.all()
            with pytest.raises(RoleInUse):
                role.remove(by=tuan, at=clock.now())
            user(lan).deactivate(by=tuan, at=clock.now())
            with pytest.raises(RoleInUse):
                role.remove(by=tuan, at=clock.now())
            user(lan).change_role("rep", by=tuan, at=clock.now())
            role.remove(by=tuan, at=clock.now())
        assert Role.all() == []


def test_what_was_done_to_a_role_is_written_down(house: House, tuan: Actor) -> None:
    with house(), writing():
        role = Role.make("Auditor", ["deliveries:manage"], by=tuan, at=clock.now())
        role.change("Auditor", ["deliveries:manage"], by=tuan, at=clock.now())
        role.change("Revisor", ["deliveries:manage", "team:read"], by=tuan, at=clock.now())
        role.remove(by=tuan, at=clock.now())
        told = [entry for entry in db.session.scalars(select(Entry)) if entry.about_kind == "role"]
        assert [entry.action for entry in told] == ["role.made", "role.changed", "role.removed"]
        before, after = told[1].values.before, told[1].values.after
        assert before == {"title": "Auditor", "permissions": ["deliveries:manage", "own:settings"]}
        assert after == {
            "title": "Revisor",
            "permissions": ["deliveries:manage", "own:settings", "team:read"],
        }
        assert {entry.by_id for entry in told} == {tuan.id}


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("nguyen lan", True),
        ("LAN NGUYỄN", True),
        ("ngu", True),
        ("lan@exam", True),
        ("an", False),
        ("%", True),
    ],
)
def test_lan_is_found_without_accents(house: House, lan: Actor, typed: str, found: bool) -> None:
    with house():
        fits = [User.folded.like(pattern) for pattern in patterns(typed)]
        assert (lan.name in db.session.scalars(select(User.name).where(*fits)).all()) is found


def test_lan_is_found_by_her_new_name_and_number(house: House, lan: Actor) -> None:
    with house(), writing():
        user(lan).rename("Đặng Thị Ố", by=None, at=clock.now())
        user(lan).be_reached(None, "+84912345678", by=None, at=clock.now())
        for typed in ("dang o", "0912 345", "+84 912 345 678"):
            fits = [User.folded.like(pattern) for pattern in patterns(typed)]
            assert db.session.scalars(select(User.id).where(*fits)).all() == [lan.id], typed
