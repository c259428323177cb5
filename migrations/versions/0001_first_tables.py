"""The first tables: people, who oversees whom, customers, who looks after whom, the timeline, kept answers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, SerialId, UtcDateTime

revision = "0001"
down_revision = None

ON_THE_MAP = sa.text("cell IS NOT NULL")
AT_WORK = sa.text("cell IS NOT NULL AND started_at IS NOT NULL AND ended_at IS NULL")
STANDING = sa.text("ended_at IS NULL")
BY_BYTES = sa.String(length=80).with_variant(sa.String(length=80, collation="C"), "postgresql")

# The index follows the table by triggers, so that no bulk write can forget it. Its rows are numbered by a table of
# their own: VACUUM may renumber a table without an integer key, and `customers` is one.
SEARCH_ON_SQLITE = (
    "CREATE TABLE customer_search_rows (number INTEGER PRIMARY KEY, customer_id BLOB NOT NULL UNIQUE)",
    """CREATE VIRTUAL TABLE customer_search USING fts5(
        folded, content='', contentless_delete=1, prefix='1 2 3', tokenize='unicode61 remove_diacritics 0'
    )""",
    """CREATE TRIGGER customers_found AFTER INSERT ON customers BEGIN
        INSERT INTO customer_search_rows (customer_id) VALUES (new.id);
        INSERT INTO customer_search (rowid, folded)
            SELECT number, new.folded FROM customer_search_rows WHERE customer_id = new.id;
    END""",
    """CREATE TRIGGER customers_found_anew AFTER UPDATE OF folded ON customers WHEN new.folded <> old.folded BEGIN
        DELETE FROM customer_search
            WHERE rowid = (SELECT number FROM customer_search_rows WHERE customer_id = old.id);
        INSERT INTO customer_search (rowid, folded)
            SELECT number, new.folded FROM customer_search_rows WHERE customer_id = new.id;
    END""",
    """CREATE TRIGGER customers_lost AFTER DELETE ON customers BEGIN
        DELETE FROM customer_search
            WHERE rowid = (SELECT number FROM customer_search_rows WHERE customer_id = old.id);
        DELETE FROM customer_search_rows WHERE customer_id = old.id;
    END""",
)
SEARCH_ON_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX ix_customers_folded ON customers USING gin (folded gin_trgm_ops)",
)


def upgrade() -> None:
    op.create_table(
        "contacts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("phone", sa.String(length=120), nullable=True),
        sa.Column("phone_e164", sa.String(length=20), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("birthday", sa.Date(), nullable=True),
        sa.Column("birthday_lunar", sa.Boolean(), nullable=False),
        sa.Column("preferences", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contacts"),
    )
    op.create_index("ix_contacts_phone_e164", "contacts", ["phone_e164"])

    op.create_table(
        "sign_in_attempts",
        sa.Column("id", Id(), nullable=False),
        sa.Column("account", sa.LargeBinary(length=32), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sign_in_attempts"),
    )
    op.create_index("ix_sign_in_attempts_account", "sign_in_attempts", ["account"])
    op.create_index("ix_sign_in_attempts_address", "sign_in_attempts", ["address"])

    op.create_table(
        "tiers",
        sa.Column("name", sa.String(length=8), nullable=False),
        sa.Column("visit_every_days", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tiers"),
    )
    op.create_table(
        "users",
        sa.Column("id", Id(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email_key", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=40), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("manager_id", Id(), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=8), nullable=True),
        sa.Column("theme", sa.String(length=8), nullable=True),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("deactivated_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["manager_id"], ["users.id"], name="fk_users_manager_id"),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("email_key", name="uq_users_email_key"),
    )
    op.create_index("ix_users_manager_id", "users", ["manager_id"])

    op.create_table(
        "customers",
        sa.Column("id", Id(), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=True),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent_id", Id(), nullable=True),
        sa.Column("tax_number", sa.String(length=40), nullable=True),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("sort_name", BY_BYTES, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("website", sa.String(length=500), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=True),
        sa.Column("preferences", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("pin_source", sa.String(length=12), nullable=True),
        sa.Column("pin_at", UtcDateTime(), nullable=True),
        sa.Column("pin_flaw", sa.String(length=20), nullable=True),
        sa.Column("phone", sa.String(length=120), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["customers.id"], name="fk_customers_parent_id"),
        sa.ForeignKeyConstraint(["tier"], ["tiers.name"], name="fk_customers_tier"),
        sa.PrimaryKeyConstraint("id", name="pk_customers"),
        sa.UniqueConstraint("code", name="uq_customers_code"),
    )
    op.create_index("ix_customers_parent_id", "customers", ["parent_id"])
    op.create_index(
        "ix_customers_place",
        "customers",
        ["cell", "tier", "status", "lat", "lng", "id"],
        sqlite_where=ON_THE_MAP,
        postgresql_where=ON_THE_MAP,
    )
    op.create_index("ix_customers_sort_name", "customers", ["sort_name", "id"])
    op.create_index("ix_customers_tax_number", "customers", ["tax_number"])

    op.create_table(
        "kept_answers",
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("endpoint", sa.String(length=80), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("record_id", Id(), nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_kept_answers_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "key", name="pk_kept_answers"),
    )
    op.create_index("ix_kept_answers_kept_at", "kept_answers", ["kept_at"])

    op.create_table(
        "one_time_links",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_one_time_links_user_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_links"),
        sa.UniqueConstraint("token", name="uq_one_time_links_token"),
    )
    op.create_index("ix_one_time_links_user_id", "one_time_links", ["user_id"])

    op.create_table(
        "oversight",
        sa.Column("viewer_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["users.id"], name="fk_oversight_person_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["viewer_id"], ["users.id"], name="fk_oversight_viewer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("viewer_id", "person_id", name="pk_oversight"),
    )
    op.create_index("ix_oversight_person_id", "oversight", ["person_id"])

    op.create_table(
        "sessions",
        sa.Column("id", Id(), nullable=False),
        sa.Column("user_id", Id(), nullable=False),
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("device", sa.String(length=300), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token", name="uq_sessions_token"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])

    op.create_table(
        "assignments",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("person_id", Id(), nullable=False),
        sa.Column("line", sa.String(length=80), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_visit_at", UtcDateTime(), nullable=True),
        sa.Column("next_route_day", sa.Date(), nullable=True),
        sa.Column("next_due", sa.Date(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("tier", sa.String(length=8), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_assignments_customer_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["users.id"], name="fk_assignments_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
    )
    op.create_index(
        "ix_assignments_book",
        "assignments",
        ["person_id", "cell", "tier", "status", "next_due", "lat", "lng", "customer_id"],
        sqlite_where=AT_WORK,
        postgresql_where=AT_WORK,
    )
    op.create_index(
        "ix_assignments_due",
        "assignments",
        ["person_id", "next_due"],
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )
    op.create_index("ix_assignments_person_id", "assignments", ["person_id"])
    op.create_index(
        "ix_assignments_sight", "assignments", ["customer_id", "person_id", "ended_at", "started_at"]
    )
    op.create_index(
        "uq_assignments_standing",
        "assignments",
        ["customer_id", "person_id", "line"],
        unique=True,
        sqlite_where=STANDING,
        postgresql_where=STANDING,
    )

    op.create_table(
        "customer_contacts",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("contact_id", Id(), nullable=False),
        sa.Column("role", sa.String(length=60), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name="fk_customer_contacts_contact_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_contacts_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "contact_id", name="pk_customer_contacts"),
    )
    op.create_index("ix_customer_contacts_contact_id", "customer_contacts", ["contact_id"])

    op.create_table(
        "customer_emails",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("typed", sa.String(length=254), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("flaw", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_emails_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customer_emails"),
    )
    op.create_index("ix_customer_emails_address", "customer_emails", ["address"])
    op.create_index("ix_customer_emails_customer_id", "customer_emails", ["customer_id"])

    op.create_table(
        "customer_phones",
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("typed", sa.String(length=120), nullable=False),
        sa.Column("e164", sa.String(length=20), nullable=True),
        sa.Column("flaw", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_phones_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_customer_phones"),
    )
    op.create_index("ix_customer_phones_customer_id", "customer_phones", ["customer_id"])
    op.create_index("ix_customer_phones_e164", "customer_phones", ["e164"])

    op.create_table(
        "customer_tags",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("tag", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_customer_tags_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "tag", name="pk_customer_tags"),
    )
    op.create_index("ix_customer_tags_tag", "customer_tags", ["tag"])

    op.create_table(
        "events",
        sa.Column("seq", SerialId, autoincrement=True, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("by_id", Id(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name="fk_events_by_id"),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_events_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("seq", name="pk_events"),
        sa.UniqueConstraint("id", name="uq_events_id"),
    )
    op.create_index("ix_events_by_id", "events", ["by_id"])
    op.create_index("ix_events_customer", "events", ["customer_id", "seq"])

    op.create_table(
        "external_ids",
        sa.Column("customer_id", Id(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"], ["customers.id"], name="fk_external_ids_customer_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("customer_id", "source", name="pk_external_ids"),
        sa.UniqueConstraint("source", "external_id", name="uq_external_ids_source_external_id"),
    )

    op.bulk_insert(
        sa.table("tiers", sa.column("name", sa.String), sa.column("visit_every_days", sa.Integer)),
        [
            {"name": "A", "visit_every_days": 14},
            {"name": "B", "visit_every_days": 30},
            {"name": "C", "visit_every_days": 60},
        ],
    )
    for statement in SEARCH_ON_SQLITE if op.get_bind().dialect.name == "sqlite" else SEARCH_ON_POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("there is nothing below the first tables")
