"""Reminders that wait for the next visit, come again, and were handed over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id

revision = "0007"
down_revision = "0006"

OPEN_AT = sa.text("waits_for_visit AND done_at IS NULL AND dropped_at IS NULL")


def upgrade() -> None:
    op.add_column(
        "reminders", sa.Column("waits_for_visit", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column("reminders", sa.Column("repeats", sa.String(10), nullable=True))
    op.add_column("reminders", sa.Column("day_of_month", sa.Integer(), nullable=True))
    op.add_column("reminders", sa.Column("series_id", Id(), nullable=True))
    op.add_column("reminders", sa.Column("round", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("uq_reminders_series", "reminders", ["series_id", "round"], unique=True)
    op.create_index("ix_reminders_done", "reminders", ["person_id", "done_at"])
    op.create_index(
        "ix_reminders_visit", "reminders", ["customer_id"], sqlite_where=OPEN_AT, postgresql_where=OPEN_AT
    )


def downgrade() -> None:
    for index in ("ix_reminders_visit", "ix_reminders_done", "uq_reminders_series"):
        op.drop_index(index, "reminders")
    for column in ("round", "series_id", "day_of_month", "repeats", "waits_for_visit"):
        op.drop_column("reminders", column)
