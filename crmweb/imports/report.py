"""What an import did: counts, and a file with the rows that could not stand."""

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TextIO

from crmweb import csv_out

Outcome = Literal["created", "updated", "unchanged"]


@dataclass(slots=True)
class Report:
    """Counts of rows; `flags` counts each flaw, `flagged` the rows that have one."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: int = 0
    flagged: int = 0
    flags: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def count(self, outcome: Outcome, flags: Sequence[str]) -> None:
        setattr(self, outcome, getattr(self, outcome) + 1)
        self.flagged += bool(flags)
        self.flags.update(flags)

    def reject(self, reason: str) -> None:
        self.rejected += 1
        self.reasons[reason] += 1

    def lines(self) -> Iterator[str]:
        """The report for a terminal, one count a line."""
        for name in ("read", "created", "updated", "unchanged", "rejected"):
            yield f"{name:<10} {getattr(self, name)}"
            if name == "rejected":
                yield from _by_reason(self.reasons)
        yield f"{'flagged':<10} {self.flagged}"
        yield from _by_reason(self.flags)


def _by_reason(counts: Counter[str]) -> Iterator[str]:
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"  {count} × {reason.replace('_', ' ')}"


class RejectedRows:
    """The rejected rows with their reasons, as a CSV that a spreadsheet opens safely; made with the first."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path = path
        self._header = header
        self._file: TextIO | None = None

    def add(self, number: int, reason: str, cells: Sequence[str]) -> None:
        file = self._file or self._open()
        csv.writer(file).writerow([number, reason, *map(csv_out.cell, cells)])

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __bool__(self) -> bool:
        return self._file is not None

    def _open(self) -> TextIO:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.touch(
            mode=0o600, exist_ok=False
        )  # people's numbers are not for every account of the machine
        # The mark at its beginning tells Excel that the file is UTF-8.
        self._file = self.path.open("w", encoding="utf-8-sig", newline="")
        csv.writer(self._file).writerow(["line", "reason", *map(csv_out.cell, self._header)])
        return self._file


@dataclass(frozen=True)
class RejectedFile:
    """A file that `RejectedRows` left: its name, when it was written (UTC), and how many rows it holds."""

    name: str
    at: datetime
    rows: int

    @classmethod
    def newest(cls, folder: Path, most: int) -> list["RejectedFile"]:
        """So many of those that lie there, the newest first; erasures take rows out of them."""
        files = sorted(folder.glob("*.csv"), key=lambda file: file.stat().st_mtime, reverse=True)
        return [cls(file.name, _written_at(file), _count_rows(file)) for file in files[:most]]


def _written_at(file: Path) -> datetime:
    return datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _count_rows(file: Path) -> int:
    """Without the names of the columns; a cell may hold several lines."""
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return max(sum(1 for _ in csv.reader(rows)) - 1, 0)
