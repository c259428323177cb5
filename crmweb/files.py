"""Files that never change: photos, and whatever else people send us. A row in the database names each.

They lie in the data folder's `files/`, spread over 256 folders. A file is there whole or not at all, also after a
power cut, and is written before the transaction whose row names it.
"""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from crmweb.config import current_settings

FOLDER = "files"
UNFINISHED = "files.unfinished"
"""Beside the folder and not in it, because a backup reads that one meanwhile."""

_NAME = re.compile(r"([0-9a-f]{2})[0-9a-f]{30}\.[a-z0-9]{1,8}")


def keep(data: bytes, suffix: str) -> str:
    """Keep these bytes for good; returns the name that a row remembers. `suffix` is like `.jpg`."""
    name = f"{secrets.token_hex(16)}{suffix}"
    target = _path(name)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = current_settings().home / UNFINISHED
    unfinished.mkdir(exist_ok=True)
    partial = unfinished / name
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(target)
    for folder in (target.parent, target.parent.parent):
        _to_disk(folder)
    return name


def open(name: str) -> BinaryIO:  # noqa: A001
    """The file of that name, to be read. Raises FileNotFoundError."""
    return _path(name).open("rb")


def delete(name: str) -> None:
    """Let the file of that name go; one that is gone already is no matter."""
    with suppress(FileNotFoundError):
        _path(name).unlink()


def _path(name: str) -> Path:
    match = _NAME.fullmatch(name)
    if match is None:
        raise FileNotFoundError(name)
    return current_settings().home / FOLDER / match[1] / name


def _to_disk(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
