"""Who does the work: Redis, workers, what waits for them, and the recurring tasks."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy import select

from crmweb.clock import now
from crmweb.config import current_settings
from crmweb.db import db
from crmweb.jobs import QUEUES, bell
from crmweb.lights.findings import Said, _l, bad, note, ok
from crmweb.notifications.metrics import oldest_due
from crmweb.schedule import RECURRING, Occurrence
from crmweb.scope import system_access
from crmweb.supervisor.lock import FolderTaken, run_lock

WAITS_AT_MOST: Final = {"bell": timedelta(minutes=10), "slow": timedelta(hours=1)}


def redis() -> Said:
    if not bell().answers():
        return _redis_away()
    settings = bell().redis.config_get("*")
    if settings.get("maxmemory-policy") != "noeviction":
        return bad(_l("Throws jobs away when it is full"), _l("Set maxmemory-policy noeviction."))
    if settings.get("appendonly") != "yes":
        return note(
            _l("Forgets its jobs at a restart, the sweep rings them again"), _l("Set appendonly yes.")
        )
    return ok(_l("Answers, %(jobs)s jobs wait"), jobs=sum(bell().waiting(queue) for queue in QUEUES))


def _redis_away() -> Said:
    if current_settings().redis_url:
        return bad(
            _l("REDIS_URL does not answer: mail and push leave every 30 s only, by the sweep"),
            _l("Start it, or set REDIS_URL right."),
        )
    if _runs():
        return bad(_l("Does not answer though crmweb runs"), _l("See its log."))
    return note(_l("Does not run"), _l("crmweb run starts it."))


def _runs() -> bool:
    lock = run_lock(current_settings().home)
    try:
        lock.take()
    except FolderTaken:
        return True
    lock.release()
    return False


def workers() -> Said:
    from rq.worker import BaseWorker

    try:
        missing = [queue for queue in QUEUES if not BaseWorker.count(queue=bell().queue(queue))]
    except RedisError:
        return note(_l("Not known while Redis is away"))
    if missing:
        return bad(
            _l("Nobody works on %(queues)s"), _l("Start crmweb worker %(first)s."),
            queues=", ".join(missing), first=missing[0],
        )  # fmt: skip
    return ok(_l("One or more for each of %(queues)s"), queues=", ".join(QUEUES))


def queues() -> Said:
    """How long the first waits, in the ledger and in Redis."""
    with system_access("doctor"):
        oldest = oldest_due()
    waits = {"deliveries": now() - oldest if oldest else timedelta()}
    limits = {"deliveries": WAITS_AT_MOST["bell"], **WAITS_AT_MOST}
    with suppress(RedisError, OSError):  # away: its own light says so
        waits |= {queue: timedelta(seconds=bell().age(queue)) for queue in QUEUES}
    worst = max(waits, key=lambda queue: waits[queue] / limits[queue])
    minutes = int(waits[worst].total_seconds() // 60)
    if waits[worst] > limits[worst]:
        return bad(
            _l("Something waits in %(queue)s for %(minutes)s min"),
            _l("See whether workers and clock run, and the log."),
            queue=worst, minutes=minutes,
        )  # fmt: skip
    return ok(_l("Nothing waits longer than %(minutes)s min"), minutes=minutes + 1)


def tasks() -> Said:
    """Those whose last finished round failed. Of the error only its kind is told: it may quote a customer."""
    failed = {task.name: error for task in RECURRING if task.each_once and (error := _last_error(task.name))}
    if not failed:
        return ok(_l("None failed at its last round"))
    name, error = next(iter(failed.items()))
    return bad(
        _l("%(count)s failed at the last round: %(task)s (%(kind)s)"), _l("See the log of the clock."),
        count=len(failed), task=name, kind=error.partition(":")[0],
    )  # fmt: skip


def _last_error(task: str) -> str | None:
    rounds = select(Occurrence.error).where(Occurrence.task == task, Occurrence.finished_at.is_not(None))
    return db.session.scalar(rounds.order_by(Occurrence.run_at.desc()).limit(1))
