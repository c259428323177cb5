"""How a made-up company comes about: rows first, indexes after, so that a million customers take two minutes."""

import json
import runpy
from bisect import bisect
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate, islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID, uuid5

import pysqlite3
from sqlalchemy import Column, String, insert
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from benchmarks.naming import SignPainter
from crmweb.accounts.models import Oversight, User
from crmweb.config import PROJECT
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.customers.search import search_text
from crmweb.customers.tiers import Tier
from crmweb.db import Model, db
from crmweb.geo import Point, cell
from crmweb.names import fold
from crmweb.timeline.models import Event

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 3, tzinfo=UTC)
BOOK = 300
"""Customers in the book of one rep."""

TEAMS = {"team of 40": 40, "team of 66": 66, "region of 400": 400, "whole company": 1_000_000}
"""Managers, by how many reps work below them, and the last by all."""

LEAD = "team of 7"
LEADS, STAFF = 500, 5_000
"""For each million customers so many teams, of reps side by side on the map, and so many people, managers with them
and those who have no customers.
"""

TALKATIVE, SAID = 50, 40
"""One customer in so many has a timeline, of so many entries."""


def _written(migration: str, name: str) -> tuple[str, ...]:
    statements: tuple[str, ...] = runpy.run_path(str(PROJECT / "migrations" / "versions" / migration))[name]
    return statements


_ROWS, _INDEX, *_TRIGGERS = _written("0001_first_tables.py", "SEARCH_ON_SQLITE")
SEARCH = (
    _ROWS,
    _INDEX,
    "INSERT INTO customer_search_rows (customer_id) SELECT id FROM customers ORDER BY id",
    *_written("0004_visits.py", "SEARCH_BY_LONGER_BEGINNINGS"),
    *_TRIGGERS,
)
"""The index of the search, which no model knows: filled as a whole, and only then kept by its triggers."""

_HOUSE = UUID("6f0f7c52-6f0b-4a06-8d1c-0a2b6c1d5e11")
_BATCH = 20_000
Row = dict[str, Any]


def person_id(role: str, number: int) -> UUID:
    """The same person has the same id in every company."""
    return uuid5(_HOUSE, f"{role} {number}")


class Towns:
    """Two hundred towns between 8 and 23 degrees north; the n-th largest has 1/n of the first one's customers."""

    def __init__(self) -> None:
        random = Random(1)
        self.centres = [(random.uniform(8.5, 23), random.uniform(102.5, 109)) for _ in range(200)]
        self.widths = [random.uniform(0.02, 0.12) for _ in self.centres]
        self.sizes = list(accumulate(1 / rank for rank in range(1, 201)))

    def place(self, random: Random) -> Point:
        """A place in or about a town."""
        town = bisect(self.sizes, random.random() * self.sizes[-1])
        (lat, lng), width = self.centres[town], self.widths[town]
        return Point(random.gauss(lat, width), random.gauss(lng, width))


