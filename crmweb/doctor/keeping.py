"""What must not be lost: the last backup, and the seals of the audit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select

from crmweb.audit.models import Entry
from crmweb.audit.seals import Seal
from crmweb.backup import LAST, last_backup
from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import db, is_sqlite
from crmweb.lights.findings import Said, _l, bad, note, ok
from crmweb.scope import system_access

BACKUP_EVERY: Final = timedelta(hours=48)
SEALED_WITHIN: Final = timedelta(hours=1)


def backup() -> Said:
    """When `crmweb backup` last made one; with PostgreSQL whoever runs pg_dump says so by touching a file."""
    last, production = last_backup(current_settings()), current_settings().env == "production"
    todo = _SQLITE if is_sqlite() else _POSTGRES
    file = str(current_settings().home / LAST)
    if last is None:
        say = bad if production else note
        return say(_l("Nobody ever made one"), todo, file=file)
    hours = int((now() - last).total_seconds() // 3600)
    if now() - last > BACKUP_EVERY:
        say = bad if production else note
        return say(_l("The last one is %(hours)s h old"), todo, hours=hours, file=file)
    return ok(_l("The last one is %(hours)s h old"), hours=hours)


_SQLITE: Final = _l("Have crmweb backup run every night, onto another machine.")
_POSTGRES: Final = _l("Have pg_dump run every night, then touch %(file)s.")


def seals() -> Said:
    """Nothing that was written down long ago may stand outside of the chain."""
    with system_access("doctor"):
        newest = Seal.newest()
        after = (
            select(Entry.at).where(Entry.seq > (newest.last if newest else 0)).order_by(Entry.seq).limit(1)
        )
        unsealed: datetime | None = db.session.scalar(after)
    if unsealed is not None and now() - unsealed > SEALED_WITHIN:
        return bad(
            _l("What was changed since %(at)s UTC is not sealed"),
            _l("See the log of the clock, and crmweb audit verify."),
            at=f"{unsealed.astimezone(UTC):%Y-%m-%d %H:%M}",
        )
    if newest is None:
        return ok(_l("Nothing is to be sealed yet"))
    return ok(_l("The newest is of %(at)s UTC"), at=f"{newest.sealed_at:%Y-%m-%d %H:%M}")
