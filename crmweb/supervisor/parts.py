"""A part of the product: a process that is started, listened to, started again when it dies, and stopped.

A part is a program (Redis) or a function of ours. Functions run in a fork of the supervisor, which has
imported the app already: they share its memory, half of what as many programs would take, and are there at
once. That is safe because the supervisor is one thread and has opened no database.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 30.0
# A part that ran so long (seconds) before it died has earned a quick restart.
LONG_ENOUGH: Final = 20.0

PR_SET_PDEATHSIG: Final = 1
PR_SET_NAME: Final = 15
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None

# Put before a program: what `_leash` does, and then the program. (subprocess's preexec_fn would do, but is
# not safe beside threads, and not everything that starts a program is ours.)
_LEASHED: Final = f"""
import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl({PR_SET_PDEATHSIG}, {int(signal.SIGTERM)})
    if os.getppid() != int(sys.argv[1]):
        sys.exit(0)
os.execv(sys.argv[2], sys.argv[2:])
"""


class Process(Protocol):
    """What the supervisor asks of a process, started either way."""

    pid: int

    def poll(self) -> int | None:
        """The exit code (negative: the signal) if it has ended."""

    def wait(self) -> int:
        """The exit code, once it has ended."""


class Start(Protocol):
    """How a part is started."""

    def __call__(self, output: int) -> Process:
        """Start it in a process group of its own, writing to ``output`` alone, ended with its parent."""


@dataclass(frozen=True)
class Program:
    """A program, by its absolute path; ``hold`` are files that it inherits open."""

    command: Sequence[str]
    environment: Mapping[str, str]
    hold: Sequence[int] = ()

    def __call__(self, output: int) -> Process:
        leash = [sys.executable, "-S", "-E", "-c", _LEASHED, str(os.getpid())]
        return subprocess.Popen(
            [*leash, *self.command],
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=tuple(self.hold),
            process_group=0,
        )


@dataclass(frozen=True)
class Fork:
    """``work`` in a fork of this process, after ``let_go`` of all that is the parent's alone. ``name`` is
    what `ps -o comm` shows.
    """

    name: str
    work: Callable[[], object]
    let_go: Callable[[], None]

    def __call__(self, output: int) -> Process:
        parent = os.getpid()
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _work_and_exit(self, parent, output)
        with suppress(OSError):
            os.setpgid(pid, pid)  # the child does it too: whoever is first
        return _Forked(pid)


class _Forked:
    """A child that was forked: the same questions as of a Popen."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self._code: int | None = None

    def poll(self) -> int | None:
        return self._ask(os.WNOHANG)

    def wait(self) -> int:
        code = self._ask(0)
        assert code is not None
        return code

    def _ask(self, how: int) -> int | None:
        if self._code is None:
            pid, status = os.waitpid(self.pid, how)
            if pid == self.pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code


def _work_and_exit(fork: Fork, parent: int, output: int) -> None:
    """The child's whole life. It never returns into its parent's code, not even by an exception."""
    code = 1
    try:
        os.setpgid(0, 0)
        _leash(parent)
        _take_name(fork.name)
        _settle_in(output)
        fork.let_go()
        fork.work()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _leash(parent: int) -> None:
    """On Linux the kernel ends this process with its parent (prctl(2)): a killed supervisor leaves
    nothing.
    """
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM))
        if os.getppid() != parent:
            os._exit(0)


def _take_name(name: str) -> None:
    if _libc is not None:
        _libc.prctl(PR_SET_NAME, f"crmweb-{name}".encode())


def _settle_in(output: int) -> None:
    """Say everything to ``output``, hear nothing, and take signals as a fresh program does."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


class Part:
    """One part; started again, ever more slowly, when it dies. Lines with a word of ``chatter`` are not
    shown.
    """

    def __init__(self, name: str, start: Start, *, chatter: Sequence[str] = ()) -> None:
        self.name = name
        self.process: Process | None = None
        self.output = -1
        self.ended_speaking = True
        self.next_start = 0.0
        self._how_to_start = start
        self._chatter = chatter
        self._delay = FIRST_DELAY
        self._started = 0.0
        self._rest = b""

    def start(self) -> None:
        """Start it, in a process group of its own: Ctrl-C reaches the supervisor alone, which stops in
        order.
        """
        self.output, says = os.pipe()
        os.set_blocking(self.output, False)
        self.process = self._how_to_start(says)
        os.close(says)
        self._started, self.ended_speaking = time.monotonic(), False

    @property
    def pid(self) -> int:
        """0 when it does not run."""
        return self.process.pid if self.process else 0

    def alive(self) -> bool:
        """Whether it runs."""
        return self.process is not None and self.process.poll() is None

    def lines(self) -> list[str]:
        """What it said since the last look, in whole lines; never waits."""
        try:
            said = os.read(self.output, 65536)
        except BlockingIOError:
            self.ended_speaking = not self.alive()
            return []
        self.ended_speaking = not said
        *whole, self._rest = (self._rest + (said or b"\n")).split(b"\n")
        lines = (line.decode("utf-8", "replace").rstrip() for line in whole)
        return [line for line in lines if line and not any(words in line for words in self._chatter)]

    def died(self) -> int | None:
        """Its exit code (negative: the signal) if it has ended, and when to start again; None while it
        runs.
        """
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self.bury()
        if time.monotonic() - self._started > LONG_ENOUGH:
            self._delay = FIRST_DELAY
        self.next_start = time.monotonic() + self._delay
        self._delay = min(self._delay * 2, LONGEST_DELAY)
        return code

    def ask_to_stop(self) -> None:
        """SIGTERM: finish what is in hand and go."""
        if self.process is not None and self.alive():
            os.kill(self.process.pid, signal.SIGTERM)

    def bury(self) -> None:
        """End what is left of it; whatever it started stands in its process group."""
        if self.process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None
        self.forget_output()

    def forget_output(self) -> None:
        """Stop listening: it has ended, or this is a fork that has no business with it."""
        if self.output >= 0:
            os.close(self.output)
            self.output = -1
