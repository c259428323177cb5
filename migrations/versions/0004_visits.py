"""The visit: check-ins with their evidence, notes, promises, routes and the days they bring, working days."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0004"
down_revision = "0003"

OUTCOMES = (("order_taken", True), ("interested", False), ("no_order", False), ("not_now", False))
OWN = "ended_at IS NULL AND stands_in_for_id IS NULL"
COVER = "ended_at IS NULL AND stands_in_for_id IS NOT NULL"
TO_PEOPLE = (("customers", "pin_by_id"), ("assignments", "stands_in_for_id"))

# Beginnings of four letters and more were put together at each search, 10 ms for a common word among a million; with
# an index of their own they are 0.2 ms. Hardly a Vietnamese word is longer than six. It takes a quarter more room.
SEARCH_BY_LONGER_BEGINNINGS = (
    "DROP TABLE customer_search",
    """CREATE VIRTUAL TABLE customer_search USING fts5(
        folded, content='', contentless_delete=1, prefix='1 2 3 4 5 6', tokenize='unicode61 remove_diacritics 0'
    )""",
    """INSERT INTO customer_search (rowid, folded)
        SELECT r.number, c.folded FROM customer_search_rows r CROSS JOIN customers c ON c.id = r.customer_id""",
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for statement in SEARCH_BY_LONGER_BEGINNINGS:
            op.execute(statement)
    for table, column in TO_PEOPLE:
        _add_key_to_people(table, column)
    op.drop_index("uq_assignments_standing", "assignments")
    _unique("uq_assignments_standing", ["customer_id", "person_id", "line"], OWN)
    _unique("uq_assignments_cover", ["customer_id", "person_id", "stands_in_for_id", "since"], COVER)
    outcomes = op.create_table(
        "outcomes",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("label", sa.String(60), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("productive", sa.Boolean(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_outcomes"),
    )
    op.create_table(
        "day_plans",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_day_plans_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", "day", name="pk_day_plans"),
    )
    op.create_table(
        "days_off",
        sa.Column("id", Id(), nullable=False),
        sa.Column("head_id", Id(), nullable=True),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["head_id"], ["users.id"], name="fk_days_off_head_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_days_off"),
        sa.UniqueConstraint("day", "head_id", name="uq_days_off_day_head_id"),
    )
    op.create_index("ix_days_off_head_id", "days_off", ["head_id"])
    op.create_table(
        "place_questions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_place_questions_person_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_place_questions"),
    )
    op.create_index("ix_place_questions_person_id", "place_questions", ["person_id", "asked_at"])
    op.create_table(
        "routes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.Column("weeks", sa.String(8), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_routes_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_routes"),
    )
    op.create_index("ix_routes_person_id", "routes", ["person_id"])
    op.create_table(
        "working_weeks",
        sa.Column("id", Id(), nullable=False),
        sa.Column("head_id", Id(), nullable=True),
        sa.Column("weekdays", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["head_id"], ["users.id"], name="fk_working_weeks_head_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_working_weeks"),
        sa.UniqueConstraint("head_id", name="uq_working_weeks_head_id"),
    )
    op.create_table(
        "notes",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_notes_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_notes_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_notes"),
    )
    op.create_index("ix_notes_by_id", "notes", ["by_id"])
    op.create_index("ix_notes_customer_id", "notes", ["customer_id"])
    op.create_table(
        "proposals",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("cause_id", Id(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by_id", Id(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_proposals_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_proposals_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["decided_by_id"], ["users.id"], name="fk_proposals_decided_by_id"),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
    )
    op.create_index("ix_proposals_by_id", "proposals", ["by_id"])
    op.create_index("ix_proposals_customer_id", "proposals", ["customer_id"])
    op.create_index("ix_proposals_decided_by_id", "proposals", ["decided_by_id"])
    op.create_index(
        "uq_proposals_waiting",
        "proposals",
        ["customer_id", "kind"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "reminders",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=True),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("whole_day", sa.Boolean(), nullable=False),
        sa.Column("promised_by", sa.String(8), nullable=True),
        sa.Column("cause_id", Id(), nullable=True),
        sa.Column("created_by_id", Id(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("done_by_id", Id(), nullable=True),
        sa.Column("dropped_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["created_by_id"], ["users.id"], name="fk_reminders_created_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_reminders_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["done_by_id"], ["users.id"], name="fk_reminders_done_by_id"),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_reminders_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_reminders"),
    )
    op.create_index("ix_reminders_cause_id", "reminders", ["cause_id"])
    op.create_index("ix_reminders_customer_id", "reminders", ["customer_id"])
    op.create_index(
        "ix_reminders_due",
        "reminders",
        ["person_id", "due_at"],
        sqlite_where=sa.text("done_at IS NULL AND dropped_at IS NULL"),
        postgresql_where=sa.text("done_at IS NULL AND dropped_at IS NULL"),
    )
    op.create_table(
        "route_stops",
        sa.Column("route_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("left_out_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_route_stops_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["route_id"], ["routes.id"], name="fk_route_stops_route_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("route_id", "customer_id", name="pk_route_stops"),
    )
    op.create_index("ix_route_stops_customer_id", "route_stops", ["customer_id"])
    op.create_table(
        "stops",
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(12), nullable=False),
        sa.Column("cause_id", Id(), nullable=True),
        sa.Column("taken_out_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_stops_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_stops_person_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", "day", "customer_id", name="pk_stops"),
    )
    op.create_index("ix_stops_customer_id", "stops", ["customer_id"])
    op.create_index("ix_stops_day", "stops", ["day", "person_id"])
    op.create_table(
        "visits",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("customer_name", sa.String(300), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("helper", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("client_at", UtcDateTime(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended", sa.String(12), nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.Column("note_id", Id(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("counted", sa.JSON(), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=True),
        sa.Column("reason", sa.String(20), nullable=True),
        sa.Column("why", sa.String(200), nullable=True),
        sa.Column("judged_at", UtcDateTime(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.Column("fixed_at", UtcDateTime(), nullable=True),
        sa.Column("distance_m", sa.Double(), nullable=True),
        sa.Column("speed_kmh", sa.Double(), nullable=True),
        sa.Column("radius_m", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_visits_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name="fk_visits_note_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_visits_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_visits"),
    )
    op.create_index("ix_visits_customer", "visits", ["customer_id", "started_at"])
    op.create_index("ix_visits_note_id", "visits", ["note_id"])
    doubtful = sa.text(
        "(verdict = 'away' OR verdict = 'unproven' AND (reason IS NULL OR reason NOT IN ('no_pin', 'own_pin')))"
    )
    op.create_index(
        "ix_visits_doubtful",
        "visits",
        ["person_id", "day"],
        sqlite_where=doubtful,
        postgresql_where=doubtful,
    )
    op.create_index(
        "ix_visits_open",
        "visits",
        ["person_id"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_visits_person_day", "visits", ["person_id", "day", "started_at"])
    op.create_index(
        "ix_visits_resultless",
        "visits",
        ["person_id"],
        sqlite_where=sa.text("ended = 'estimated' AND outcome IS NULL"),
        postgresql_where=sa.text("ended = 'estimated' AND outcome IS NULL"),
    )
    op.create_table(
        "visit_attendees",
        sa.Column("visit_id", Id(), nullable=False),
        sa.Column("contact_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_visit_attendees_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name="fk_visit_attendees_visit_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("visit_id", "contact_id", name="pk_visit_attendees"),
    )
    op.create_index("ix_visit_attendees_customer_id", "visit_attendees", ["customer_id"])
    op.create_table(
        "visit_photos",
        sa.Column("id", Id(), nullable=False),
        sa.Column("visit_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("taken_at", UtcDateTime(), nullable=False),
        sa.Column("removed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_visit_photos_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_visit_photos_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name="fk_visit_photos_visit_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit_photos"),
    )
    op.create_index("ix_visit_photos_by_id", "visit_photos", ["by_id"])
    op.create_index("ix_visit_photos_customer_id", "visit_photos", ["customer_id"])
    op.create_index("ix_visit_photos_visit_id", "visit_photos", ["visit_id"])
    op.create_table(
        "visit_reviews",
        sa.Column("id", Id(), nullable=False),
        sa.Column("visit_id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("by_id", Id(), nullable=False),
        sa.Column("question", sa.Text(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_visit_reviews_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_visit_reviews_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_visit_reviews_person_id"),
        sa.ForeignKeyConstraint(
            ["visit_id"], ["visits.id"], name="fk_visit_reviews_visit_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_visit_reviews"),
        sa.UniqueConstraint("visit_id", name="uq_visit_reviews_visit_id"),
    )
    op.create_index("ix_visit_reviews_by_id", "visit_reviews", ["by_id"])
    op.create_index("ix_visit_reviews_customer_id", "visit_reviews", ["customer_id"])
    op.create_index(
        "ix_visit_reviews_unanswered",
        "visit_reviews",
        ["person_id"],
        sqlite_where=sa.text("question IS NOT NULL AND answered_at IS NULL"),
        postgresql_where=sa.text("question IS NOT NULL AND answered_at IS NULL"),
    )
    rows = [
        {"name": name, "position": position, "productive": productive}
        for position, (name, productive) in enumerate(OUTCOMES)
    ]
    op.bulk_insert(outcomes, rows)


def _unique(name: str, columns: list[str], where: str) -> None:
    op.create_index(
        name,
        "assignments",
        columns,
        unique=True,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )


def _add_key_to_people(table: str, column: str) -> None:
    """In place: the batch mode would copy a million rows, and drop the triggers of the search with the old table."""
    kind = "BLOB" if op.get_bind().dialect.name == "sqlite" else "UUID"
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN {column} {kind} CONSTRAINT fk_{table}_{column} REFERENCES users (id)"
    )
    op.create_index(f"ix_{table}_{column}", table, [column])


def downgrade() -> None:
    op.drop_table("visit_reviews")
    op.drop_table("visit_photos")
    op.drop_table("visit_attendees")
    op.drop_table("visits")
    op.drop_table("stops")
    op.drop_table("route_stops")
    op.drop_table("reminders")
    op.drop_table("proposals")
    op.drop_table("notes")
    op.drop_table("working_weeks")
    op.drop_table("routes")
    op.drop_table("place_questions")
    op.drop_table("days_off")
    op.drop_table("day_plans")
    op.drop_table("outcomes")
    op.drop_index("uq_assignments_cover", "assignments")
    op.drop_index("uq_assignments_standing", "assignments")
    op.execute("DELETE FROM assignments WHERE stands_in_for_id IS NOT NULL")
    _unique("uq_assignments_standing", ["customer_id", "person_id", "line"], "ended_at IS NULL")
    for table, column in TO_PEOPLE:
        op.drop_index(f"ix_{table}_{column}", table)
        op.drop_column(table, column)
