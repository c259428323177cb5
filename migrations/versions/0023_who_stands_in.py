"""The index of those who stand in holds nobody else: one of all rows was taken for useless where nobody stands in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"

NAME = "ix_assignments_stands_in_for_id"
STANDING_IN = sa.text("stands_in_for_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(NAME, "assignments")
    op.create_index(
        NAME, "assignments", ["stands_in_for_id"], sqlite_where=STANDING_IN, postgresql_where=STANDING_IN
    )


def downgrade() -> None:
    op.drop_index(NAME, "assignments")
    op.create_index(NAME, "assignments", ["stands_in_for_id"])
