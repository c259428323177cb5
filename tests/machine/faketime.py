"""A clock that a drill can set, for real processes: libfaketime, the machine's or Debian's.

Only the time of the day moves, as when somebody sets a machine's clock; what measures waits goes on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from tests.machine import Missing
from tests.machine.debian import ROOT, Program

FAKETIME = Program(
    title="libfaketime",
    variable="LIBFAKETIME",
    packages=("faketime",),
    names=("faketime",),
    inside="usr/bin/faketime",
    folder=ROOT / ".faketime",
)


@cache
def where() -> Path:
    """The library to load before all others. Raises `Missing`."""
    program = FAKETIME.where()
    found = sorted(program.parents[1].glob("lib*/**/faketime/libfaketimeMT.so.1"))
    if not found:
        raise Missing(f"{program} has no library beside it. {FAKETIME.by_hand}")
    return found[0]


PRELUDE = """
import select, time
time.sleep = lambda seconds: select.select([], [], [], seconds) and None
"""
"""What Python needs before: libfaketime 0.9.10 refuses the way in which its own `sleep` waits."""


class Wall:
    """What hangs on the wall of some processes, and can be set while they run."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"
        self.ahead = timedelta()
        self.set(ahead=timedelta())

    @property
    def environment(self) -> dict[str, str]:
        """With this a process, and whatever it starts, goes by it. Each look at the time reads the file anew."""
        return {
            "LD_PRELOAD": str(where()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def set(self, *, ahead: timedelta) -> None:
        """So far ahead of the true time, or behind it."""
        half = self._file.with_suffix(".half")
        half.write_text(f"{int(ahead.total_seconds()):+d}\n")
        half.replace(self._file)
        self.ahead = ahead

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead
