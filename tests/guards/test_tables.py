"""The migrations and the models tell the same story."""

from __future__ import annotations

import importlib
import pkgutil

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask

import crmweb
from crmweb.db import Model, db
from tests.conftest import system_access_to


def _know_every_model() -> None:
    """Import every module, also those that only a worker or the clock would."""
    for module in pkgutil.walk_packages(crmweb.__path__, "crmweb."):
        importlib.import_module(module.name)


def _is_ours_alone(change: object) -> bool:
    """The first migration keeps a search index of its own, which no model knows."""
    return "customer_search" in str(change) or "ix_customers_folded" in str(change)


def test_the_migrations_make_the_tables_that_the_models_describe(app: Flask) -> None:
    _know_every_model()
    with system_access_to(app, "comparing tables"):
        changes = compare_metadata(MigrationContext.configure(db.session.connection()), Model.metadata)
    assert [change for change in changes if not _is_ours_alone(change)] == []


def test_an_erased_customer_takes_along_whatever_tells_of_them() -> None:
    _know_every_model()
    kept = {
        f"{key.parent.table.name}.{key.parent.name}"
        for table in Model.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name in {"customers", "visits"} and key.ondelete != "CASCADE"
    }
    assert kept == {"customers.parent_id"}
