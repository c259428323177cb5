"""Whose turn it is to write to SQLite: one process after another, and of each one thread."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import IO

from sqlalchemy import Engine

_threads = Lock()


class Busy(Exception):
    """The database could not be written in time, because another writes or the disk refuses; nothing was written."""


@contextmanager
def turn_to_write(engine: Engine, deadline: float) -> Iterator[None]:
    """A file lock around SQLite's own: it is handed on at once, where SQLite's waiters sleep and starve.

    The threads of a process settle first which of them asks for it: seven that ask every moment hold up the eighth.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        yield
        return
    if not _threads.acquire(timeout=max(0.0, deadline - time.monotonic())):
        raise Busy
    try:
        with _turn_file(engine.url.database) as turn:
            _wait_for(turn.fileno(), deadline)
            yield
    finally:
        _threads.release()


def _turn_file(database: str) -> IO[bytes]:
    try:
        return Path(f"{database}.turn").open("ab")
    except OSError as unwritable:
        raise Busy from unwritable  # so is the database beside it


def _wait_for(file: int, deadline: float) -> None:
    while True:
        try:
            return fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy from None
            time.sleep(0.002)
