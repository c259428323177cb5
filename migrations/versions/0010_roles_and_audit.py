"""Roles made from named rights, and who changed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, SerialId, UtcDateTime

revision = "0010"
down_revision = "0009"

FROZEN = ("audit_entries", "audit_seals")


def upgrade() -> None:
    _roles()
    _audit()
    if op.get_bind().dialect.name == "sqlite":
        _guard_on_sqlite()
    else:
        _guard_on_postgresql()


def _roles() -> None:
    op.create_table(
        "roles",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("title", sa.String(60), nullable=False),
        sa.Column("title_key", sa.String(60), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_roles"),
        sa.UniqueConstraint("title_key", name="uq_roles_title_key"),
    )


def _audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("seq", SerialId, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by_id", Id(), nullable=True),
        sa.Column("why", sa.String(60), nullable=False),
        sa.Column("action", sa.String(60), nullable=False),
        sa.Column("about_kind", sa.String(30), nullable=False),
        sa.Column("about_id", Id(), nullable=True),
        sa.Column("values_digest", sa.LargeBinary(32), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_audit_entries_by_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_entries"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    op.create_index("ix_audit_entries_by_id", "audit_entries", ["by_id"])
    op.create_index("ix_audit_entries_action", "audit_entries", ["action"])
    op.create_index("ix_audit_entries_about", "audit_entries", ["about_kind", "about_id"])
    op.create_table(
        "audit_values",
        sa.Column("seq", SerialId, autoincrement=False, nullable=False),
        sa.Column("salt", sa.LargeBinary(16), nullable=True),
        sa.Column("about_name", sa.String(200), nullable=True),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["seq"], ["audit_entries.seq"], name="fk_audit_values_seq"),
        sa.PrimaryKeyConstraint("seq", name="pk_audit_values"),
    )
    op.create_table(
        "audit_seals",
        sa.Column("number", SerialId, nullable=False),
        sa.Column("first", SerialId, nullable=False),
        sa.Column("last", SerialId, nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_audit_seals"),
        sa.UniqueConstraint("last", name="uq_audit_seals_last"),
        sqlite_autoincrement=True,
    )


EMPTIED = "new.salt IS NULL AND new.about_name IS NULL AND new.before IS NULL AND new.after IS NULL"


def _guard_on_sqlite() -> None:
    refuse = "BEGIN SELECT RAISE(ABORT, 'the audit is not altered'); END"
    for table in FROZEN:
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE UPDATE ON {table} {refuse}")
        op.execute(f"CREATE TRIGGER {table}_remain BEFORE DELETE ON {table} {refuse}")
    op.execute(
        f"CREATE TRIGGER audit_values_stay BEFORE UPDATE ON audit_values WHEN NOT ({EMPTIED}) {refuse}"
    )
    op.execute(f"CREATE TRIGGER audit_values_remain BEFORE DELETE ON audit_values {refuse}")


def _guard_on_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_to_alter_audit() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit is not altered'; END $$"
    )
    call = "EXECUTE FUNCTION refuse_to_alter_audit()"
    for table in FROZEN:
        op.execute(f"CREATE TRIGGER {table}_stay BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW {call}")
    op.execute(
        f"CREATE TRIGGER audit_values_stay BEFORE UPDATE ON audit_values FOR EACH ROW WHEN (NOT ({EMPTIED})) {call}"
    )
    op.execute(f"CREATE TRIGGER audit_values_remain BEFORE DELETE ON audit_values FOR EACH ROW {call}")
    for table in (*FROZEN, "audit_values"):
        op.execute(f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {call}")


def downgrade() -> None:
    for table in ("audit_seals", "audit_values", "audit_entries", "roles"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_to_alter_audit()")
