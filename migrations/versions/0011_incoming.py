"""What comes back to messages: answers, and word that they did not arrive."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0011"
down_revision = "0010"

AT_ONCE = 1000


def upgrade() -> None:
    op.create_table(
        "incoming",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("followup_id", Id(), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("sender", sa.String(320), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_incoming_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["followup_id"], ["followups.id"], name="fk_incoming_followup_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_incoming"),
        sa.UniqueConstraint("key", name="uq_incoming_key"),
    )
    op.create_index("ix_incoming_customer_id", "incoming", ["customer_id"])
    op.create_index("ix_incoming_followup_id", "incoming", ["followup_id"])
    op.create_table(
        "unreachable_addresses",
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name="pk_unreachable_addresses"),
    )
    op.add_column("followups", sa.Column("bounced_at", UtcDateTime(), nullable=True))
    op.add_column("followups", sa.Column("wire_id", sa.String(32), nullable=True))
    _name_those_that_are_there()
    op.create_index("ix_followups_wire_id", "followups", ["wire_id"], unique=True)
    op.create_index("ix_followups_address", "followups", ["channel", "address", "ended_at"])


def _name_those_that_are_there() -> None:
    """The name that their Message-ID has, which no database can work out alone."""
    followups = sa.table("followups", sa.column("id", Id()), sa.column("wire_id", sa.String()))
    bind = op.get_bind()
    known = list(bind.scalars(sa.select(followups.c.id)))
    named = sa.update(followups).where(followups.c.id == sa.bindparam("which"))
    for begins in range(0, len(known), AT_ONCE):
        rows = [
            {"which": each, "wire_id": hashlib.sha256(f"followup {each}".encode()).hexdigest()[:32]}
            for each in known[begins : begins + AT_ONCE]
        ]
        bind.execute(named, rows)


def downgrade() -> None:
    op.drop_index("ix_followups_address", "followups")
    op.drop_index("ix_followups_wire_id", "followups")
    op.drop_column("followups", "wire_id")
    op.drop_column("followups", "bounced_at")
    op.drop_table("unreachable_addresses")
    op.drop_table("incoming")
