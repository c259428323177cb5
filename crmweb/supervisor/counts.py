"""Where the web processes of one house count together, for whoever asks one of them (`crmweb.metrics`)."""

from __future__ import annotations

import os
import shutil
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir, mkdtemp

MEMORY = Path("/dev/shm")  # nosec B108  # noqa: S108 - a folder of our own in it, which nobody else may enter


def shared_counts(home: Path) -> Path:
    """A folder for them, which whoever makes it takes away; call it before anything that counts is imported.

    In memory, where there is a place for that: they map its files, and on a full disk that would kill them. A house
    that was killed left one under the same name, which is emptied; what is somebody else's is not touched.
    """
    folder = (MEMORY if MEMORY.is_dir() else Path(gettempdir())) / f"crmweb-{_mark(home)}"
    shutil.rmtree(folder, ignore_errors=True)  # it follows no link
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        folder = Path(mkdtemp(prefix="crmweb-"))
    os.environ.update(PROMETHEUS_MULTIPROC_DIR=str(folder))
    return folder


def _mark(home: Path) -> str:
    return sha256(str(home.resolve()).encode()).hexdigest()[:16]
