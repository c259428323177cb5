"""All recurring work, in one list, and the clock that does it.

Several clocks may run at once (two machines, a restart that overlaps): each occurrence of a task is a row
unique by ``(task, run_at)``, and who writes the row does the work. A row whose owner died is taken over
after the task's limit.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Final

import structlog
from flask import Flask
from sqlalchemy import Index, String, and_, delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.clock import now
from crmweb.db import Model, db, is_sqlite, writing
from crmweb.scope import system_access

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """Work that comes round ``every`` so often, counted from the epoch in UTC, so that all clocks mean
    the same moments.

    ``run`` is the path of a function without arguments. ``each_once``: see ``RECURRING``. ``beats``: how long ago
    it was done is kept, for whoever watches over the house. ``limit``: after so long a clock that took an occurrence
    and did not finish it is taken for dead.
    """

    name: str
    every: timedelta
    run: str
    each_once: bool = True
    beats: bool = False
    limit: timedelta = timedelta(minutes=10)

    def occurrence(self, at: datetime) -> datetime:
        """The latest moment, not after ``at``, at which this task falls due."""
        seconds = int(self.every.total_seconds())
        return datetime.fromtimestamp(int(at.timestamp()) // seconds * seconds, UTC)

    def function(self) -> Callable[[], object]:
        """The function, imported now and not before it is needed."""
        module, _, name = self.run.rpartition(".")
        found: Callable[[], object] = getattr(import_module(module), name)
        return found


# The two that ring are done by every clock and write no row: ringing twice sends nothing twice, since
# only a claim sends, and a durable write every two seconds, day and night, would buy nothing.
RECURRING: Final = (
    Task("ring due deliveries", timedelta(seconds=2), "crmweb.notifications.jobs.ring_due", each_once=False),
    Task(
        "sweep deliveries",
        timedelta(seconds=30),
        "crmweb.notifications.jobs.sweep",
        each_once=False,
        beats=True,
    ),
    Task("start and end assignments", timedelta(minutes=10), "crmweb.schedule.turn_assignments_over"),
    Task("lay down days", timedelta(minutes=10), "crmweb.schedule.lay_down_days"),
    Task("follow new rhythms", timedelta(minutes=10), "crmweb.customers.rhythms.plan_anew"),
    Task("do what was held", timedelta(minutes=1), "crmweb.outbox.applying.sweep", each_once=False),
    Task("let go of places and photos", timedelta(hours=6), "crmweb.visits.retention.let_go"),
    Task("forget what is over", timedelta(hours=6), "crmweb.schedule.forget_what_is_over"),
    Task("ring lost look-ups", timedelta(seconds=30), "crmweb.places.work.ring_lost", each_once=False),
    Task("seal the audit", timedelta(minutes=10), "crmweb.audit.seals.seal_what_is_settled"),
    Task("look after the house", timedelta(minutes=10), "crmweb.doctor.look_after_the_house"),
    Task("tell of old promises", timedelta(days=1), "crmweb.schedule.tell_of_old_promises"),
    Task("forget old occurrences", timedelta(days=1), "crmweb.schedule.forget_old_occurrences"),
)

# Rows that one write takes: whoever else wants to write waits for it.
AT_ONCE: Final = 200
OCCURRENCES_KEPT: Final = timedelta(days=30)


class Occurrence(Model):
    """One coming round of a task: who wrote the row does the work."""

    __tablename__ = "occurrences"
    __table_args__ = (Index("ix_occurrences_run_at", "run_at"),)

    task: Mapped[str] = mapped_column(String(60), primary_key=True)
    run_at: Mapped[datetime] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(500))

    @classmethod
    def take(cls, task: Task, run_at: datetime, *, at: datetime) -> bool:
        """Whether this clock is to do it: nobody has, or who began has not finished within the task's
        limit.
        """
        insert = sqlite.insert if is_sqlite() else postgresql.insert
        row = insert(cls).values(task=task.name, run_at=run_at, started_at=at)
        abandoned = and_(cls.finished_at.is_(None), cls.started_at <= at - task.limit)
        taken = row.on_conflict_do_update(
            index_elements=["task", "run_at"], set_={"started_at": at}, where=abandoned
        )
        return db.session.scalar(taken.returning(cls.task)) is not None

    @classmethod
    def finish(cls, task: Task, run_at: datetime, *, at: datetime, error: str | None) -> None:
        """Write down that it is over, and how."""
        one = update(cls).where(cls.task == task.name, cls.run_at == run_at)
        db.session.execute(
            one.values(finished_at=at, error=error).execution_options(synchronize_session=False)
        )


class Heartbeat(Model):
    """When a task was last done, for one that writes no row each time."""

    __tablename__ = "heartbeats"

    task: Mapped[str] = mapped_column(String(60), primary_key=True)
    at: Mapped[datetime]


def turn_assignments_over() -> None:
    """Start and end what the calendar says, each in its person's zone."""
    from crmweb.customers.assignments.models import Assignment

    with system_access("assignments"), writing():
        Assignment.turn_over(at=now())


