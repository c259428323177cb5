"""What holds for the company and its teams, who shares their place, and what a visit was judged by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0014"
down_revision = "0013"

COMPANYS = sa.text("ended_at IS NULL AND head_id IS NULL")
STANDING = sa.text("ended_at IS NULL")
EXACT = sa.text("lat IS NOT NULL AND rounded_at IS NULL")
DEFAULTS = {"A": 14, "B": 30, "C": 60}


def upgrade() -> None:
    _policies()
    _tiers()
    _answers()
    _visits()
    op.add_column("proposals", sa.Column("rounded_at", UtcDateTime(), nullable=True))
    op.create_index("ix_visit_photos_taken_at", "visit_photos", ["taken_at"])


def _policies() -> None:
    op.create_table(
        "policies",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("head_id", Id(), nullable=True),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("set_by_id", Id(), nullable=True),
        sa.Column("set_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["head_id"], ["users.id"], name="fk_policies_head_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["set_by_id"], ["users.id"], name="fk_policies_set_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_policies"),
    )
    op.create_index("ix_policies_head_id", "policies", ["head_id"])
    op.create_index("ix_policies_set_by_id", "policies", ["set_by_id"])
    _unique("uq_policies_company", "policies", ["name"], COMPANYS)
    _unique("uq_policies_team", "policies", ["name", "head_id"], STANDING)


def _unique(name: str, table: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=where, postgresql_where=where)


def _tiers() -> None:
    op.add_column("tiers", sa.Column("planned_days", sa.Integer(), nullable=False, server_default="0"))
    op.execute("UPDATE tiers SET planned_days = visit_every_days")


def _answers() -> None:
    op.create_table(
        "location_answers",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_location_answers_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_location_answers"),
    )
    op.create_index("ix_location_answers_person_id", "location_answers", ["person_id", "at"])


def _visits() -> None:
    """By what each was judged that stands already: nobody asked for more than a place then."""
    op.add_column("visits", sa.Column("asks_why", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("visits", sa.Column("asks_photo", sa.String(12), nullable=False, server_default="never"))
    op.add_column("visits", sa.Column("no_photo", sa.String(200), nullable=True))
    op.add_column("visits", sa.Column("rounded_at", UtcDateTime(), nullable=True))
    op.create_index("ix_visits_exact", "visits", ["started_at"], sqlite_where=EXACT, postgresql_where=EXACT)


def downgrade() -> None:
    op.drop_index("ix_visit_photos_taken_at", "visit_photos")
    op.drop_index("ix_visits_exact", "visits")
    for column in ("rounded_at", "no_photo", "asks_photo", "asks_why"):
        op.drop_column("visits", column)
    op.drop_column("proposals", "rounded_at")
    op.drop_column("tiers", "planned_days")
    op.drop_table("location_answers")
    op.drop_table("policies")
