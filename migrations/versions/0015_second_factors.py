"""Second factors, passkeys, sign-ins in two steps, and sessions whose tokens change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id, UtcDateTime

revision = "0015"
down_revision = "0014"

LONG_AGO = "1970-01-01 00:00:00+00"
"""What SQLite asks for so that the column may be added; no row keeps it."""


def upgrade() -> None:
    _sessions()
    _factors()
    _at_the_door()


def _sessions() -> None:
    # Added in place: SQLite would make the table anew otherwise, and drop with the old one what hangs on its rows.
    op.add_column("sessions", sa.Column("shared", sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("proved_at", "rotated_at"):
        op.add_column("sessions", sa.Column(name, UtcDateTime(), nullable=False, server_default=LONG_AGO))
    for name in ("second_at", "last_offer_at"):
        op.add_column("sessions", sa.Column(name, UtcDateTime(), nullable=True))
    op.execute("UPDATE sessions SET proved_at = created_at, rotated_at = created_at")
    op.create_table(
        "session_tokens",
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        sa.Column("session_id", Id(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name="fk_session_tokens_session_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token", name="pk_session_tokens"),
    )
    op.create_index("ix_session_tokens_session_id", "session_tokens", ["session_id"])
    op.create_table(
        "known_devices",
        _user(),
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.Column("met_at", UtcDateTime(), nullable=False),
        _of_user("known_devices"),
        sa.PrimaryKeyConstraint("user_id", "mark", name="pk_known_devices"),
    )


def _factors() -> None:
    op.create_table(
        "totp_secrets",
        _user(),
        sa.Column("sealed", sa.LargeBinary(100), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", UtcDateTime(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        _of_user("totp_secrets"),
        sa.PrimaryKeyConstraint("user_id", name="pk_totp_secrets"),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("id", Id(), nullable=False),
        _user(),
        sa.Column("fingerprint", sa.LargeBinary(32), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _of_user("recovery_codes"),
        sa.PrimaryKeyConstraint("id", name="pk_recovery_codes"),
        sa.UniqueConstraint("fingerprint", name="uq_recovery_codes_fingerprint"),
    )
    op.create_index("ix_recovery_codes_user_id", "recovery_codes", ["user_id"])
    op.create_table(
        "passkeys",
        sa.Column("id", Id(), nullable=False),
        _user(),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(2000), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        _of_user("passkeys"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])


def _at_the_door() -> None:
    op.create_table(
        "challenges",
        sa.Column("holder", sa.LargeBinary(32), nullable=False),
        sa.Column("challenge", sa.LargeBinary(32), nullable=False),
        sa.Column("purpose", sa.String(10), nullable=False),
        sa.Column("user_id", Id(), nullable=True),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        _of_user("challenges"),
        sa.PrimaryKeyConstraint("holder", name="pk_challenges"),
    )
    op.create_index("ix_challenges_user_id", "challenges", ["user_id"])
    op.create_index("ix_challenges_address", "challenges", ["address"])
    op.create_table(
        "pending_sign_ins",
        sa.Column("token", sa.LargeBinary(32), nullable=False),
        _user(),
        sa.Column("target", sa.String(2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        _of_user("pending_sign_ins"),
        sa.PrimaryKeyConstraint("token", name="pk_pending_sign_ins"),
    )
    op.create_index("ix_pending_sign_ins_user_id", "pending_sign_ins", ["user_id"])


def _user() -> sa.Column[object]:
    return sa.Column("user_id", Id(), nullable=False)


def _of_user(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id", ondelete="CASCADE")


def downgrade() -> None:
    for table in (
        "pending_sign_ins", "challenges", "passkeys", "recovery_codes", "totp_secrets", "known_devices",
        "session_tokens",
    ):  # fmt: skip
        op.drop_table(table)
    for column in ("last_offer_at", "second_at", "rotated_at", "proved_at", "shared"):
        op.drop_column("sessions", column)
