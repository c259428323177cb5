"""The short way to the driver passes the guard like any other, and fails in the same words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, bindparam, event, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import Pool

from crmweb import straight
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, is_sqlite, writing
from crmweb.protected import Unscoped
from crmweb.scope import NoPrincipal, Principal, act_for, system_access
from crmweb.straight import Straight
from tests.conftest import system_access_to
from tests.statements import counted

NAME = Straight(select(User.name).where(User.id == bindparam("person")), str)
House = Callable[[], AbstractContextManager[None]]
CUSTOMERS = "SELECT name FROM customers"


@contextmanager
def listening_to_the_pool() -> Iterator[list[int]]:
    """How many connections are out, each time one goes or comes."""
    held: list[int] = []

    def out(*_: Any) -> None:
        held.append((held or [0])[-1] + 1)

    def back(*_: Any) -> None:
        held.append(held[-1] - 1)

    event.listen(Pool, "checkout", out)
    event.listen(Pool, "checkin", back)
    try:
        yield held
    finally:
        event.remove(Pool, "checkout", out)
        event.remove(Pool, "checkin", back)


def is_over(connection: Connection) -> bool:
    """Whether it holds no state of the house any more."""
    return connection.closed or not connection.connection.driver_connection.in_transaction  # type: ignore[union-attr]


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


class TestConnection:
    """A request reads in one transaction at a time: beside the session, until that is at work."""

    def test_a_request_that_only_reads_so_begins_nothing(self, app: Flask) -> None:
        with app.test_request_context():
            assert straight.connection() is straight.connection()
            assert not db.session().in_transaction()

    def test_the_session_takes_its_place(self, app: Flask) -> None:
        with app.test_request_context():
            before = straight.connection()
            db.session.execute(select(1))
            assert is_over(before)
            assert straight.connection() is db.session.connection()

    def test_a_request_holds_one_connection_of_a_server(self, app: Flask) -> None:
        with listening_to_the_pool() as held, app.test_request_context():
            straight.connection()
            db.session.execute(select(1))
            kept_open = is_sqlite()
        assert max(held) == 1 + kept_open
        assert held[-1] == kept_open

    def test_it_waits_open_for_the_next_request_and_sees_what_was_saved_between(
        self, app: Flask, lan: Actor
    ) -> None:
        used = []
        for name in ("Lan", "Lan Anh"):
            with system_access_to(app, "a test"), writing():
                db.session.get_one(User, lan.id).name = name
            with app.test_request_context():
                used.append(straight.connection())
                assert NAME.rows(used[-1], person=lan.id) == [name]
            assert is_over(used[-1])
        with app.app_context():
            assert (used[0] is used[1]) is is_sqlite()

    def test_no_two_requests_share_one_and_few_wait(self, app: Flask) -> None:
        with ExitStack() as requests:
            many = []
            for _ in range(straight.WAITING + 2):
                requests.enter_context(app.app_context())
                requests.enter_context(app.test_request_context())
                many.append(straight.connection())
            assert len(set(map(id, many))) == len(many)
        with app.app_context():
            assert sum(not each.closed for each in many) == (straight.WAITING if is_sqlite() else 0)

    def test_they_go_with_the_engine(self, app: Flask) -> None:
        with app.test_request_context():
            before = straight.connection()
        with app.app_context():
            assert before.closed is not is_sqlite()
            db.engine.dispose()
        assert before.closed

    def test_nor_does_one_wait_that_was_at_work_as_the_engine_let_go(self, app: Flask, lan: Actor) -> None:
        """It reads the file that was there before, perhaps of a house that is gone."""
        with app.test_request_context():
            before = straight.connection()
            db.engine.dispose()
        assert before.closed
        with app.test_request_context():
            assert NAME.rows(straight.connection(), person=lan.id) == [lan.name]

    def test_what_is_not_saved_yet_is_seen(self, app: Flask, lan: Actor) -> None:
        with app.test_request_context(), system_access("a test"), writing():
            db.session.get_one(User, lan.id).name = "Lan Anh"
            db.session.flush()
            assert NAME.rows(straight.connection(), person=lan.id) == ["Lan Anh"]

    def test_what_this_request_saved_is_seen(self, app: Flask, lan: Actor) -> None:
        with app.test_request_context():
            assert NAME.rows(straight.connection(), person=lan.id) == [lan.name]
            act_for(Principal(viewer_id=None, sees_all=True, why="a test"))
            with writing():
                db.session.get_one(User, lan.id).name = "Lan Anh"
            assert NAME.rows(straight.connection(), person=lan.id) == ["Lan Anh"]

    def test_nobody_reads_customers_past_the_scope_there_either(self, app: Flask, lan: Actor) -> None:
        with app.test_request_context():
            act_for(lan.principal)
            with pytest.raises(NoPrincipal):
                straight.rows(straight.connection(), CUSTOMERS, {})


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
