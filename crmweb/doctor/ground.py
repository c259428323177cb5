"""What the house stands on: settings, database, disk, clock, certificate, the built files."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import func, select, text

from crmweb.assets import MANIFEST
from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import db, is_sqlite
from crmweb.doctor.tls import NotRead, NotTrusted, ends_at
from crmweb.lights.findings import Said, _l, bad, note, ok
from crmweb.schedule import Occurrence

# Bytes: with less, a busy day's photos may fill the disk.
ENOUGH_DISK: Final = 500_000_000
# Between this machine's clock and its database's or Redis's.
CLOCKS_MAY_DIFFER: Final = timedelta(seconds=5)
RENEW_BY: Final = timedelta(days=14)
"""Whoever renews by themselves does so a month before the end."""


def settings() -> Said:
    found = current_settings()
    if found.env == "production" and not found.https:
        return bad(
            _l("PUBLIC_URL is %(address)s: phones give no place and no push without https"),
            _l("Set PUBLIC_URL to an address that begins with https://."),
            address=found.address,
        )
    return ok(
        _l("%(env)s, data in %(home)s, at %(address)s"),
        env=found.env,
        home=str(found.home),
        address=found.address,
    )


def database() -> Said:
    from crmweb.supervisor.prepare import DatabaseTooNew, Revisions

    try:
        revisions = Revisions.read()
    except DatabaseTooNew as error:
        return bad(
            _l("The database is newer than this version of crmweb (it is at %(revision)s)"),
            _l("Start the newer version, or restore a backup made before it."),
            revision=error.revision,
        )
    if revisions.current != revisions.head:
        return bad(
            _l("Is at %(current)s and not at %(head)s"), _l("crmweb run brings it there."),
            current=revisions.current or "nothing", head=revisions.head,
        )  # fmt: skip
    if is_sqlite():
        return _sqlite()
    version = db.session.scalar(text("SHOW server_version"))
    return ok(_l("PostgreSQL %(version)s, up to date"), version=str(version))


def _sqlite() -> Said:
    verdict = db.session.scalar(text("PRAGMA quick_check(1)"))
    if verdict != "ok":
        return bad(
            _l("Is damaged (%(verdict)s)"),
            _l("Stop crmweb and restore the last backup."),
            verdict=str(verdict),
        )
    version = db.session.scalar(text("SELECT sqlite_version()"))
    return ok(_l("SQLite %(version)s, sound and up to date"), version=str(version))


def clock() -> Said:
    """This machine's clock against its database's; and whether somebody does the recurring work."""
    apart = abs(_database_time() - now())
    if apart > CLOCKS_MAY_DIFFER:
        return bad(
            _l("Is %(seconds)s s from the database's"), _l("Set up time synchronisation."),
            seconds=round(apart.total_seconds()),
        )  # fmt: skip
    latest = db.session.scalar(select(func.max(Occurrence.started_at)))
    if latest is None:
        return note(_l("Agrees; no recurring work was done yet"), _l("crmweb run or crmweb clock does it."))
    at = f"{latest:%Y-%m-%d %H:%M}"
    if latest > now() + CLOCKS_MAY_DIFFER:
        return bad(
            _l("Was set back: work was done at %(at)s UTC, which is to come"),
            _l("Set the clock right."),
            at=at,
        )
    if now() - latest > timedelta(hours=1):
        return bad(_l("Nobody did recurring work since %(at)s UTC"), _l("Start crmweb clock."), at=at)
    return ok(_l("Agrees, and recurring work is done"))


def _database_time() -> datetime:
    if is_sqlite():
        return now()  # the same machine's
    at = db.session.scalar(select(func.clock_timestamp()))
    assert isinstance(at, datetime)
    return at.astimezone(UTC)


def disk() -> Said:
    free = shutil.disk_usage(current_settings().home).free
    if free < ENOUGH_DISK:
        return bad(
            _l("Only %(free)s MB free"),
            _l("Make room, or writes will soon be refused."),
            free=round(free / 1e6),
        )
    return ok(_l("%(free)s GB free"), free=f"{free / 1e9:.1f}")


def assets() -> Said:
    if not MANIFEST.exists():
        return bad(_l("Are not built"), _l("make run builds them, and so does npm run build."))
    return ok(_l("Are built"))


def certificate() -> Said:
    """The one that people's browsers see at PUBLIC_URL, wherever it is kept."""
    address = urlsplit(current_settings().public_url)
    if address.scheme != "https" or not address.hostname:
        return note(_l("None of ours: PUBLIC_URL does not begin with https://"))
    try:
        end = ends_at(address.hostname, address.port or 443)
    except NotTrusted as wrong:
        return bad(
            _l("Browsers refuse it: %(reason)s"),
            _l("Put a valid certificate before crmweb."),
            reason=str(wrong),
        )
    except NotRead as away:
        return note(
            _l("Cannot be read from here: %(reason)s"), _l("Look whether PUBLIC_URL opens on a phone."),
            reason=str(away),
        )  # fmt: skip
    return _judged(end)


def _judged(end: datetime) -> Said:
    days = (end - now()).days
    if end - now() < RENEW_BY:
        return bad(
            _l("Ends on %(day)s (days left: %(days)s)"), _l("Renew it: after that day no phone comes in."),
            days=days, day=f"{end:%Y-%m-%d}",
        )  # fmt: skip
    return ok(_l("Good, days left: %(days)s"), days=days)
