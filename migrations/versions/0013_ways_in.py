"""Invitations, cards and resets: who vouches for a link, the code beside it, and what became of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0013"
down_revision = "0012"

LINKS = "one_time_links"
VOUCHER = "fk_one_time_links_made_by_id"


def upgrade() -> None:
    op.add_column("users", sa.Column("first_in_at", UtcDateTime(), nullable=True))
    op.add_column("users", sa.Column("guided_at", UtcDateTime(), nullable=True))
    op.execute(
        "UPDATE users SET first_in_at = (SELECT min(created_at) FROM sessions WHERE sessions.user_id = users.id)"
    )
    op.execute(
        "UPDATE users SET first_in_at = created_at WHERE first_in_at IS NULL AND password_hash IS NOT NULL"
    )
    _links()
    op.create_table(
        "set_up_links",
        sa.Column("id", Id(), nullable=False),
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_set_up_links"),
        sa.UniqueConstraint("token", name="uq_set_up_links_token"),
    )


def _links() -> None:
    op.add_column(LINKS, sa.Column("code", sa.LargeBinary(32), nullable=True))
    op.add_column(LINKS, sa.Column("email_key", sa.String(254), nullable=True))
    op.add_column(LINKS, sa.Column("made_at", UtcDateTime(), nullable=True))
    op.add_column(LINKS, sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
    kind = "BLOB" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(f"ALTER TABLE {LINKS} ADD COLUMN made_by_id {kind} CONSTRAINT {VOUCHER} REFERENCES users (id)")
    op.create_index("ix_one_time_links_code", LINKS, ["code"], unique=True)
    op.create_index("ix_one_time_links_made_by_id", LINKS, ["made_by_id"])


def downgrade() -> None:
    op.drop_table("set_up_links")
    op.drop_index("ix_one_time_links_made_by_id", LINKS)
    op.drop_index("ix_one_time_links_code", LINKS)
    for column in ("made_by_id", "withdrawn_at", "made_at", "email_key", "code"):
        op.drop_column(LINKS, column)
    op.drop_column("users", "guided_at")
    op.drop_column("users", "first_in_at")
