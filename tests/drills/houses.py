"""The product as the drills run it: with shorter waits, killed part by part or as a whole, and started again."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from pathlib import Path

from flask import Flask

from tests.supervisor.product import Product, alive, until

IMPATIENT = """
from datetime import timedelta
from crmweb import schedule
from crmweb.notifications import claims, jobs, sending
claims.LEASE, sending.SEND_LIMIT, jobs.NOBODY_CAME = timedelta(seconds=5), 2.0, timedelta(seconds=4)
schedule.RECURRING = (
    schedule.Task("ring", timedelta(seconds=2), "crmweb.notifications.jobs.ring_due", each_once=False),
    schedule.Task("sweep", timedelta(seconds=2), "crmweb.notifications.jobs.sweep", each_once=False),
)
"""
"""The same rules with shorter waits: a lease of 5 s, a sweep each 2 s that steps in after 4 s."""

AT_ANY_HOUR = """
from datetime import time
from crmweb.followups import window
window.OPENS, window.CLOSES = time.min, time.max
"""
"""Customers may be written to at any time of the day: a drill does not wait for the morning."""

EVERYTHING = "crmweb run"
SENDERS = ("bell", "clock", EVERYTHING)
"""Whose death may leave a message with the far end that nobody has written down."""


class House:
    """The product on one data folder and one port, and how often each of its parts was killed."""

    def __init__(self, home: Path, *, prelude: str = "", **environment: str) -> None:
        self.killed: Counter[str] = Counter()
        self.sender_died_at: list[float] = []
        self._home, self._prelude, self._environment = home, prelude, environment
        self.product = self._started()
        self._environment["PORT"] = str(self.product.port)

    def _started(self) -> Product:
        started = Product(self._home, "--no-demo", prelude=self._prelude, **self._environment)
        try:
            return started.ready()
        except AssertionError:
            started.end()
            raise

    def app(self) -> Flask:
        """An app beside it on the same database."""
        return self.product.app()

    def kill(self, part: str) -> None:
        """End it without a word (SIGKILL); where that is all of it, somebody starts it again."""
        died_at = time.monotonic()
        if part == EVERYTHING:
            self._kill_everything()
        elif not alive(self.product.part(part)):
            return
        else:
            os.kill(self.product.part(part), signal.SIGKILL)
        self.killed[part] += 1
        if part in SENDERS:
            self.sender_died_at.append(died_at)

    def _kill_everything(self) -> None:
        """Who started the parts dies, and they with it. What they did in that moment they did not finish."""
        pids = self.product.everything()
        for pid in pids:
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        until(lambda: not any(map(alive, pids[1:])))
        self.product.end()
        self.product = self._started()

    def sender_died(self, since: float, until: float) -> bool:
        """Whether one that may have been sending was killed between these moments (`time.monotonic`)."""
        return any(since <= moment <= until for moment in self.sender_died_at)

    def end(self) -> None:
        self.product.end()
