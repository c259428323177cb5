"""What phones brought and is not done yet, and what they say of their outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    op.create_table(
        "outbox_writes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("item_key", sa.String(100), nullable=False),
        sa.Column("handed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("act", sa.String(20), nullable=False),
        sa.Column("method", sa.String(10), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("visit_id", Id(), nullable=True),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("client_at", UtcDateTime(), nullable=True),
        sa.Column("arrived_at", UtcDateTime(), nullable=False),
        sa.Column("app_version", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(12), nullable=False),
        sa.Column("said", sa.String(500), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("quarantined_at", UtcDateTime(), nullable=True),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("settled_by_id", Id(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_outbox_writes_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["users.id"], name="fk_outbox_writes_settled_by_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_writes"),
        sa.UniqueConstraint("person_id", "key", "handed", name="uq_outbox_writes_person_id_key_handed"),
    )
    op.create_index("ix_outbox_writes_state_arrived_at", "outbox_writes", ["state", "arrived_at"])
    op.create_index("ix_outbox_writes_visit_id", "outbox_writes", ["visit_id"])
    op.create_index("ix_outbox_writes_customer_id", "outbox_writes", ["customer_id"])
    op.create_index("ix_outbox_writes_settled_by_id", "outbox_writes", ["settled_by_id"])
    op.create_table(
        "outbox_files",
        sa.Column("id", Id(), nullable=False),
        sa.Column("write_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(100), nullable=False),
        sa.Column("filename", sa.String(255), nullable=False),
        sa.Column("mimetype", sa.String(100), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["write_id"], ["outbox_writes.id"], name="fk_outbox_files_write_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_outbox_files"),
    )
    op.create_index("ix_outbox_files_write_id", "outbox_files", ["write_id"])
    for column in _told():
        op.add_column("sessions", column)


def _told() -> list[sa.Column[object]]:
    return [
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("unsent", sa.Integer(), nullable=True),
        sa.Column("unsent_since", UtcDateTime(), nullable=True),
        sa.Column("app_version", sa.String(40), nullable=True),
        sa.Column("storage", sa.String(12), nullable=True),
        sa.Column("quota_bytes", sa.BigInteger(), nullable=True),
        sa.Column("used_bytes", sa.BigInteger(), nullable=True),
    ]


def downgrade() -> None:
    for column in reversed(_told()):
        op.drop_column("sessions", column.name)
    op.drop_table("outbox_files")
    op.drop_table("outbox_writes")
