"""Messages to customers, their templates and sequences, and who agreed to get any."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    _templates()
    _sequences()
    _consents()
    _followups()


def _templates() -> None:
    op.create_table(
        "message_templates",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("purpose", sa.String(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_message_templates"),
    )
    op.create_table(
        "template_wordings",
        sa.Column("template_id", Id(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("provider_id", sa.String(80), nullable=True),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("approval", sa.String(10), nullable=False),
        sa.Column("price_minor", sa.Integer(), nullable=True),
        sa.Column("currency", sa.String(3), nullable=True),
        sa.ForeignKeyConstraint(
            ["template_id"],
            ["message_templates.id"],
            name="fk_template_wordings_template_id",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("template_id", "channel", name="pk_template_wordings"),
    )


def _sequences() -> None:
    op.create_table(
        "sequences",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sequences"),
    )
    op.create_index("ix_sequences_outcome", "sequences", ["outcome"])
    op.create_table(
        "sequence_steps",
        sa.Column("id", Id(), nullable=False),
        sa.Column("sequence_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("after_days", sa.Integer(), nullable=False),
        sa.Column("at_time", sa.Time(), nullable=False),
        sa.Column("template_id", Id(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequences.id"], name="fk_sequence_steps_sequence_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["message_templates.id"], name="fk_sequence_steps_template_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_sequence_steps"),
    )
    op.create_index("ix_sequence_steps_sequence_id", "sequence_steps", ["sequence_id"])
    op.create_index("ix_sequence_steps_template_id", "sequence_steps", ["template_id"])


def _consents() -> None:
    op.create_table(
        "consents",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("contact_id", Id(), nullable=True),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("how", sa.String(10), nullable=False),
        sa.Column("by_id", Id(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_consents_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_consents_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_consents_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consents"),
    )
    op.create_index("ix_consents_customer", "consents", ["customer_id", "channel", "contact_id"])
    op.create_index("ix_consents_contact_id", "consents", ["contact_id"])
    op.create_index("ix_consents_by_id", "consents", ["by_id"])
    op.create_table(
        "stopped_addresses",
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "address", name="pk_stopped_addresses"),
    )


def _followups() -> None:
    planned = sa.text("state = 'planned'")
    op.create_table(
        "followups",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("contact_id", Id(), nullable=True),
        sa.Column("to_name", sa.String(300), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("channel", sa.String(10), nullable=False),
        sa.Column("address", sa.String(320), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("template_id", Id(), nullable=True),
        sa.Column("sequence_id", Id(), nullable=True),
        sa.Column("cause_id", Id(), nullable=True),
        sa.Column("dedupe", sa.String(160), nullable=True),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("reason", sa.String(300), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_followups_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_followups_contact_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_followups_person_id"),
        sa.ForeignKeyConstraint(
            ["template_id"], ["message_templates.id"], name="fk_followups_template_id", ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["sequence_id"], ["sequences.id"], name="fk_followups_sequence_id", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_followups"),
        sa.UniqueConstraint("dedupe", name="uq_followups_dedupe"),
    )
    for column in ("customer_id", "contact_id", "template_id", "sequence_id", "cause_id"):
        op.create_index(f"ix_followups_{column}", "followups", [column])
    op.create_index("ix_followups_person", "followups", ["person_id", "state", "due_at"])
    op.create_index(
        "ix_followups_planned", "followups", ["customer_id"], sqlite_where=planned, postgresql_where=planned
    )


def downgrade() -> None:
    for table in (
        "followups", "stopped_addresses", "consents", "sequence_steps", "sequences", "template_wordings",
        "message_templates",
    ):  # fmt: skip
        op.drop_table(table)
