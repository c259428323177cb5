"""Secrets that are made once and kept in the data folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def kept(file: Path, make: Callable[[], str]) -> str:
    """A secret that is made once and kept in the data folder: a restart signs nobody out."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        _write_once(file, make())
    return file.read_text().strip()


def _write_once(file: Path, secret: str) -> None:
    """Of two processes that start at once, both must end up with the same key: whole, and whichever came first."""
    descriptor, name = tempfile.mkstemp(dir=file.parent)  # for its owner's eyes only
    os.write(descriptor, secret.encode())
    os.close(descriptor)
    with suppress(FileExistsError):
        os.link(name, file)
    Path(name).unlink()
