"""The index of what is due holds all that counting it asks, so that a book is not read for two numbers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

NAME = "ix_assignments_due"
STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _create(["person_id", "next_due", "customer_id", "started_at", "cell"])


def downgrade() -> None:
    _create(["person_id", "next_due"])


def _create(columns: list[str]) -> None:
    op.drop_index(NAME, "assignments")
    op.create_index(NAME, "assignments", columns, sqlite_where=STANDING, postgresql_where=STANDING)
