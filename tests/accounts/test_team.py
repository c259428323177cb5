"""Who works under whom, and what that lets them see after every move."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User, email_key
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from tests.shops import Shops, shop_name

House = Callable[[], AbstractContextManager[None]]
Acting = Callable[[Actor], AbstractContextManager[None]]


def user(person: Actor) -> User:
    return db.session.get_one(User, person.id)


def oversight() -> set[tuple[str, str]]:
    """(who sees, whom), by name."""
    names = {row.id: row.name for row in db.session.execute(select(User.id, User.name))}
    return {(names[row.viewer_id], names[row.person_id]) for row in db.session.scalars(select(Oversight))}


def expected() -> set[tuple[str, str]]:
    """The same from the managers alone, the slow way."""
    people = {person.id: person for person in db.session.scalars(select(User))}
    pairs = set()
    for person in people.values():
        above: User | None = person
        while above is not None:
            if above is person or "customers:read:team" in above.permissions:
                pairs.add((above.name, person.name))
            above = people.get(above.manager_id) if above.manager_id else None
    return pairs


def test_the_cast_is_seen_as_it_was_hired(house: House) -> None:
    with house():
        assert oversight() == expected()
        assert len(oversight()) == 6 + 3


def test_a_new_person_is_seen_by_everyone_above(house: House, lan: Actor, mai: Actor) -> None:
    with house(), writing():
        User.add("Ngọc", role="rep", at=clock.now(), manager=user(mai))
        assert {viewer for viewer, person in oversight() if person == "Ngọc"} == {"Ngọc", mai.name}


def test_working_it_out_anew_changes_nothing(house: House, lan: Actor) -> None:
    with house(), writing():
        User.add("Ngọc", role="rep", at=clock.now(), manager=user(lan))
        spread = oversight()
        Oversight.rebuild()
        assert oversight() == spread == expected()


def test_a_move_takes_everyone_below_along(
    house: House, acting: Acting, mai: Actor, binh: Actor, outsider: Actor
) -> None:
    with house():
        Shops.open()
    with house(), writing():
        user(outsider).report_to(user(mai), by=None, at=clock.now())
    with acting(mai):
        assert shop_name("outsider") in db.session.scalars(select(Customer.name)).all()
    with acting(binh):
        assert db.session.scalars(select(Customer.name)).all() == []


def test_a_team_may_stand_alone_again(house: House, lan: Actor, mai: Actor) -> None:
    with house(), writing():
        user(lan).report_to(None, by=None, at=clock.now())
        assert not Oversight.covers(mai.id, lan.id)
        assert Oversight.covers(lan.id, lan.id)


def test_nobody_works_under_themself(house: House, lan: Actor, mai: Actor) -> None:
    with house(), writing():
        with pytest.raises(ValueError, match="works under"):
            user(lan).report_to(user(lan), by=None, at=clock.now())
        with pytest.raises(ValueError, match="works under"):
            user(mai).report_to(user(lan), by=None, at=clock.now())
        assert oversight() == expected()


@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.tuples(st.integers(0, 5), st.integers(-1, 5)), max_size=8))
def test_after_any_moves_oversight_is_what_the_managers_say(
    house: House, moves: list[tuple[int, int]]
) -> None:
    with house(), writing():
        everyone = db.session.scalars(select(User).order_by(User.name)).all()
        for who, whom in moves:
            try:
                everyone[who].report_to(everyone[whom] if whom >= 0 else None, by=None, at=clock.now())
            except ValueError:
                assert everyone[whom].manager_id is not None or who == whom
        assert oversight() == expected()


def test_an_email_is_one_however_it_is_spelled(house: House) -> None:
    assert email_key(" LAN@Example.com ") == email_key("lan@example.com") == email_key("ｌａｎ@example.com")
    with house():
        assert User.with_email("LAN@EXAMPLE.COM") is not None


def test_nobody_is_hired_for_a_role_that_does_not_exist(house: House) -> None:
    with house(), pytest.raises(KeyError):
        User.add("Ngọc", role="emperor", at=clock.now())
