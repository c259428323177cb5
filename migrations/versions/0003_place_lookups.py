"""Questions to the geocoder, and its answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "place_lookups",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(300), nullable=False),
        sa.Column("address", sa.String(300), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("failed", sa.Boolean(), nullable=False),
        sa.Column("places", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_place_lookups"),
        sa.UniqueConstraint("key", name="uq_place_lookups_key"),
    )
    op.create_index("ix_place_lookups_asked_at", "place_lookups", ["asked_at"])


def downgrade() -> None:
    op.drop_table("place_lookups")
