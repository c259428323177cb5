"""The short way to the driver passes the guard like any other, and fails in the same words."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from sqlalchemy import bindparam, select
from sqlalchemy.exc import DBAPIError

from crmweb import straight
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db
from crmweb.protected import Unscoped
from crmweb.scope import NoPrincipal, act_for
from crmweb.straight import Straight
from tests.statements import counted

House = Callable[[], AbstractContextManager[None]]
CUSTOMERS = "SELECT name FROM customers"


@pytest.mark.usefixtures("shops")
class TestGuard:
    def test_whoever_is_nobody_reads_no_customers(self, house: House) -> None:
        with house():
            db.session().info.pop("principal")
            with pytest.raises(NoPrincipal):
                straight.rows(db.session.connection(), CUSTOMERS, {})

    def test_lan_reads_no_customers_past_the_scope(self, house: House, lan: Actor) -> None:
        with house():
            act_for(lan.principal)
            with pytest.raises(Unscoped):
                straight.rows(db.session.connection(), CUSTOMERS, {})

    def test_a_text_that_says_it_carries_its_scope_runs(self, house: House, lan: Actor) -> None:
        with house():
            act_for(lan.principal)
            assert straight.rows(db.session.connection(), f"{CUSTOMERS} WHERE 1 = 0", {}, scoped=True) == []


def test_what_the_driver_refuses_comes_in_the_words_of_sqlalchemy(house: House) -> None:
    with house(), pytest.raises(DBAPIError):
        straight.rows(db.session.connection(), "SELECT nothing FROM nowhere", {})


def test_values_come_and_go_by_the_types_of_their_columns(house: House, lan: Actor) -> None:
    of_somebody = Straight(
        select(User.id, User.name, User.created_at).where(User.id == bindparam("person"), User.role == "rep"),
        lambda *columns: columns,
    )
    with house(), counted() as sent:
        found = of_somebody.rows(db.session.connection(), person=lan.id)
        known = db.session.get_one(User, lan.id)
        assert found == [(lan.id, lan.name, known.created_at)]
    assert "users" in sent[0][0], "whoever listens to statements hears of it"
