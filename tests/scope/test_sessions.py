"""On whose behalf a session works never passes to the next one: not by the pool, a thread, or a nested block."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select, text

from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer, CustomerTag
from crmweb.db import db, session_at_work
from crmweb.protected import Unscoped
from crmweb.scope import NoPrincipal, act_for, principal, system_access
from tests.shops import Shops, shop_name

Acting = Callable[[Actor], AbstractContextManager[None]]
House = Callable[[], AbstractContextManager[None]]


def names() -> set[str]:
    return set(db.session.scalars(select(Customer.name)))


def test_a_pooled_connection_forgets_who_used_it(app: Flask, shops: Shops, house: House) -> None:
    with house():
        assert names()
    with app.app_context(), db.engine.connect() as connection, pytest.raises(NoPrincipal):
        connection.execute(text("SELECT name FROM customers"))


def test_the_next_request_starts_without_anybody(
    app: Flask, shops: Shops, acting: Acting, lan: Actor
) -> None:
    with acting(lan):
        assert names() == {shop_name("lan")}
    with app.app_context(), pytest.raises(NoPrincipal):
        names()


def test_a_removed_session_takes_its_person_along(shops: Shops, acting: Acting, lan: Actor) -> None:
    with acting(lan):
        names()
        db.session.remove()
        with pytest.raises(NoPrincipal):
            names()


def test_a_person_is_known_before_there_is_a_session_and_to_it_alone(
    app: Flask, shops: Shops, lan: Actor, hung: Actor
) -> None:
    with app.app_context():
        act_for(hung.principal)
        act_for(lan.principal)
        assert session_at_work() is None
        assert principal() == lan.principal
        with app.app_context(), pytest.raises(NoPrincipal):
            names()
        assert names() == {shop_name("lan")}
        assert principal() == lan.principal
        db.session.remove()
        with pytest.raises(NoPrincipal):
            principal()


def test_the_house_inside_lans_request_is_a_session_of_its_own(
    shops: Shops, acting: Acting, lan: Actor
) -> None:
    with acting(lan):
        hers = db.session.scalars(select(Customer)).one()
        with system_access("a sweep"):
            assert principal().is_system
            assert len(names()) == 6
            assert hers not in db.session
        assert principal().viewer_id == lan.id
        assert names() == {shop_name("lan")}


def test_the_house_leaves_when_something_goes_wrong(shops: Shops, acting: Acting, lan: Actor) -> None:
    def sweep() -> float:
        with system_access("a sweep that breaks"):
            return 1 / (len(names()) - 6)

    with acting(lan):
        with pytest.raises(ZeroDivisionError):
            sweep()
        assert names() == {shop_name("lan")}


def test_an_object_of_lans_is_not_followed_in_the_houses_name(
    shops: Shops, acting: Acting, lan: Actor
) -> None:
    """Its session would ask the scope whom to narrow for, and hear of the house."""
    with acting(lan):
        hers = db.session.scalars(select(Customer)).one()
        with system_access("a sweep"), pytest.raises(Unscoped):
            _ = hers.phones


def test_who_comes_next_in_a_session_knows_nothing_of_the_one_before(
    shops: Shops, acting: Acting, mai: Actor, lan: Actor
) -> None:
    with acting(mai):
        hungs = db.session.get_one(Customer, shops.hung)
        act_for(lan.principal)
        assert db.session.get(Customer, shops.hung) is None
        assert hungs not in db.session


def test_nobody_takes_over_unsaved_work(shops: Shops, acting: Acting, mai: Actor, lan: Actor) -> None:
    with acting(mai):
        db.session.add(CustomerTag(customer_id=shops.hung, tag="new"))
        with pytest.raises(RuntimeError):
            act_for(lan.principal)


def test_two_people_at_once_see_each_their_own(
    app: Flask, shops: Shops, lan: Actor, outsider: Actor, acting: Acting
) -> None:
    together = Barrier(2, timeout=20)

    def look(person: Actor) -> list[set[str]]:
        seen = []
        with acting(person):
            for _ in range(20):
                together.wait()
                seen.append(names())
                db.session.rollback()
        return seen

    with ThreadPoolExecutor(2) as both:
        hers, theirs = both.map(look, (lan, outsider))
    assert hers == [{shop_name("lan")}] * 20
    assert theirs == [{shop_name("outsider")}] * 20


def test_a_thread_inherits_nobody(app: Flask, shops: Shops, acting: Acting, lan: Actor) -> None:
    def look() -> set[str]:
        with app.app_context():
            return names()

    with acting(lan), ThreadPoolExecutor(1) as other, pytest.raises(NoPrincipal):
        other.submit(look).result()
