"""Seeing only what is yours: whoever reads or writes a customer's data must have said who they are.

Every session carries a principal: a person (`act_for`) or the house itself (`system_access`). Rows of a `Scoped` class
are narrowed to what the principal may see by one static criterion; any other SQL that names their tables is refused.
A forgotten filter is therefore an error and never a leak.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    CursorResult,
    Engine,
    Executable,
    Exists,
    bindparam,
    column,
    event,
    false,
    literal_column,
    select,
    table,
    text,
)
from sqlalchemy.orm import Mapped, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.sql.elements import ClauseElement

from crmweb.db import Id, db, session_at_work, session_info
from crmweb.protected import (
    PROTECTED,
    RowKey,
    Unscoped,
    key_of,
    names_protected,
    newly_named,
    refuse_strays,
)


class NoPrincipal(RuntimeError):
    """Customer data was touched before anyone said on whose behalf."""


class NotYours(Exception):
    """A person wrote to a customer whom they may not see."""


@dataclass(frozen=True)
class Principal:
    """On whose behalf a session works: a person, or the house with a reason."""

    viewer_id: uuid.UUID | None
    sees_all: bool
    why: str

    @property
    def is_system(self) -> bool:
        return self.viewer_id is None


def act_for(principal: Principal) -> None:
    """From now on the session at work speaks for this principal, and knows nothing that another one found.

    Raises RuntimeError where the other one's work is not saved yet.
    """
    session, info = session_at_work(), session_info()
    if session and info.get("principal", principal) != principal:
        if session.new or session.dirty or session.deleted:
            raise RuntimeError("somebody else's work is not saved yet")
        session.expunge_all()
    info["principal"] = principal


@contextmanager
def system_access(why: str) -> Iterator[None]:
    """A session of its own that sees everything, for work without a user; `why` is what the log will say."""
    with current_app.app_context():
        act_for(Principal(viewer_id=None, sees_all=True, why=why))
        yield


def principal() -> Principal:
    """Who the session at work speaks for. Raises `NoPrincipal`."""
    return _principal_of(session_info())


def _principal_of(info: Mapping[Any, Any]) -> Principal:
    found = info.get("principal")
    if not isinstance(found, Principal):
        raise NoPrincipal("customer data was touched and nobody was named")
    return found


def _viewer_at_work() -> uuid.UUID | None:
    return principal().viewer_id


VIEWER: BindParameter[uuid.UUID | None] = bindparam("viewer", callable_=_viewer_at_work, type_=Id())


# Named, not imported: the tables belong to slices above this module, as the timeline's key to customers does.
_ASSIGNMENTS = table("assignments", *map(column, ("customer_id", "person_id", "started_at", "ended_at")))
_OVERSIGHT = table("oversight", *map(column, ("viewer_id", "person_id")))


def looked_after(customer_id: ColumnElement[uuid.UUID]) -> Exists:
    """True where the viewer, or someone below them, looks after the customer now."""
    assigned, overseen = _ASSIGNMENTS.alias(), _OVERSIGHT.alias()
    return (
        select(literal_column("1"))
        .select_from(assigned.join(overseen, overseen.c.person_id == assigned.c.person_id))
        .where(
            assigned.c.customer_id == customer_id,
            assigned.c.started_at.is_not(None),
            assigned.c.ended_at.is_(None),
            overseen.c.viewer_id == VIEWER,
        )
        .correlate_except(assigned, overseen)
        .exists()
    )


def works_for_viewer(person_id: ColumnElement[uuid.UUID]) -> Exists:
    """True where the person is the viewer, or works below them."""
    overseen = _OVERSIGHT.alias()
    return (
        select(literal_column("1"))
        .select_from(overseen)
        .where(overseen.c.person_id == person_id, overseen.c.viewer_id == VIEWER)
        .correlate_except(overseen)
        .exists()
    )


class Scoped:
    """A row that tells something about a customer. Subclasses say who may see it."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__tablename__" in cls.__dict__:
            PROTECTED.add(cls.__dict__["__tablename__"])

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        """An EXISTS on `VIEWER`, true for the rows that the viewer may see: none, for a class that does not say."""
        return false()


class OfCustomer(Scoped):
    """A row that belongs to one customer, and is seen by those who see the customer."""

    customer_id: Mapped[uuid.UUID]

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        return looked_after(cls.__table__.c.customer_id)  # type: ignore[attr-defined]


def _criterion(cls: type[Scoped]) -> ColumnElement[bool]:
    return cls.seen_by_viewer()


