"""Every table that tells something about customers is known to the scope."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy
from flask import Flask
from sqlalchemy import Table, false

from crmweb.accounts.actor import Actor
from crmweb.db import Model, db
from crmweb.protected import names_protected
from crmweb.scope import Scoped

OPEN: dict[str, str] = {}
"""Tables with a way to customers that tell nothing about them: name → why anyone may read it."""

OF_A_CUSTOMER = "customer_id"


def way_to_customers(table: Table, seen: frozenset[str] = frozenset()) -> bool:
    """Whether keys lead from a table to customers, directly or through others."""
    return any(
        key.column.table.name == "customers"
        or (
            key.column.table.name not in seen
            and way_to_customers(key.column.table, seen | {table.name, key.column.table.name})
        )
        for key in table.foreign_keys
    )


def classes() -> dict[str, type]:
    return {mapper.local_table.name: mapper.class_ for mapper in Model.registry.mappers}  # type: ignore[attr-defined]


def test_every_table_with_a_way_to_customers_says_who_sees_it(app: Flask) -> None:
    reached = {name for name, table in Model.metadata.tables.items() if way_to_customers(table)} | {
        "customers"
    }
    assert len(reached) >= 8, "the walk finds no tables"
    undecided = {name for name in reached - set(OPEN) if not _has_criterion(classes().get(name))}
    assert not undecided, f"make these Scoped, or list them in OPEN with a reason: {sorted(undecided)}"


def _has_criterion(cls: type | None) -> bool:
    return (
        cls is not None
        and issubclass(cls, Scoped)
        and str(cls.seen_by_viewer().compile()) != str(false().compile())
    )


def test_every_copy_of_a_customers_data_is_protected(
    house: Callable[[], AbstractContextManager[None]],
) -> None:
    """Also the tables that no class stands for, such as the index of the search."""
    with house():
        found = sqlalchemy.inspect(db.session.connection())
        copies = {
            name
            for name in found.get_table_names()
            if name.startswith("customer")
            or OF_A_CUSTOMER in {column["name"] for column in found.get_columns(name)}
        }
    assert len(copies) >= 8
    unprotected = {name for name in copies - set(OPEN) if not names_protected(name)}
    assert not unprotected, f"plain SQL may read these: {sorted(unprotected)}"


def test_the_list_of_open_tables_names_what_is_there(app: Flask) -> None:
    assert set(OPEN) <= set(Model.metadata.tables)


def test_what_protects_a_table_asks_for_the_viewer(app: Flask, lan: Actor) -> None:
    """A criterion that forgets to ask who looks would let everyone see."""
    for name, cls in classes().items():
        if issubclass(cls, Scoped):
            sql = str(cls.seen_by_viewer().compile())
            assert ":viewer" in sql, f"{name} forgets to ask who looks"
            assert "EXISTS" in sql
