"""`crmweb doctor`: looks at everything the product stands on and says, line by line, what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import click
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, func, select, text

from crmweb.assets import MANIFEST
from crmweb.clock import now
from crmweb.config import VAPID_KEY, current_settings
from crmweb.db import db, is_sqlite
from crmweb.jobs import QUEUES, bell
from crmweb.notifications.models import DEAD, FAILED, SENT, Delivery
from crmweb.notifications.notices import TOLD, Notice
from crmweb.schedule import Occurrence
from crmweb.scope import system_access
from crmweb.supervisor.lock import FolderTaken, run_lock

if TYPE_CHECKING:
    from flask import Flask

# Bytes: with less, a busy day's photos may fill the disk.
ENOUGH_DISK: Final = 500_000_000
# Between this machine's clock and its database's or Redis's.
CLOCKS_MAY_DIFFER: Final = timedelta(seconds=5)


class Mark(StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    BAD = "BAD"


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how bad it is, and what it says or what to do."""

    what: str
    mark: Mark
    says: str

    def __str__(self) -> str:
        return f"{self.mark:<4}  {self.what:<11} {self.says}"


def examine() -> list[Finding]:
    """Look at everything, within an app context. A look that fails is a finding too."""
    return [_looked(what, look) for what, look in LOOKS.items()]


def _looked(what: str, look: Callable[[], tuple[Mark, str]]) -> Finding:
    try:
        return Finding(what, *look())
    except Exception as error:
        db.session.rollback()
        return Finding(what, Mark.BAD, f"{type(error).__name__}: {str(error).splitlines()[0]}")


def _settings() -> tuple[Mark, str]:
    settings = current_settings()
    if settings.env == "production" and not settings.https:
        return Mark.BAD, f"PUBLIC_URL is {settings.address}: phones give no place and no push without https"
    return Mark.OK, f"{settings.env}, data in {settings.home}, at {settings.address}"


def _database() -> tuple[Mark, str]:
    from crmweb.supervisor.prepare import DatabaseTooNew, Revisions

    try:
        revisions = Revisions.read()
    except DatabaseTooNew as error:
        return Mark.BAD, str(error)
    if revisions.current != revisions.head:
        return Mark.BAD, f"is at {revisions.current or 'nothing'}: crmweb run brings it to {revisions.head}"
    if is_sqlite():
        return _sqlite()
    return Mark.OK, f"PostgreSQL {db.session.scalar(text('SHOW server_version'))}, up to date"


def _sqlite() -> tuple[Mark, str]:
    verdict = db.session.scalar(text("PRAGMA quick_check(1)"))
    if verdict != "ok":
        return Mark.BAD, f"is damaged ({verdict}): stop crmweb and restore the last backup"
    return Mark.OK, f"SQLite {db.session.scalar(text('SELECT sqlite_version()'))}, sound and up to date"


def _redis() -> tuple[Mark, str]:
    if not bell().answers():
        return _redis_away()
    settings = bell().redis.config_get("*")
    if settings.get("maxmemory-policy") != "noeviction":
        return Mark.BAD, "throws jobs away when it is full: set maxmemory-policy noeviction"
    if settings.get("appendonly") != "yes":
        return Mark.NOTE, "forgets its jobs at a restart, the sweep rings them again: set appendonly yes"
    return Mark.OK, f"answers, {sum(bell().waiting(queue) for queue in QUEUES)} jobs wait"


def _redis_away() -> tuple[Mark, str]:
    if current_settings().redis_url:
        return Mark.BAD, "REDIS_URL does not answer: mail and push leave every 30 s only, by the sweep"
    if _runs():
        return Mark.BAD, "does not answer though crmweb runs: see its log"
    return Mark.NOTE, "does not run; crmweb run starts it"


def _runs() -> bool:
    lock = run_lock(current_settings().home)
    try:
        lock.take()
    except FolderTaken:
        return True
    lock.release()
    return False


def _workers() -> tuple[Mark, str]:
    from rq.worker import BaseWorker

    try:
        missing = [queue for queue in QUEUES if not BaseWorker.count(queue=bell().queue(queue))]
    except RedisError:
        return Mark.NOTE, "not known while Redis is away"
    if missing:
        return Mark.BAD, f"nobody works on {' and '.join(missing)}: start crmweb worker {missing[0]}"
    return Mark.OK, f"one each for {' and '.join(QUEUES)}"


