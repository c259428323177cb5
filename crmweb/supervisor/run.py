"""`crmweb run`: starts every part in order, keeps them going, and stops them in order."""

from __future__ import annotations

import gc
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Final

from crmweb.clock import now
from crmweb.config import Settings
from crmweb.supervisor import port
from crmweb.supervisor.counts import shared_counts
from crmweb.supervisor.lock import FolderTaken, run_lock
from crmweb.supervisor.parts import Fork, Part
from crmweb.supervisor.terminal import Terminal

if TYPE_CHECKING:
    from flask import Flask

    from crmweb.supervisor.embedded_redis import EmbeddedRedis

# Seconds: for all parts together to stop before they are ended; for Redis to read its file; for the web to
# answer before the address is shown all the same.
STOP_WITHIN: Final = 12.0
REDIS_WITHIN: Final = 60.0
ANSWER_WITHIN: Final = 30.0


class CannotStart(Exception):
    """One line that says why, and what to do."""


class Supervisor:
    """Runs the product on the data folder of ``settings`` until SIGINT or SIGTERM."""

    def __init__(self, settings: Settings, environ: Mapping[str, str], *, demo: bool = True) -> None:
        self.settings = settings
        self.demo = demo
        self.terminal = Terminal()
        self.lock = run_lock(settings.home)
        self.environ = environ
        self.redis: EmbeddedRedis | None = None
        self.parts: list[Part] = []
        self._listener: socket.socket | None = None
        self._outputs = selectors.DefaultSelector()
        self._last_words: dict[str, list[str]] = {}
        self._stopping = False
        self._hurry = False
        self._counts: Path | None = None

    def run(self) -> int:
        """The exit code. Whatever happens, nothing that was started is left running."""
        os.umask(0o077)  # whatever is written is about people: nobody else on this machine reads it
        self._listen_for_stop()
        try:
            self._take_folder_and_port()
            self._start_redis()
            app = self._imported_app()
            links = self._prepare_database(app)
            self._start_rest(app)
            self._keep_going(links)
        except CannotStart as error:
            self.terminal.complain(str(error))
            return 1
        finally:
            self._stop_all()
        return 0

    def _take_folder_and_port(self) -> None:
        """What is refused is refused before anything heavy is imported."""
        try:
            self.lock.take()
            self._listener = port.listening(self.settings.host, self.settings.port)
            self.settings.address_file.write_text(f"http://localhost:{self.settings.port}\n")
        except FolderTaken as error:
            raise CannotStart(_running_already(self.settings, error)) from error
        except port.PortTaken as error:
            raise CannotStart(str(error)) from error
        except OSError as error:
            raise CannotStart(f"cannot write to {self.settings.home}: {error.strerror}") from error

    def _start_redis(self) -> None:
        """Start the embedded server, unless another is named, and wait until it has read its file."""
        if self.settings.redis_url:
            return
        from crmweb.supervisor.embedded_redis import EmbeddedRedis, NoRedisServer

        try:
            self.redis = EmbeddedRedis(self.settings.home, self.environ)
            self.redis.take_folder()
            self._add(self.redis.part())
        except (FolderTaken, NoRedisServer) as error:
            raise CannotStart(str(error)) from error
        end = time.monotonic() + REDIS_WITHIN
        while not self._stopping and not self.redis.answers():
            self._round(0.05)
            if time.monotonic() > end:
                raise CannotStart(f"Redis does not start: {' '.join(self._last_words.get('redis', []))}")

    def _imported_app(self) -> Flask:
        """The app that the forks share. What is in memory now stays: the collector need not touch its pages."""
        self._counts = shared_counts(self.settings.home)
        from crmweb import create_app

        app = create_app(self.settings)
        gc.collect()
        gc.freeze()
        return app

    def _prepare_database(self, app: Flask) -> list[str]:
        """Check, back up, migrate, people (see prepare.py), in a fork. Returns the lines to show at the
        end.
        """
        answer, tell = os.pipe()
        part = self._fork("crmweb", lambda: _prepare(app, tell, demo=self.demo), self._let_go)
        self._start(part)
        os.close(tell)
        while (code := self._died(part)) is None:
            self._listen(0.1)
        with os.fdopen(answer) as told:
            said = told.read()
        if code != 0:
            raise CannotStart(json.loads(said) if said else "the database could not be made ready, see above")
        lines: list[str] = json.loads(said)
        return lines

    def _start_rest(self, app: Flask) -> None:
        from crmweb.jobs import QUEUES
        from crmweb.supervisor import web

        listener, processes = self._listener, self.settings.web_concurrency
        assert listener is not None
        self._add(self._fork("web", lambda: web.serve(app, listener, processes), self._let_go))
        for queue in QUEUES:
            self._add(self._fork(queue, _worker(app, queue), self._let_go_of_the_port))
        self._add(self._fork("clock", lambda: _tick(app), self._let_go_of_the_port))

    def _fork(self, name: str, work: Callable[[], object], let_go: Callable[[], None]) -> Part:
        return Part(name, Fork(name, work, let_go))

    def _let_go(self) -> None:
        """In a fork: what is the supervisor's alone. Its locks must end with it, not with the fork."""
        self.lock.release()
        if self.redis:
            self.redis.lock.release()
        self._outputs.close()
        for part in self.parts:
            part.forget_output()

    def _let_go_of_the_port(self) -> None:
        self._let_go()
        if self._listener:
            self._listener.close()

    def _add(self, part: Part) -> None:
        self.parts.append(part)
        self._start(part)

    def _start(self, part: Part) -> None:
        part.start()
        self._outputs.register(part.output, selectors.EVENT_READ, part)
        if part in self.parts:
            self.terminal.say(part.name, [f"started (process {part.pid})"])

    def _keep_going(self, links: list[str]) -> None:
        shown_by = time.monotonic() + ANSWER_WITHIN
        shown = False
        while not self._stopping:
            self._round(0.5 if shown else 0.05)
            if not shown and (port.answers(self.settings) or time.monotonic() > shown_by):
                self._welcome(links)
                shown = True

    def _welcome(self, links: list[str]) -> None:
        """Where it is, and a way in."""
        if links:
            self.terminal.say("crmweb", links)
        self.terminal.say("crmweb", [f"ready: {self.settings.address}/   (Ctrl-C stops it)"])

    def _round(self, seconds: float) -> None:
        """Listen for up to ``seconds``, then start again what has died, when its time has come."""
        self._listen(seconds)
        for part in self.parts:
            if (code := self._died(part)) is not None and not self._stopping:
                self.terminal.say("crmweb", [f"{part.name} ended ({_how(code)}), starting it again"])
                self._mend(part)
            if part.process is None and time.monotonic() >= part.next_start and not self._stopping:
                self._start(part)

    def _listen(self, seconds: float) -> None:
        """Pass on what the parts say."""
        for key, _ in self._outputs.select(seconds):
            self._hear(key.data)

    def _hear(self, part: Part) -> None:
        if lines := part.lines():
            self._last_words[part.name] = lines[-3:]
            self.terminal.say(part.name, lines)
        if part.ended_speaking:
            self._forget(part)

    def _forget(self, part: Part) -> None:
        with suppress(KeyError, ValueError):
            self._outputs.unregister(part.output)

    def _died(self, part: Part) -> int | None:
        """Its exit code if it has ended, when its last words are heard."""
        if part.process is None or part.alive():
            return None
        while not part.ended_speaking:
            self._hear(part)
        self._forget(part)
        return part.died()

    def _mend(self, part: Part) -> None:
        if self.redis and part.name == "redis" and self.redis.is_spoilt(self._last_words.pop("redis", [])):
            aside = self.redis.set_aside(now())
            self.terminal.say(
                "crmweb", [f"its file was spoilt and is now {aside}; the sweep rings its work again"]
            )

    def _listen_for_stop(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked_to_stop)

    def _asked_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self._hurry = self._stopping  # asked twice: nobody waits for anything
        self._stopping = True

    def _stop_all(self) -> None:
        """First who takes requests, then who works, last who keeps the queue."""
        self._stopping = True
        if self._listener:
            self._listener.close()
        end = time.monotonic() + STOP_WITHIN
        self._stop([part for part in self.parts if part.name in ("web", "clock")], end)
        self._stop([part for part in self.parts if part.name != "redis"], end)
        self._stop(self.parts, end + 3)
        if self._listener:
            self.settings.address_file.unlink(missing_ok=True)
        if self._counts:
            shutil.rmtree(self._counts, ignore_errors=True)
        self.lock.release()

    def _stop(self, parts: list[Part], end: float) -> None:
        for part in parts:
            part.ask_to_stop()
        while any(part.alive() for part in parts) and time.monotonic() < end and not self._hurry:
            self._listen(0.02)
        for part in parts:
            self._forget(part)
            part.bury()


def _prepare(app: Flask, tell: int, *, demo: bool) -> None:
    """In a fork: make the database ready, and write to ``tell``, as JSON, the lines to show or why not."""
    from crmweb.demo import Refused
    from crmweb.supervisor.prepare import DatabaseTooNew, prepare

    with os.fdopen(tell, "w") as answer:
        try:
            json.dump(prepare(app, demo=demo), answer)
        except (DatabaseTooNew, Refused) as error:
            json.dump(str(error), answer)
            sys.exit(1)


def _worker(app: Flask, queue: str) -> Callable[[], None]:
    from crmweb.supervisor.worker import QueueWorker

    return QueueWorker(app, queue).run


def _tick(app: Flask) -> None:
    from crmweb.schedule import Clock

    Clock(app).run()


def _running_already(settings: Settings, error: FolderTaken) -> str:
    whose = f" (process {error.pid})" if error.pid else ""
    return (
        f"crmweb is already running on {settings.home}{whose}: "
        "stop it first, or set CRMWEB_HOME to another folder"
    )


def _how(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"
