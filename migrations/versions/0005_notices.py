"""What people must hear of, by which of their channels, and whose slowness a delivery shares."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0005"
down_revision = "0004"

WAITING = sa.text("state = 'waiting'")
OF_A_NOTICE = sa.text("notice_id IS NOT NULL")
UNREACHED = sa.text("state = 'unreached' AND seen_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "notices",
        sa.Column("id", Id(), nullable=False),
        sa.Column("dedupe", sa.String(250), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("about_id", Id(), nullable=True),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("locale", sa.String(8), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("channel", sa.String(10), nullable=True),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("seen_at", UtcDateTime(), nullable=True),
        sa.Column("title", sa.String(200), nullable=True),
        sa.Column("body", sa.String(600), nullable=True),
        sa.Column("path", sa.String(300), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_notices_person_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_notices_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.UniqueConstraint("dedupe", name="uq_notices_dedupe"),
    )
    op.create_index("ix_notices_person", "notices", ["person_id", "due_at"])
    op.create_index("ix_notices_about_id", "notices", ["about_id"])
    op.create_index("ix_notices_customer_id", "notices", ["customer_id"])
    op.create_index(
        "ix_notices_unreached", "notices", ["person_id"], sqlite_where=UNREACHED, postgresql_where=UNREACHED
    )
    op.create_table(
        "notification_choices",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("channels", sa.JSON(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_notification_choices_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name="pk_notification_choices"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("task", sa.String(60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("task", name="pk_heartbeats"),
    )
    op.create_index("ix_deliveries_state", "deliveries", ["state", "id"])
    op.add_column("deliveries", sa.Column("lane", sa.String(120), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("notice_id", Id(), nullable=True))
    op.execute("UPDATE deliveries SET lane = kind")
    op.create_index(
        "ix_deliveries_notice_id",
        "deliveries",
        ["notice_id"],
        sqlite_where=OF_A_NOTICE,
        postgresql_where=OF_A_NOTICE,
    )


def downgrade() -> None:
    op.drop_index("ix_deliveries_notice_id", "deliveries")
    op.drop_column("deliveries", "notice_id")
    op.drop_column("deliveries", "lane")
    op.drop_index("ix_deliveries_state", "deliveries")
    op.drop_table("heartbeats")
    op.drop_table("notification_choices")
    op.drop_table("notices")
