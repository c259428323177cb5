"""Recordings that belong to notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.create_table(
        "voice_notes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("note_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("mime", sa.String(20), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_voice_notes_note_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_voice_notes_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_voice_notes_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_voice_notes"),
        sa.UniqueConstraint("note_id", name="uq_voice_notes_note_id"),
    )
    op.create_index("ix_voice_notes_customer_id", "voice_notes", ["customer_id"])
    op.create_index("ix_voice_notes_by_id", "voice_notes", ["by_id"])
    op.create_index("ix_voice_notes_recorded_at", "voice_notes", ["recorded_at"])


def downgrade() -> None:
    op.drop_table("voice_notes")
