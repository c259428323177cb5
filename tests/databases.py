"""A database for each test: a copy, made in a moment, of one that was migrated at the start."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Protocol

from tests.machine.memory import in_memory
from tests.machine.postgres import PostgresServer


class Databases(Protocol):
    """Where the product's database stands during the tests, at one address that stays."""

    url: str

    def empty(self) -> None:
        """Put a database without tables there."""

    def keep(self, name: str) -> None:
        """Remember what stands there. Nobody may be connected."""

    def restore(self, name: str) -> None:
        """Put a copy of what was remembered there, in place of what there is."""

    def discard(self) -> None:
        """Leave nothing behind."""


ROOM = 512 * 1024 * 1024
"""Bytes that SQLite's files may take."""


class SqliteDatabases:
    """Files in one folder, in memory where the machine has some to spare."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="crm-sqlite-", dir=in_memory(ROOM)))
        self._file = self._folder / "crmweb.sqlite3"
        self.url = f"sqlite:///{self._file}"

    def empty(self) -> None:
        for part in self._folder.glob(f"{self._file.name}*"):
            part.unlink()

    def keep(self, name: str) -> None:
        # The last connection to close has moved the write-ahead log into the file.
        shutil.copyfile(self._file, self._folder / f"{name}.kept")

    def restore(self, name: str) -> None:
        self.empty()
        shutil.copyfile(self._folder / f"{name}.kept", self._file)

    def discard(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


class PostgresDatabases:
    """Databases on one server; a copy is PostgreSQL's own `CREATE DATABASE … TEMPLATE`."""

    def __init__(self) -> None:
        self._server = PostgresServer()
        self.url = self._server.create("at_work")

    def empty(self) -> None:
        self._server.create("at_work")

    def keep(self, name: str) -> None:
        self._server.create(name, template="at_work")

    def restore(self, name: str) -> None:
        self._server.create("at_work", template=name)

    def discard(self) -> None:
        self._server.discard()
