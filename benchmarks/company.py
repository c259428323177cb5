"""A made-up company of any size: customers in towns, a book of 300 for each rep, managers above them.

It lives in one SQLite file in the temporary folder, and is founded anew when the tables change.
"""

import hashlib
import inspect
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from flask import Flask
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks import founding, naming
from benchmarks.founding import BOOK, SEARCH, Founding, Towns, person_id
from crmweb import create_app
from crmweb.config import load_settings
from crmweb.db import db
from crmweb.scope import Principal, act_for


class Company:
    """An app on a company of `size` customers, and the people who work there."""

    def __init__(self, size: int, home: Path | None = None) -> None:
        self.size = size
        self.books = -(-size // BOOK)
        self.towns = Towns()
        home = home or Path(tempfile.gettempdir()) / "crmweb-benchmarks"
        home.mkdir(exist_ok=True)
        self.path = home / f"{size}.sqlite3"
        self.app = self._app(home)
        with self.app.app_context():
            self._found()

    @contextmanager
    def copied(self) -> Iterator[Self]:
        """The same company in a file of its own, to write into; gone afterwards."""
        with tempfile.TemporaryDirectory(dir=self.path.parent) as home:
            for file in (self.path, self.path.with_suffix(".version")):
                shutil.copy(file, home)
            copy = type(self)(self.size, Path(home))
            yield copy
            with copy.app.app_context():
                db.engine.dispose()

    def rep(self, book: int) -> Principal:
        """Who looks after that book; books lie along the map."""
        return Principal(person_id("rep", book), sees_all=False, why="benchmark")

    def manager(self, team: str) -> Principal:
        """Who leads one of `TEAMS`."""
        return Principal(person_id(team, 0), sees_all=False, why="benchmark")

    def admin(self) -> Principal:
        """Who sees all."""
        return Principal(person_id("admin", 0), sees_all=True, why="benchmark")

    @contextmanager
    def acting(self, who: Principal) -> Iterator[None]:
        """A session that speaks for a person."""
        with self.app.app_context():
            act_for(who)
            yield

    def _app(self, home: Path) -> Flask:
        url = f"sqlite:///{self.path}"
        return create_app(
            load_settings({"CRMWEB_ENV": "test", "CRMWEB_HOME": str(home), "DATABASE_URL": url})
        )

    def _found(self) -> None:
        mark, version = self.path.with_suffix(".version"), _version()
        if mark.exists() and mark.read_text() == version:
            return
        for file in self.path.parent.glob(f"{self.size}.*"):
            file.unlink()
        Founding(self.size, self.towns).write(self.path)
        mark.write_text(version)


def _version() -> str:
    """What the file depends on: the tables with their indexes, the search, and how it is filled."""
    texts = [*SEARCH, *(inspect.getsource(module) for module in (founding, naming))]
    for table in db.metadata.sorted_tables:
        texts.append(str(CreateTable(table).compile(db.engine)))
        texts += sorted(str(CreateIndex(index).compile(db.engine)) for index in table.indexes)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
