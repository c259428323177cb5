"""A lock on a folder: held by an open file, so it ends with the process that holds it, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class FolderTaken(Exception):
    """Somebody else holds the lock; ``pid`` is who wrote their name in it, if they did."""

    def __init__(self, path: Path, pid: int | None) -> None:
        super().__init__(f"{path} is held by process {pid}" if pid else f"{path} is held by another process")
        self.pid = pid


class FolderLock:
    """An exclusive lock on a folder, by the file ``name`` in it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.path = folder / name
        self._file: int | None = None

    def take(self) -> None:
        """Hold it until ``release`` or the end of this process. Raises FolderTaken if somebody else does."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(file)
            raise FolderTaken(self.path, self._holder()) from error
        self._file = file
        self.name_holder(os.getpid())

    def name_holder(self, pid: int) -> None:
        """Write down whom to name to the next one who asks."""
        assert self._file is not None
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, f"{pid}\n".encode(), 0)

    def fileno(self) -> int:
        """The open file: a child that inherits it holds the lock too, also when this process is gone."""
        assert self._file is not None
        return self._file

    def release(self) -> None:
        """Let go; children that inherited it may hold it on. The file stays: removing it would let two in."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _holder(self) -> int | None:
        try:
            return int(self.path.read_text())
        except (OSError, ValueError):
            return None


RUN_LOCK = "run.lock"


def run_lock(home: Path) -> FolderLock:
    """The lock of whoever runs the product, or works on its files as a whole, in the data folder ``home``."""
    return FolderLock(home, RUN_LOCK)
