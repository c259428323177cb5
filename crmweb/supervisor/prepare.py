"""Makes the database ready before anything else starts: checked, backed up, migrated, in development peopled.

It runs in a process of its own, so that what only it needs is gone from memory afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from flask import Flask, current_app

from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import db, is_sqlite, writing
from crmweb.scope import system_access

if TYPE_CHECKING:
    from alembic.config import Config

log = structlog.get_logger(__name__)

BACKUPS_KEPT: Final = 5
DEMO_PEOPLE: Final = ("lan@example.com", "hung@example.com", "mai@example.com", "tuan@example.com")


class DatabaseTooNew(Exception):
    """A newer version of the product has changed the database; this one would spoil it."""

    def __init__(self, revision: str) -> None:
        self.revision = revision
        super().__init__(
            f"the database is newer than this version of crmweb (it is at {revision}): "
            "start the newer version, or restore a backup made before it"
        )


@dataclass(frozen=True)
class Revisions:
    """Where the database stands (None: empty) and the latest that this code knows of."""

    current: str | None
    head: str

    @classmethod
    def read(cls) -> Revisions:
        """From the current app's database and migrations. Raises DatabaseTooNew."""
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        script = ScriptDirectory.from_config(_alembic())
        with db.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        if current is not None and current not in {known.revision for known in script.walk_revisions()}:
            raise DatabaseTooNew(current)
        return cls(current, script.get_current_head() or "")


def prepare(app: Flask, *, demo: bool) -> list[str]:
    """Make the database of ``app`` ready, and the key for push. Returns what to tell whoever started it, line by
    line: a one-time link for each demo person, or the one that makes the first admin.

    Raises DatabaseTooNew, and the demo's Refused where its people would work in production.
    """
    from crmweb.demo.presence import refuse_in_production
    from crmweb.holdings.erasing import erase_again
    from crmweb.notifications.vapid import vapid

    with app.app_context():
        revisions = Revisions.read()
        if revisions.current != revisions.head:
            if revisions.current is not None:
                back_up_before_migration(revisions.current)
            migrate()
        if again := erase_again():
            log.warning("this database was from before: erased again", erasures=again)
        refuse_in_production()
        vapid(current_settings())  # made before several processes want it
        return _demo_links() if demo and current_settings().env == "development" else _set_up_link()


def migrate() -> None:
    """Bring the database to this code's latest revision."""
    from alembic import command

    command.upgrade(_alembic(), "head")
    log.info("database migrated")


def back_up_before_migration(revision: str) -> Path | None:
    """A copy of the SQLite database under ``backups/``, the last few kept. PostgreSQL is its owner's to
    back up.
    """
    if not is_sqlite():
        log.warning("migrating PostgreSQL without a backup of ours: keep your own (pg_dump)")
        return None
    from crmweb.backup import copy_sqlite, database_file

    folder = current_settings().home / "backups"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"before-migration-{now():%Y%m%dT%H%M%S}-from-{revision}.sqlite3"
    copy_sqlite(database_file(current_settings()), target)
    for old in sorted(folder.glob("before-migration-*.sqlite3"))[:-BACKUPS_KEPT]:
        old.unlink()
    log.info("database backed up before migration", file=target.name)
    return target


def _alembic() -> Config:
    config: Config = current_app.extensions["migrate"].migrate.get_config()
    return config


def _demo_links() -> list[str]:
    """Create the demo company where there is nobody yet; a link for each of its people who is (still)
    here.
    """
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User
    from crmweb.demo import ensure_demo

    ensure_demo()
    with system_access("demo links"), writing():
        people = [user for email in DEMO_PEOPLE if (user := User.with_email(email)) and user.active]
        here = current_settings().address
        links = [
            f"{user.email:18} {here}/join/{OneTimeLink.issue(user, at=now())}  {user.name}" for user in people
        ]
    return ["One-time sign-in links, good for 15 minutes:", *links] if links else []


def _set_up_link() -> list[str]:
    """A fresh one at each start, in place of the last, until there is an admin."""
    from crmweb.accounts.setting_up import SetUpLink

    with system_access("first start"), writing():
        token = SetUpLink.issue(at=now())
        here = current_settings().address
    return (
        ["Nobody is an admin yet. Open this once to become the first:", f"{here}/setup/{token}"]
        if token
        else []
    )