# Not handed on to lazy loads: they come through `_narrow` themselves, also those of rows that were just added.
ONLY_SEEN = with_loader_criteria(Scoped, _criterion, include_aliases=True, propagate_to_loaders=False)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    if not state.is_orm_statement or "principal" not in state.session.info:
        return  # whatever names a protected table is refused by `_refuse_unscoped`
    who = _principal_of(state.session.info)
    state.update_execution_options(scoped=True)
    if who.sees_all or state.is_column_load or ONLY_SEEN in state.statement._with_options:
        return  # the last: SQLAlchemy looks up the rows of an UPDATE that came through here
    if state.session is not db.session():
        raise Unscoped("this object belongs to the session of somebody else")
    if not state.is_relationship_load:
        refuse_strays(state.statement, but=_vouched_for(state))
        _refuse_bulk(state)
    state.statement = state.statement.options(ONLY_SEEN)


def _vouched_for(state: ORMExecuteState) -> list[ClauseElement]:
    """The table under `looked_after`, and what `Session.get` asks of the class that it looks up."""
    return [_ASSIGNMENTS, *(mapper._get_clause[0] for mapper in state.all_mappers)]


def _refuse_bulk(state: ORMExecuteState) -> None:
    """No criterion reaches an INSERT, or an UPDATE of a list of rows by their keys."""
    bulk = state.is_insert or "dml_strategy" in state.execution_options or isinstance(state.parameters, list)
    if bulk and (state.is_insert or state.is_update or state.is_delete) and _writes_protected(state):
        raise Unscoped("rows of protected tables are added and changed one by one")


def _writes_protected(state: ORMExecuteState) -> bool:
    mapper = state.bind_mapper
    return mapper is not None and issubclass(mapper.class_, Scoped)


@event.listens_for(Session, "before_flush")
def _check_writes(session: Session, _context: Any, _instances: Any) -> None:
    touched = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, Scoped)]
    if touched and not (who := _principal_of(session.info)).sees_all:
        coming = {key_of(row) for row in session.new}
        for key in {key for row in touched for key in newly_named(row)}:
            if key not in coming and key not in session.identity_map and not _finds(session, key):
                raise NotYours(f"{who.viewer_id} wrote to {key[0].__name__} {key[1]} without seeing it")
    session.info["looked_at"] = True


@event.listens_for(Session, "after_flush")
@event.listens_for(Session, "after_soft_rollback")
def _flushed(session: Session, _what: Any) -> None:
    session.info.pop("looked_at", None)


def _finds(session: Session, key: RowKey) -> bool:
    return session.get(key[0], key[1]) is not None


@event.listens_for(Session, "after_begin")
def _introduce(session: Session, _transaction: Any, connection: Connection) -> None:
    connection.info["session"] = session


@event.listens_for(Pool, "checkin")
def _part(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info.pop("session", None)  # whoever comes next has to say who they are


@event.listens_for(
    Engine, "before_cursor_execute", retval=True
)  # it returns what it got: without, it is wrapped
def _refuse_unscoped(
    connection: Connection, _cursor: Any, statement: str, parameters: Any, context: Any, _many: bool
) -> tuple[str, Any]:
    if names_protected(statement):
        _refuse(connection, statement, context)
    return statement, parameters


def _refuse(connection: Connection, statement: str, context: Any) -> None:
    session: Session | None = connection.info.get("session")
    who = session.info.get("principal") if session else None
    if who is not None and (who.is_system or _flushes(session)):
        return
    options = context.execution_options if context is not None else {}
    if not options.get("scoped") and not connection.get_execution_options().get("system_access"):
        raise (NoPrincipal if who is None else Unscoped)(f"this goes past the scope: {statement[:200]}")


def _flushes(session: Session | None) -> bool:
    """Whether this is what `_check_writes` looked at; a flush that broke off and the bulk methods lack a sign."""
    return session is not None and session._flushing and "looked_at" in session.info


class ScopedStatement:
    """A hot statement in plain SQL that carries its scope: `{visible}` stands where the criterion goes.

    The viewer comes from the session alone; `:customer` is an id, too. A person who sees all gets the same statement
    with `1 = 1` in its place.
    Raises ValueError at import when `{visible}` is missing.
    """

    def __init__(self, sql: str, visible: str, columns: Mapping[str, Any] | None = None) -> None:
        if "{visible}" not in sql:
            raise ValueError("a scoped statement needs {visible}")
        self._narrow = self._prepared(sql.replace("{visible}", visible), columns)
        self._wide = self._prepared(sql.replace("{visible}", "1 = 1"), columns)

    @staticmethod
    def _prepared(sql: str, columns: Mapping[str, Any] | None) -> Executable:
        statement = text(sql)
        ids = [name for name in ("viewer", "customer") if f":{name}" in sql]
        statement = statement.bindparams(*(bindparam(name, type_=Id()) for name in ids))
        known = statement.columns(**columns) if columns else statement
        return known.execution_options(scoped=True)  # last: `columns` makes a new statement

    def execute(self, **parameters: Any) -> CursorResult[Any]:
        """Run it for the principal of the session at work."""
        who = principal()
        if who.sees_all:
            return db.session.execute(self._wide, parameters)  # type: ignore[return-value]
        return db.session.execute(self._narrow, {**parameters, "viewer": who.viewer_id})  # type: ignore[return-value]
