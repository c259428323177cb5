"""A file system in memory, where a commit need not wait for a disk. Containers may have next to none."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

MEMORY = Path("/dev/shm")


def in_memory(room: int) -> Path | None:
    """The folder of that file system, if so many bytes are free there."""
    usable = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > room
    return MEMORY if usable else None
