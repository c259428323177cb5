"""One at a time for each person, where a write rests on what it has just read."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from crmweb.accounts.models import User
from crmweb.db import db, is_sqlite


def wait_for_turn(*person_ids: uuid.UUID) -> None:
    """Until this transaction is over, nobody else who waits here writes for these people.

    SQLite has one writer anyway. Always in the order of the ids, so that no two wait for each other; rows that only
    name these people need not wait.
    """
    if not is_sqlite():
        theirs = select(User.id).where(User.id.in_(person_ids)).order_by(User.id)
        db.session.execute(theirs.with_for_update(key_share=True)).all()
