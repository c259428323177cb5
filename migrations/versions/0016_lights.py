"""How each part of the house is, and who was told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "lights",
        sa.Column("what", sa.String(20), nullable=False),
        sa.Column("mark", sa.String(4), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("todo", sa.String(500), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reds", sa.Integer(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("what", name="pk_lights"),
    )


def downgrade() -> None:
    op.drop_table("lights")
