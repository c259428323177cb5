"""What was erased."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "erasures",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("called", sa.String(60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id(), nullable=True),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_erasures_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_erasures"),
    )
    op.create_index("ix_erasures_by_id", "erasures", ["by_id"])
    op.create_index("ix_erasures_subject", "erasures", ["kind", "subject_id"])


def downgrade() -> None:
    op.drop_table("erasures")
