"""Alembic's way into the app: the app's own engine, and the house's own rights."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import text

from crmweb.db import Model, db

# Kept by triggers and extensions of the first migration, and unknown to the models.
OURS_ALONE = ("customer_search", "customer_search_rows")


def include(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    if kind == "index" and name == "ix_customers_folded":
        return False
    return not (kind == "table" and str(name).startswith(OURS_ALONE))


def run() -> None:
    with db.engine.connect().execution_options(system_access="migrations", writes=True) as connection:
        context.configure(
            connection=connection,
            target_metadata=Model.metadata,
            include_object=include,
            transaction_per_migration=True,
            **current_app.extensions["migrate"].configure_args,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                # Two starts at once must not both migrate.
                connection.execute(text("SELECT pg_advisory_xact_lock(7201)"))
            context.run_migrations()
        connection.commit()


run()
