"""Each round of a reminder keeps its own moment, and each reminder who gave it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import UtcDateTime

revision = "0009"
down_revision = "0008"

GIVEN = "fk_reminders_given_by_id"


def upgrade() -> None:
    op.add_column("reminders", sa.Column("round_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE reminders SET round_at = due_at WHERE repeats IS NOT NULL")
    kind = "BLOB" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE reminders ADD COLUMN given_by_id {kind} CONSTRAINT {GIVEN} REFERENCES users (id)"
    )


def downgrade() -> None:
    op.drop_column("reminders", "given_by_id")
    op.drop_column("reminders", "round_at")