def lay_down_days() -> None:
    """Keep what each person's routes bring on the day that has begun where they are, one person at a time."""
    from crmweb.routes.next_days import plan_all_next_days
    from crmweb.routes.plans import Day, waiting_for_a_day

    with system_access("days that begin"):
        waiting = waiting_for_a_day(at=now())
    for person_id, day in waiting:
        # Who changes their day in this moment lays it down themself.
        with system_access("a day that begins"), suppress(IntegrityError), writing():
            plan_all_next_days(person_id)  # days off may have changed while no worker was there
            Day(person_id, day).lay_down(at=now())


def tell_of_old_promises() -> None:
    """File the notices of promises from before they rang (0007): once each, for it is looked for who has none."""
    from crmweb.reminders.models import Reminder

    with system_access("old promises"):
        found = True
        while found:
            with writing():
                found = False
                for reminder in db.session.scalars(Reminder.never_filed(at=now()).limit(AT_ONCE)):
                    reminder.tell_when_due(at=now())
                    found = True


def forget_what_is_over() -> None:
    """Sign-in links, sessions, attempts to sign in, kept answers, places: what is of no use to anyone any more."""
    from crmweb.accounts.attempts import SignInAttempt
    from crmweb.accounts.challenges import Challenge
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.pending import PendingSignIn
    from crmweb.accounts.sessions import DeviceSession
    from crmweb.holdings.erasing import finish
    from crmweb.idempotency import KeptAnswer
    from crmweb.places.models import Lookup, Question

    of_the_door = (OneTimeLink, DeviceSession, SignInAttempt, PendingSignIn, Challenge)
    for forgetful in (*of_the_door, KeptAnswer, Lookup, Question):
        with system_access("what is over"), writing():
            forgetful.prune(at=now())
    finish()


def forget_old_occurrences() -> None:
    """Nobody asks after a month when a task ran."""
    with system_access("old occurrences"), writing():
        db.session.execute(delete(Occurrence).where(Occurrence.run_at < now() - OCCURRENCES_KEPT))


class Clock:
    """Does all recurring work, each task in a thread of its own so that a slow one delays no other."""

    def __init__(self, app: Flask, tasks: tuple[Task, ...] | None = None) -> None:
        self.app = app
        self.tasks = RECURRING if tasks is None else tasks
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._tick, args=[task], name=task.name, daemon=True)
            for task in self.tasks
        ]

    def start(self) -> None:
        """Begin, in the background. What fell due while no clock ran is done at once, one time."""
        for thread in self._threads:
            thread.start()

    def run(self) -> None:
        """Tick until SIGINT or SIGTERM."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: self._stop.set())
        self.start()
        self._stop.wait()
        self.stop()

    def stop(self, *, within: float = 5.0) -> None:
        """Begin nothing more, and wait up to ``within`` seconds for what is being done."""
        self._stop.set()
        end = time.monotonic() + within
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _tick(self, task: Task) -> None:
        done: datetime | None = None
        while not self._stop.is_set():
            run_at = task.occurrence(now())
            if run_at != done:
                self.do(task, run_at)
                done = run_at
            self._stop.wait(_until_next(task))

    def do(self, task: Task, run_at: datetime) -> None:
        """Do this occurrence, unless another clock has it. Errors are logged, and the next occurrence
        comes all the same.
        """
        with self.app.app_context(), structlog.contextvars.bound_contextvars(task=task.name):
            try:
                if not task.each_once:
                    task.function()()
                    _beat(task)
                elif taken(task, run_at):
                    _finished(task, run_at, error=_error_of(task))
            except Exception:
                log.exception("recurring work failed")


def _until_next(task: Task) -> float:
    """Seconds until the next occurrence, but never longer than a minute: the machine's clock may be set
    meanwhile.
    """
    at = now()
    return min(max((task.occurrence(at) + task.every - at).total_seconds(), 0.05), 60.0)


def taken(task: Task, run_at: datetime) -> bool:
    """Whether this clock is to do this occurrence."""
    with system_access("recurring work"), writing():
        return Occurrence.take(task, run_at, at=now())


def _beat(task: Task) -> None:
    if task.beats:
        with system_access("heartbeat"), writing():
            db.session.merge(Heartbeat(task=task.name, at=now()))


def _finished(task: Task, run_at: datetime, *, error: str | None) -> None:
    with system_access("recurring work"), writing():
        Occurrence.finish(task, run_at, at=now(), error=error)


def _error_of(task: Task) -> str | None:
    """Run it; the error's words if it raised."""
    try:
        task.function()()
    except Exception as error:
        log.exception("recurring work failed")
        return f"{type(error).__name__}: {error}"[:500]
    return None