class Founding:
    """Writes one company into a file."""

    def __init__(self, size: int, towns: Towns) -> None:
        self.size, self.random = size, Random(size)
        self.painter = SignPainter(Random(size))
        self.reps = -(-size // BOOK)
        self.leads, self.staff = (-(-size * each // 1_000_000) for each in (LEADS, STAFF))
        self.places = [towns.place(self.random) for _ in range(size)]
        self.cells = [cell(place.lat, place.lng) for place in self.places]
        self.books = self._books()

    def write(self, path: Path) -> None:
        """Makes the file; it has its name only when it is finished."""
        unfinished = path.with_suffix(".unfinished")
        unfinished.unlink(missing_ok=True)
        self.connection = pysqlite3.connect(str(unfinished))
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-200000"):
            self.connection.execute(f"PRAGMA {pragma}")
        self._tables()
        self._rows()
        self._indexes()
        self._search()
        self.connection.close()
        unfinished.rename(path)

    def _books(self) -> list[int]:
        """Neighbours on the map share a rep."""
        books = [0] * self.size
        for rank, number in enumerate(sorted(range(self.size), key=self.cells.__getitem__)):
            books[number] = rank // BOOK
        return books

    def _tables(self) -> None:
        for table in db.metadata.sorted_tables:
            self.connection.execute(str(CreateTable(table).compile(dialect=_SQLITE)))

    def _rows(self) -> None:
        self._fill(User, self._users())
        self._fill(Oversight, self._oversight())
        self._fill(Tier, [{"name": name, "visit_every_days": days} for name, days in _INTERVALS.items()])
        self._fill(Customer, map(self._customer, range(self.size)))
        self._fill(Assignment, map(self._assignment, range(self.size)))
        self._fill(Event, self._events())
        self.connection.commit()

    def _indexes(self) -> None:
        for table in db.metadata.sorted_tables:
            for index in table.indexes:
                self.connection.execute(str(CreateIndex(index).compile(dialect=_SQLITE)))
        self.connection.execute("ANALYZE")
        self.connection.commit()

    def _search(self) -> None:
        for statement in SEARCH:
            self.connection.execute(statement)
        self.connection.commit()

    def _people(self) -> Iterator[tuple[str, int, range]]:
        """Each with their number, and the books of those who work below them."""
        yield "admin", 0, range(0)
        for team, below in TEAMS.items():
            yield team, 0, range(min(below, self.reps))
        for lead in range(self.leads):
            yield LEAD, lead, range(self._first_of(lead), self._first_of(lead + 1))
        for number in range(self.reps):
            yield "rep", number, range(0)
        for number in range(self.staff - self.reps - self.leads - len(TEAMS) - 1):
            yield "desk", number, range(0)

    def _first_of(self, lead: int) -> int:
        """The first book of a team."""
        return lead * self.reps // self.leads

    def _users(self) -> Iterator[Row]:
        for role, number, below in self._people():
            yield {
                "id": person_id(role, number).bytes, "name": f"{role} {number}", "zone": "Asia/Ho_Chi_Minh",
                "role": "manager" if below else "admin" if role == "admin" else "rep", "created_at": _moment(NOW),
            }  # fmt: skip

    def _oversight(self) -> Iterator[Row]:
        for role, number, below in self._people():
            viewer = person_id(role, number).bytes
            yield {"viewer_id": viewer, "person_id": viewer}
            for book in below:
                yield {"viewer_id": viewer, "person_id": person_id("rep", book).bytes}

    def _customer(self, number: int) -> Row:
        place, (name, address) = self.places[number], self.painter.paint()
        code, phone = f"KH{number:07}", f"+849{number * 61 % 100_000_000:08}"
        return {
            "id": _id("customer", number), "kind": "shop", "name": name, "code": code,
            "sort_name": fold(name)[:80], "folded": search_text(name, code, address, numbers=[phone]),
            "address": address, "lat": place.lat, "lng": place.lng,
            "cell": self.cells[number], "phone": phone, "tier": _tier(number),
            "status": _status(number), "created_at": _moment(NOW), "updated_at": _moment(NOW),
        }  # fmt: skip

    def _assignment(self, number: int) -> Row:
        place = self.places[number]
        return {
            "id": _id("assignment", number), "customer_id": _id("customer", number),
            "person_id": person_id("rep", self.books[number]).bytes, "line": "", "since": TODAY.isoformat(),
            "started_at": _moment(NOW), "created_at": _moment(NOW), "cell": self.cells[number],
            "last_visit_at": _moment(NOW - timedelta(days=number % 60)), "lat": place.lat, "lng": place.lng,
            "next_due": (TODAY + timedelta(days=number % 71 - 10)).isoformat(), "tier": _tier(number),
            "status": _status(number),
        }  # fmt: skip

    def _events(self) -> Iterator[Row]:
        """A visit, a note, a visit …, one every three days."""
        for number in range(0, self.size, TALKATIVE):
            for turn in range(SAID):
                at = _moment(NOW - timedelta(days=3 * (SAID - turn)))
                kind, payload = _SAYINGS[turn % len(_SAYINGS)]
                yield {
                    "seq": number * SAID + turn + 1, "id": _id("event", number * SAID + turn),
                    "customer_id": _id("customer", number), "kind": kind, "payload": json.dumps(payload),
                    "by_id": person_id("rep", self.books[number]).bytes, "at": at, "recorded_at": at,
                }  # fmt: skip

    def _fill(self, model: type[Model], rows: Iterable[Row]) -> None:
        """Rows as they are; a column that must be filled and does not matter here is empty."""
        table = db.metadata.tables[model.__tablename__]
        nothing = {column.name: _nothing(column) for column in table.columns}
        sql = str(insert(table).compile(dialect=_SQLITE))
        remaining = iter(rows)
        while batch := list(islice(remaining, _BATCH)):
            self.connection.executemany(sql, [nothing | row for row in batch])


_SQLITE = sqlite.dialect(paramstyle="named")
_INTERVALS = {"A": 14, "B": 30, "C": 60}


_SAYINGS: list[tuple[str, dict[str, Any]]] = [
    ("visit.finished", {"outcome": "order_taken", "verdict": "on_site", "minutes": 14}),
    ("note.written", {"text": "Chủ quán đi vắng, con gái nhận hàng. Hẹn thứ Năm ghé lại sau 14 giờ."}),
    ("visit.finished", {"outcome": "no_order", "verdict": "unproven", "minutes": 6}),
    ("customer.changed", {"fields": ["phones", "address"]}),
]


def _nothing(column: Column[Any]) -> str | int | None:
    if column.nullable:
        return None
    return "" if isinstance(column.type, String) else 0


def _id(kind: str, number: int) -> bytes:
    """A UUIDv7 (RFC 9562) of the moment at which a file of that many rows might have been read in."""
    millisecond = int(NOW.timestamp() * 1000) + number // 10
    tail = number * 0x9E3779B97F4A7C15 + ord(kind[0]) & (1 << 62) - 1  # spread by the golden ratio
    return (millisecond << 80 | 7 << 76 | (number % 4096) << 64 | 2 << 62 | tail).to_bytes(16, "big")


@cache
def _moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S.000000")


def _tier(number: int) -> str:
    """One in ten is an A."""
    return "ABBBCCCCCC"[number % 10]


def _status(number: int) -> str:
    """One in a thousand has left, one in ten may come."""
    return "former" if number % 1000 == 7 else "lead" if number % 10 == 3 else "customer"
