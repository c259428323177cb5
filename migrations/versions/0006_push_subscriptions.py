"""The browsers that may get pushes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0006"
down_revision = "0005"

TABLE = "push_subscriptions"


def upgrade() -> None:
    op.create_table(
        TABLE,
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("endpoint", sa.String(1000), nullable=False),
        sa.Column("host", sa.String(110), nullable=False),
        sa.Column("p256dh", sa.String(88), nullable=False),
        sa.Column("auth", sa.String(24), nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_ok_at", UtcDateTime(), nullable=True),
        sa.Column("gone", sa.String(10), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_push_subscriptions_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_push_subscriptions_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_push_subscriptions"),
        sa.UniqueConstraint("endpoint", name="uq_push_subscriptions_endpoint"),
    )
    op.create_index("ix_push_subscriptions_person_id", TABLE, ["person_id"])
    op.create_index("ix_push_subscriptions_session_id", TABLE, ["session_id"])


def downgrade() -> None:
    op.drop_table(TABLE)
