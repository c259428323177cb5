"""The bell: tells a worker that something in the database waits for it.

The database is the truth; what Redis loses is rung again by the sweep. So ringing never raises and never
waits long, and a job is only ever a function's path and a few plain values (JSON: a worker refuses
pickle).

Two queues, one worker each: ``bell`` for what is short and urgent, ``slow`` for imports, exports and
pictures.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from queue import Queue as Waiting
from typing import TYPE_CHECKING, Any, Final

import structlog
from flask import Flask, current_app
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from sqlalchemy import event
from sqlalchemy.orm import Session

from crmweb import clock
from crmweb.db import db

if TYPE_CHECKING:
    from rq import Queue

    from crmweb.config import Settings

log = structlog.get_logger(__name__)

# Seconds a job may run, by queue. The bell's is shorter than a delivery's lease
# (crmweb.notifications.models.LEASE).
TIME_LIMITS: Final = {"bell": 45, "slow": 30 * 60}
QUEUES: Final = tuple(TIME_LIMITS)

# Only functions of ours are run, whatever stands in Redis.
OURS: Final = "crmweb."

# A Unix socket's path must fit in sun_path: 108 bytes with its closing zero on Linux, 104 on macOS.
LONGEST_SOCKET_PATH: Final = 103
# After Redis failed to answer, nobody waits for it again within this time (seconds).
LEAVE_ALONE: Final = 2.0
FAILED_JOBS_KEPT: Final = 24 * 3600

_CALLS = "calls to ring"


def socket_path(home: Path) -> Path:
    """Where the embedded Redis of the data folder ``home`` listens.

    In the folder itself or, when that path is too long for a socket, in a private folder of the system's
    temporary one whose name follows from ``home``.
    """
    path = home.resolve() / "redis" / "redis.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"crmweb-{os.getuid()}-{name}" / "redis.sock"


def redis_url(settings: Settings) -> str:
    """The Redis of these settings: the one named by ``REDIS_URL``, else the embedded one."""
    return settings.redis_url or f"unix://{socket_path(settings.home)}"


def connect(url: str, *, timeout: float | None = None) -> Redis:
    """A client that says soon when Redis is away: its own default tries on for seconds. One try more, at once,
    is for a connection that a restart of Redis has cut. ``timeout``: seconds for an answer.
    """
    once_more = Retry(NoBackoff(), 1)
    return Redis.from_url(url, socket_connect_timeout=1, socket_timeout=timeout, retry=once_more)


@dataclass(frozen=True)
class Call:
    """What a worker is to do: call the function at ``path`` with plain ``arguments``."""

    path: str
    arguments: tuple[Any, ...]
    queue: str = "bell"


class Bell:
    """An app's way to its Redis: rings calls in, and knows when not to try."""

    def __init__(self, url: str) -> None:
        self.redis = connect(url, timeout=2)
        self._queues: dict[str, Queue] = {}
        self._away_until = 0.0
        self._soon: Waiting[Iterable[Call]] = Waiting()
        self._ringer: threading.Thread | None = None
        self._starting = threading.Lock()

    def ring(self, calls: Iterable[Call]) -> bool:
        """Put ``calls`` into Redis. False when Redis did not take them; never raises for that."""
        if time.monotonic() < self._away_until:
            return False
        try:
            for call in calls:
                self.queue(call.queue).enqueue_call(
                    call.path,
                    call.arguments,
                    result_ttl=0,
                    failure_ttl=FAILED_JOBS_KEPT,
                    description=call.path,
                )
        except (RedisError, OSError) as error:
            self._away_until = time.monotonic() + LEAVE_ALONE
            log.warning("redis away, the sweep will catch up", error=str(error))
            return False
        return True

    def ring_soon(self, calls: Iterable[Call]) -> None:
        """The same from a thread of its own: whoever just committed goes on at once, be Redis away or
        stuck.
        """
        self._soon.put(calls)
        with self._starting:
            if self._ringer is None or not self._ringer.is_alive():  # not alive: this process is a fork
                self._ringer = threading.Thread(target=self._ring_on, name="bell", daemon=True)
                self._ringer.start()

    def _ring_on(self) -> None:
        while True:
            self.ring(self._soon.get())
            self._soon.task_done()

    def settle(self) -> None:
        """Wait until all that was to be rung soon has been, or could not be."""
        self._soon.join()

    def answers(self) -> bool:
        """Whether Redis is there, asked now."""
        try:
            return bool(self.redis.ping())
        except (RedisError, OSError):
            return False

    def waiting(self, queue: str) -> int:
        """How many calls stand in ``queue``. Raises ``RedisError`` when Redis is away."""
        return int(self.queue(queue).count)

    def age(self, queue: str) -> float:
        """For how many seconds the first call in ``queue`` has waited; 0 where none does. Raises ``RedisError``."""
        found = self.queue(queue)
        first = next(iter(found.get_job_ids(0, 1)), None)
        job = found.fetch_job(first) if first else None
        if job is None or job.enqueued_at is None:
            return 0.0
        return max((clock.now() - job.enqueued_at.replace(tzinfo=UTC)).total_seconds(), 0.0)

    def queue(self, name: str) -> Queue:
        """The RQ queue of that name. Raises ``KeyError`` for a name that is not in ``QUEUES``."""
        if name not in self._queues:
            from rq import Queue
            from rq.serializers import JSONSerializer

            self._queues[name] = Queue(
                name, connection=self.redis, serializer=JSONSerializer, default_timeout=TIME_LIMITS[name]
            )
        return self._queues[name]


def bell() -> Bell:
    """The current app's bell."""
    found = current_app.extensions["bell"]
    assert isinstance(found, Bell)
    return found


def ring(path: str, *arguments: Any, queue: str = "bell") -> bool:
    """Have the worker of ``queue`` call ``path`` ("crmweb.notifications.jobs.deliver") with plain
    ``arguments``.

    For what is committed already; inside a transaction use ``after_commit``. False when Redis is away:
    nothing is lost then, the sweep finds the work in the database.
    """
    return bell().ring([Call(path, arguments, queue)])


def after_commit(path: str, *arguments: Any, queue: str = "bell") -> None:
    """Ring once the session at work has committed, and not at all when it rolls back."""
    db.session().info.setdefault(_CALLS, []).append(Call(path, arguments, queue))


@event.listens_for(Session, "after_commit")
def _ring_what_was_filed(session: Session) -> None:
    if session.in_nested_transaction():
        return
    if calls := session.info.pop(_CALLS, None):
        bell().ring_soon(calls)


@event.listens_for(Session, "after_rollback")
def _forget_what_was_filed(session: Session) -> None:
    session.info.pop(_CALLS, None)


def init_app(app: Flask) -> None:
    """Give ``app`` its bell; connects to nothing yet."""
    app.extensions["bell"] = Bell(redis_url(app.extensions["settings"]))