def _clock() -> tuple[Mark, str]:
    """This machine's clock against its database's; and whether somebody does the recurring work."""
    apart = abs(_database_time() - now())
    if apart > CLOCKS_MAY_DIFFER:
        return Mark.BAD, f"is {apart.total_seconds():.0f} s from the database's: set up time synchronisation"
    latest = db.session.scalar(select(func.max(Occurrence.started_at)))
    if latest is None:
        return Mark.NOTE, "agrees; no recurring work was done yet, crmweb run or crmweb clock does it"
    if latest > now() + CLOCKS_MAY_DIFFER:
        return Mark.BAD, f"was set back: work was done at {latest:%Y-%m-%d %H:%M} UTC, which is to come"
    if now() - latest > timedelta(hours=1):
        return Mark.BAD, f"nobody did recurring work since {latest:%Y-%m-%d %H:%M} UTC: start crmweb clock"
    return Mark.OK, "agrees, and recurring work is done"


def _database_time() -> datetime:
    if is_sqlite():
        return now()  # the same machine's
    at = db.session.scalar(select(func.clock_timestamp()))
    assert isinstance(at, datetime)
    return at.astimezone(UTC)


def _deliveries() -> tuple[Mark, str]:
    """What one channel could not carry is no trouble where the next one told its person."""
    lately = Delivery.ended_at > now() - timedelta(days=7)
    told_otherwise = select(Notice.id).where(Notice.id == Delivery.notice_id, Notice.state == TOLD)
    lost = _counted(lately, Delivery.state.in_((FAILED, DEAD)), ~told_otherwise.exists())
    if lost:
        return Mark.BAD, f"{lost} could not be sent in the last 7 days: see /admin/deliveries"
    return Mark.OK, f"{_counted(lately, Delivery.state == SENT)} sent in the last 7 days, none lost"


def _counted(*which: ColumnElement[bool]) -> int:
    with system_access("doctor"):
        return db.session.scalar(select(func.count()).select_from(Delivery).where(*which)) or 0


def _mail() -> tuple[Mark, str]:
    settings = current_settings()
    if not settings.mail_url:
        return Mark.NOTE, "MAIL_URL is not set: mail is written to files, in production none leaves"
    return Mark.OK, f"leaves as {settings.mail_from}"


def _sms() -> tuple[Mark, str]:
    settings = current_settings()
    if not settings.sms_url:
        return Mark.NOTE, "SMS_URL is not set: no SMS leaves"
    return Mark.OK, f"leaves by {urlsplit(settings.sms_url).hostname}"


def _push() -> tuple[Mark, str]:
    from crmweb.notifications.vapid import vapid

    settings = current_settings()
    vapid(settings)
    if not settings.https and settings.env == "production":
        return Mark.BAD, "browsers give no push without https: set PUBLIC_URL"
    if not settings.vapid_private_key and not is_sqlite():
        return (
            Mark.NOTE,
            f"its key is {settings.home / VAPID_KEY}: with several machines, set VAPID_PRIVATE_KEY",
        )
    return Mark.OK, f"its key is there, push services may write to {settings.push_contact}"


def _disk() -> tuple[Mark, str]:
    free = shutil.disk_usage(current_settings().home).free
    if free < ENOUGH_DISK:
        return Mark.BAD, f"only {free / 1e6:.0f} MB free: make room, or writes will soon be refused"
    return Mark.OK, f"{free / 1e9:.1f} GB free"


def _assets() -> tuple[Mark, str]:
    if not MANIFEST.exists():
        return Mark.BAD, "are not built: make run builds them, and so does npm run build"
    return Mark.OK, "are built"


LOOKS: Final = {
    "settings": _settings,
    "database": _database,
    "redis": _redis,
    "workers": _workers,
    "clock": _clock,
    "deliveries": _deliveries,
    "mail": _mail,
    "sms": _sms,
    "push": _push,
    "disk": _disk,
    "assets": _assets,
}


@click.command()
@click.pass_obj
def doctor(application: Callable[[], Flask]) -> None:
    """Look at everything and say what to do. Exits with 1 when something is bad."""
    with application().app_context():
        found = examine()
    for finding in found:
        click.echo(str(finding))
    raise SystemExit(int(any(finding.mark is Mark.BAD for finding in found)))
