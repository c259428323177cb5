"""Run the tests in several processes, two at once, a core for each: what `make test` and `make test-fast` do.

The first is watched, and what the others said is told after it. `all` is PostgreSQL beside SQLite, and then the
browsers in two halves; `fast` one half of the files beside the other. What else is given on the command line goes to
each.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
AT_ONCE = 2
LOOK = 0.1
"""Seconds between two looks whether one has ended."""

ON_SQLITE, ON_POSTGRES = (
    (sys.executable, "-m", "pytest", f"--database={name}") for name in ("sqlite", "postgresql")
)
BROWSERS = (*ON_SQLITE, "-m", "browser")
FAST = (*ON_SQLITE, "-m", "not browser and not slow")
RUNS = {
    "all": (
        (*ON_SQLITE, "-m", "not browser"),
        (*ON_POSTGRES, "-m", "not browser"),
        (*BROWSERS, "--share=1/2"),
        (*BROWSERS, "--share=2/2"),
    ),
    "fast": ((*FAST, "--share=1/2"), (*FAST, "--share=2/2")),
}


def main() -> int:
    """The exit status: 0 when all went well."""
    name, *given = sys.argv[1:]
    return side_by_side(*([*command, *given] for command in RUNS[name]))


def side_by_side(*commands: Sequence[str]) -> int:
    """Run commands, so many at once, in their order; returns the first status that is not 0, or 0."""
    waiting = deque(_Run(command, watched=number == 0) for number, command in enumerate(commands))
    runs, running = list(waiting), list[_Run]()
    try:
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                running.append(waiting.popleft())
                running[-1].start()
            running = [run for run in running if run.goes_on]
            time.sleep(LOOK)
    except KeyboardInterrupt:  # the terminal told all of us: they clean up and end by themselves
        for run in running:
            run.wait()
    for run in runs[1:]:
        run.tell()
    return next(filter(None, (run.status for run in runs)), 0)


class _Run:
    """One command, which says what it says now or, kept until then, at the end."""

    def __init__(self, command: Sequence[str], *, watched: bool) -> None:
        self._command = command
        self._said: IO[bytes] | None = None if watched else tempfile.TemporaryFile()  # noqa: SIM115 - closed when told
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        errors = subprocess.STDOUT if self._said else None
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=self._said, stderr=errors)

    @property
    def goes_on(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def wait(self) -> None:
        if self._process:
            self._process.wait()

    @property
    def status(self) -> int:
        """As it ended; one that was never begun has failed."""
        return 1 if self._process is None or self._process.returncode is None else self._process.returncode

    def tell(self) -> None:
        assert self._said
        print(f"\n{' '.join(self._command[1:])}\n")
        self._said.seek(0)
        print(self._said.read().decode(errors="replace"), flush=True)
        self._said.close()


if __name__ == "__main__":
    sys.exit(main())
