"""The whole product on a data folder of its own, as `crmweb run` starts it: real processes, watched from outside."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from flask import Flask

from crmweb import create_app
from crmweb.config import load_settings

MAIN = "from crmweb.cli import main; main()"
PARTS = ("redis", "web", "bell", "slow", "clock")


def until(happened: Callable[[], object], *, within: float = 15.0) -> None:
    """Wait until ``happened()`` is true. Raises AssertionError when it is not within so many seconds."""
    end = time.monotonic() + within
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def alive(pid: int) -> bool:
    """Whether the process is there and not a zombie that nobody has fetched yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


class Product:
    """`crmweb run` on ``home``, with what it said so far. ``prelude`` is Python run before, to shorten waits."""

    def __init__(self, home: Path, *options: str, prelude: str = "", **environment: str) -> None:
        self.home = home
        self.port = int(environment.get("PORT", free_port()))
        clean = {
            name: value for name, value in os.environ.items() if name not in ("REDIS_URL", "DATABASE_URL")
        }
        own = {"CRMWEB_HOME": str(home), "CRMWEB_ENV": "development", "PORT": str(self.port)}
        self.environment = {**clean, **own, **environment}
        self.said: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-c", prelude + MAIN, "run", *options],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    def ready(self) -> Product:
        """Itself, once it has shown its address."""
        until(lambda: self.told("ready: ") or self._process.poll() is not None, within=90)
        assert self.told("ready: "), self.text
        return self

    @property
    def text(self) -> str:
        return "\n".join(self.said)

    def told(self, words: str) -> bool:
        return any(words in line for line in self.said)

    @property
    def pid(self) -> int:
        return self._process.pid

    def part(self, name: str) -> int:
        """The process of a part that was started last."""
        found = re.findall(rf"^{name} +│ started \(process (\d+)\)", self.text, re.MULTILINE)
        return int(found[-1])

    def everything(self) -> list[int]:
        """It, its parts and what they started."""
        pids = [self.pid, *(self.part(name) for name in PARTS if f"{name} " in self.text)]
        return [*pids, *(child for pid in pids for child in _children(pid))]

    def answering(self) -> list[int]:
        """The processes that answer requests."""
        return _children(self.part("web"))

    def get(self, path: str) -> int:
        """The status of the page; 0 when nobody answers."""
        try:
            return self._ask(path)[0]
        except OSError:
            return 0

    def read(self, path: str) -> str:
        """What the page says. Raises OSError when nobody answers."""
        return self._ask(path)[1]

    def _ask(self, path: str) -> tuple[int, str]:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def ended(self) -> int:
        """The exit code, once it has ended and all it said is heard."""
        code = self._process.wait(30)
        self._ear.join(5)
        return code

    def stop(self) -> int:
        self.signal(signal.SIGINT)
        return self.ended()

    def end(self) -> None:
        """Leave nothing of it, however the test went."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._ear.join(5)
        self._process.stdout.close()

    def app(self) -> Flask:
        """An app beside it on the same database, to file things and to look."""
        return create_app(load_settings({**self.environment, "CRMWEB_ENV": "test"}))

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(line.rstrip())


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []
