"""The register of erasures: a file in the data folder, so that a database from before an erasure learns of it again.

It names ids and moments, never people. It is never replaced by a restore, and lies in every backup.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

REGISTER: Final = "erasures"
"""The file: one erasure a line, as JSON."""


@dataclass(frozen=True)
class Line:
    """One erasure; `called` stands where the name stood."""

    id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    at: datetime
    called: str

    def __str__(self) -> str:
        told = {"id": str(self.id), "kind": self.kind, "subject": str(self.subject_id)}
        return json.dumps({**told, "at": self.at.isoformat(), "called": self.called})

    @classmethod
    def read(cls, text: str) -> Line:
        """Raises ValueError, KeyError or TypeError for a line that was cut."""
        told = json.loads(text)
        ids = uuid.UUID(told["id"]), told["kind"], uuid.UUID(told["subject"])
        return cls(*ids, datetime.fromisoformat(told["at"]), told["called"])


def read(file: Path) -> Iterator[Line]:
    """Its lines; one that a crash cut in half was never acknowledged, and is written again from the database."""
    for text in file.read_text().splitlines() if file.exists() else ():
        try:
            yield Line.read(text)
        except (ValueError, KeyError, TypeError):
            continue


def add(file: Path, lines: Iterable[Line]) -> None:
    """Write down those that are not there yet; on disk when it returns."""
    known = {line.id for line in read(file)}
    new = [line for line in lines if line.id not in known]
    if not new:
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_RDWR, 0o600)
    with os.fdopen(descriptor, "ab") as out:
        os.write(out.fileno(), "".join(f"\n{line}\n" for line in new).encode())
        os.fsync(out.fileno())
