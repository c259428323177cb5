"""One worker of one queue, in one process, that outlives its Redis.

RQ's own worker forks or spawns a process a job and gives up when Redis does. Ours runs each job in the
process itself (some ten times the jobs a second; SIGALRM keeps the time limit), inside the app's context,
and comes back when Redis does. What a crash loses is caught by the sweep, never by RQ's recovery.
"""

from __future__ import annotations

import signal
import time
from importlib import import_module
from types import FrameType
from typing import Final

import structlog
from flask import Flask
from redis.exceptions import RedisError
from rq.executions import Execution
from rq.job import Job
from rq.queue import Queue
from rq.serializers import JSONSerializer
from rq.worker import SimpleWorker

from crmweb.jobs import OURS, connect, redis_url

log = structlog.get_logger(__name__)

# Seconds between two looks for a Redis that is away.
WAIT_FOR_REDIS: Final = 0.5
# Seconds: a worker that has not been heard of for so long is dead to RQ; it also bounds a stuck Redis.
WORKER_TTL: Final = 60


class ForeignJob(Exception):
    """A job in Redis that names a function which is not ours."""


class OurJob(Job):
    """A job whose function must be one of ours, whoever wrote into Redis."""

    def perform(self) -> object:
        callbacks = (self._success_callback_name, self._failure_callback_name, self._stopped_callback_name)
        if any(callbacks) or not _is_ours(self.func_name or ""):
            raise ForeignJob(self.func_name)
        return super().perform()


def _is_ours(path: str) -> bool:
    """Whether a function stands in the module of ours that its path names, and was not imported there."""
    module, _, name = path.rpartition(".")
    if not module.startswith(OURS):
        return False
    try:
        return getattr(vars(import_module(module)).get(name), "__module__", None) == module
    except ImportError:
        return False


class AppWorker(SimpleWorker):
    """An RQ worker whose jobs run inside the app and that takes orders from signals alone, not over Redis."""

    max_connection_wait_time = 2.0
    app: Flask

    @property
    def asked_to_stop(self) -> bool:
        """Whether a signal said so, also when Redis went away meanwhile."""
        return self._shutdown_requested_date is not None

    def perform_job(self, job: Job, queue: Queue, execution: Execution) -> bool:
        with self.app.app_context(), structlog.contextvars.bound_contextvars(job=job.id):
            return super().perform_job(job, queue, execution)

    def subscribe(self) -> None:
        """No thread and no connection for RQ's remote commands: nobody gives them."""

    def set_shutdown_requested_date(self) -> None:
        """Nothing: called from a signal handler, it would speak on a connection that may be in the middle
        of a word.
        """


class QueueWorker:
    """Works on the queue ``name`` until it is told to stop (SIGTERM or SIGINT), through losses of Redis."""

    def __init__(self, app: Flask, name: str) -> None:
        self.app = app
        self.name = name

    def run(self) -> None:
        """Work, and when Redis is lost come back to it."""
        while not self._stopped():
            log.warning("redis away, the worker waits", queue=self.name)
            time.sleep(WAIT_FOR_REDIS)

    def _stopped(self) -> bool:
        """Work until asked to stop (True) or until Redis is lost (False)."""
        _stop_at_once_when_asked()
        worker: AppWorker | None = None
        try:
            worker = self.worker()
            worker.work(logging_level=None)
        except (RedisError, OSError):
            pass
        return worker is not None and worker.asked_to_stop

    def worker(self) -> AppWorker:
        """RQ's side of it. Raises RedisError when Redis is away."""
        worker = AppWorker(
            [self.name],
            connection=connect(redis_url(self.app.extensions["settings"])),
            serializer=JSONSerializer,
            job_class=OurJob,
            worker_ttl=WORKER_TTL,
            log_job_description=False,
        )
        worker.app = self.app
        return worker


def _stop_at_once_when_asked() -> None:
    """Until RQ's own handlers are in place there is nothing to finish first."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _exit)


def _exit(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
