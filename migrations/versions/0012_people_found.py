"""People are found without accents."""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

from crmweb.db import Id
from crmweb.names import fold

revision = "0012"
down_revision = "0011"

BY_BYTES = sa.String(500).with_variant(sa.String(500, collation="C"), "postgresql")

USERS = sa.table(
    "users",
    sa.column("id", Id()),
    sa.column("name", sa.String()),
    sa.column("email", sa.String()),
    sa.column("phone", sa.String()),
    sa.column("folded", sa.String()),
)


def upgrade() -> None:
    op.add_column("users", sa.Column("folded", BY_BYTES, nullable=False, server_default=""))
    connection = op.get_bind()
    known = connection.execute(sa.select(USERS.c.id, USERS.c.name, USERS.c.email, USERS.c.phone)).all()
    for person, name, email, phone in known:
        words = _words(name, email or "", phone or "")
        connection.execute(sa.update(USERS).where(USERS.c.id == person).values(folded=words))
    op.create_index("ix_users_folded", "users", ["folded", "id"])


def _words(name: str, email: str, phone: str) -> str:
    digits = "".join(re.findall("[0-9]", phone))
    national = f"0{digits[2:]}" if re.fullmatch(r"84\d{9}", digits) else digits
    return " " + " ".join(word for word in (fold(name)[:200], fold(email), national) if word)


def downgrade() -> None:
    op.drop_index("ix_users_folded", "users")
    op.drop_column("users", "folded")
