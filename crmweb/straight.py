"""The short way to the driver, for the few statements that every request runs: their shape is fixed, what they find is
read and not tracked, and the guard looks at each as at any other.

SQLAlchemy's own way costs four times what SQLite takes for such a statement.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import Any, Generic, NamedTuple, TypeVar, cast

from flask import Flask, current_app, g, has_app_context, has_request_context
from sqlalchemy import Connection, Dialect, event
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import SelectBase

from crmweb.db import db, session_at_work

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
Made = TypeVar("Made")


class _Sent(NamedTuple):
    """What a listener looks at of a statement's context."""

    execution_options: dict[str, bool]


_PLAIN, _SCOPED = _Sent({}), _Sent({"scoped": True})


def connection() -> Connection:
    """Where a short statement runs: with the session once it is at work, so that it sees what is not saved yet.

    Before that a request has a connection beside it, and the many that ask for nothing else spare what a session costs,
    a twentieth of their time. On SQLite its statements see one state of the house: cheaper than a lock for each.
    """
    held: _Held | None = g.get("straight")
    if held is None:
        session = session_at_work()
        if (session and session.in_transaction()) or not has_request_context():
            return db.session.connection()
        held = g.straight = _taken()
    return held.connection


WAITING = 8
"""Connections to SQLite that stay open for the next requests at most, in each process: a pool looks each over as it
comes and goes, which takes longer than most statements.
"""


class _Held(NamedTuple):
    """A connection at work, and the row that it may wait in afterwards: another one once its engine has let go."""

    connection: Connection
    row: deque[Connection]


def _taken() -> _Held:
    row = _waiting()
    try:
        taken = row.pop()
    except IndexError:
        taken = db.engine.connect()
    if taken.dialect.name == "sqlite":
        _driver(taken).execute("BEGIN")
    return _Held(taken, row)


def _let_go(_error: BaseException | None = None) -> None:
    held: _Held | None = g.pop("straight", None)
    if held is None:
        return
    done, row = held
    if _may_wait(done) and row is _waiting() and len(row) < WAITING:
        _driver(done).rollback()
        row.append(done)
    else:
        done.close()


def _may_wait(done: Connection) -> bool:
    return done.dialect.name == "sqlite" and not done.invalidated


def _driver(held: Connection) -> Any:
    return held.connection.driver_connection


def _waiting() -> deque[Connection]:
    waiting: deque[Connection] = current_app.extensions["straight"]
    return waiting


@event.listens_for(Session, "after_transaction_create")
def _make_room(_session: Session, _transaction: Any) -> None:
    """A request reads in one transaction at a time."""
    if has_app_context():
        _let_go()


def init_app(app: Flask) -> None:
    app.extensions["straight"] = deque()
    app.teardown_appcontext(_let_go)
    with app.app_context():
        event.listen(db.engine, "engine_disposed", lambda _engine: _close_all(app))


def _close_all(app: Flask) -> None:
    waiting, app.extensions["straight"] = app.extensions["straight"], deque()
    while waiting:
        waiting.pop().close()


def rows(connection: Connection, sql: str, parameters: Any, *, scoped: bool = False) -> Sequence[Row]:
    """What a statement finds, as the driver gives it. `scoped`: its text carries its scope itself.

    Whoever listens to SQLAlchemy's statements, the guard first, hears of it; errors come in SQLAlchemy's words.
    """
    cursor = connection.connection.cursor()
    sent = _SCOPED if scoped else _PLAIN
    try:
        for heard in connection.dispatch.before_cursor_execute:
            heard(connection, cursor, sql, parameters, sent, False)
        cursor.execute(sql, parameters)
        return cursor.fetchall()
    except connection.dialect.loaded_dbapi.Error as refused:
        connection._handle_dbapi_exception(refused, sql, parameters, cursor, None)
        raise
    finally:
        cursor.close()


class _Compiled(NamedTuple):
    """A statement for one dialect."""

    sql: str
    fixed: dict[str, Any]  # values that stand in it from the start
    takes: list[tuple[str, Convert]]  # those that are given, where they are converted on the way in
    made: Callable[[Row], Any]  # what becomes of a row on the way out


KEPT = 2_000
"""Rows of a statement whose making is kept."""


class Straight(Generic[Made]):
    """A SELECT that is compiled once a dialect; what comes and goes is converted by the types of its columns.

    What `make` makes of a row's columns is kept by what the row says: it must depend on nothing else, and nobody may
    change it.
    """

    def __init__(self, statement: SelectBase, make: Callable[..., Made]) -> None:
        self._statement, self._make = statement, make
        self._compiled = cache(self._compile)

    def rows(self, connection: Connection, **parameters: Any) -> list[Made]:
        """What it finds for these parameters."""
        sql, fixed, takes, made = self._compiled(connection.dialect)
        for name, convert in takes:
            parameters[name] = convert(parameters[name])
        return [made(row) for row in rows(connection, sql, fixed | parameters)]

    def _compile(self, dialect: Dialect) -> _Compiled:
        named: Dialect = cast(Any, type(dialect))(
            paramstyle="named" if dialect.name == "sqlite" else "pyformat"
        )
        compiled: Any = self._statement.compile(dialect=named)
        into = compiled._bind_processors
        fixed = {
            name: into[name](value) if name in into else value
            for name, value in compiled.params.items()
            if value is not None
        }
        types = [column.type for column in self._statement.selected_columns]
        return _Compiled(
            str(compiled),
            fixed,
            [(name, convert) for name, convert in into.items() if name not in fixed],
            self._maker([type_._cached_result_processor(dialect, None) for type_ in types]),
        )

    def _maker(self, gives: list[Convert | None]) -> Callable[[Row], Made]:
        """Makes what the same row says once."""

        def make(row: Row) -> Made:
            return self._make(
                *[convert(value) if convert else value for convert, value in zip(gives, row, strict=True)]
            )

        kept = lru_cache(KEPT)(make)

        def make_once(row: Row) -> Made:
            try:
                return kept(row)
            except TypeError:  # a list, as PostgreSQL's driver gives JSON
                return make(row)

        return make_once
