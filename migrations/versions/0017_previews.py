"""Looking as somebody else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_table(
        "previews",
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_previews_session_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_previews_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id", name="pk_previews"),
    )
    op.create_index("ix_previews_person_id", "previews", ["person_id"])


def downgrade() -> None:
    op.drop_table("previews")
