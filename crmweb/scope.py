"""Seeing only what is yours: whoever reads or writes a customer's data must have said who they are.

Every session carries a principal: a person (`act_for`) or the house itself (`system_access`). Rows of a `Scoped` class
are narrowed to what the principal may see by one static criterion; any other SQL that names their tables is refused.
A forgotten filter is therefore an error and never a leak.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
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

from crmweb.db import Id, db


class NoPrincipal(RuntimeError):
    """Customer data was touched before anyone said on whose behalf."""


class Unscoped(RuntimeError):
    """SQL on a protected table that does not go through the scope."""


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
    """From now on the session at work speaks for this principal."""
    db.session().info["principal"] = principal


@contextmanager
def system_access(why: str) -> Iterator[None]:
    """A session of its own that sees everything, for work without a user; `why` is what the log will say."""
    with current_app.app_context():
        act_for(Principal(viewer_id=None, sees_all=True, why=why))
        yield


def principal() -> Principal:
    """Who the session at work speaks for. Raises `NoPrincipal`."""
    return _principal_of(db.session().info)


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


PROTECTED: set[str] = set()
"""The tables that plain SQL may not name: those of every `Scoped` class, and those that hold copies of them."""


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

    def customer_ids(self) -> list[uuid.UUID]:
        """The customers to whom a new row of this kind belongs; it is checked that the writer sees them."""
        return []


class OfCustomer(Scoped):
    """A row that belongs to one customer, and is seen by those who see the customer."""

    customer_id: Mapped[uuid.UUID]

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        return looked_after(cls.__table__.c.customer_id)  # type: ignore[attr-defined]

    def customer_ids(self) -> list[uuid.UUID]:
        written: uuid.UUID | None = self.customer_id
        return [written] if written else []


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
    if not who.sees_all and not state.is_column_load:
        state.statement = state.statement.options(ONLY_SEEN)


@event.listens_for(Session, "before_flush")
def _check_writes(session: Session, _context: Any, _instances: Any) -> None:
    session.info["flushing"] = True
    touched = [row for row in (*session.new, *session.dirty, *session.deleted) if isinstance(row, Scoped)]
    if not touched:
        return
    who = _principal_of(session.info)
    if not who.sees_all:
        for row in [row for row in session.new if isinstance(row, Scoped)]:
            _check_customers(session, row, who)


def _check_customers(session: Session, row: Scoped, who: Principal) -> None:
    """A row that hangs on a customer object has no key of its own yet: whoever holds the object has found it."""
    known = {getattr(seen, "id", None) for seen in (*session.new, *session.identity_map.values())}
    for customer_id in row.customer_ids():
        if customer_id not in known:
            raise NotYours(f"{who.viewer_id} wrote to customer {customer_id} without having found them")


@event.listens_for(Session, "after_flush")
def _flushed(session: Session, _context: Any) -> None:
    session.info.pop("flushing", None)


@event.listens_for(Session, "after_soft_rollback")
def _undone(session: Session, _previous: Any) -> None:
    session.info.pop("flushing", None)


@event.listens_for(Session, "after_begin")
def _introduce(session: Session, _transaction: Any, connection: Connection) -> None:
    connection.info["session"] = session.info


@event.listens_for(Engine, "before_cursor_execute")
def _refuse_unscoped(
    connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool
) -> None:
    if not _names_protected(statement):
        return
    info = connection.info.get("session", {})
    who = info.get("principal")
    if info.get("flushing") or (who is not None and who.is_system):
        return
    options = context.execution_options if context is not None else {}
    if not options.get("scoped") and not connection.get_execution_options().get("system_access"):
        raise Unscoped(f"this goes past the scope: {statement[:200]}")


@lru_cache(maxsize=4096)
def _names_protected(statement: str) -> bool:
    return any(re.search(rf"\b{table}\b", statement) for table in PROTECTED)


class ScopedStatement:
    """A hot statement in plain SQL that carries its scope: `{visible}` stands where the criterion goes.

    The viewer comes from the session alone. A person who sees all gets the same statement with `1 = 1` in its place.
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
        if ":viewer" in sql:
            statement = statement.bindparams(bindparam("viewer", type_=Id()))
        known = statement.columns(**columns) if columns else statement
        return known.execution_options(scoped=True)  # last: `columns` makes a new statement

    def execute(self, **parameters: Any) -> CursorResult[Any]:
        """Run it for the principal of the session at work."""
        who = principal()
        if who.sees_all:
            return db.session.execute(self._wide, parameters)  # type: ignore[return-value]
        return db.session.execute(self._narrow, {**parameters, "viewer": who.viewer_id})  # type: ignore[return-value]
