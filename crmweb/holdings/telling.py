"""Everything about somebody as one ZIP, written while it is sent: never more than a page of rows in memory.

Each kind of row is there twice, for programs (JSON) and for people (CSV); photos lie beside, and a page lists it all.
"""

from __future__ import annotations

import csv
import io
import json
import uuid
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select, tuple_
from sqlalchemy import literal as given

from crmweb import csv_out, files
from crmweb.config import PROJECT
from crmweb.db import Model, db
from crmweb.holdings.registry import HOLDINGS, Holding, Subject
from crmweb.scope import system_access

A_PAGE: Final = 500
A_PIECE: Final = 64 * 1024
LOOK: Final = PROJECT / "static" / "css" / "archive.css"
WHY: Final = "everything about somebody"

Row = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """One kind of row in the archive: how many there are, and the file beside them, if any."""

    holding: Holding
    count: int


def counts(subject: Subject) -> list[Told]:
    """What there is, by the order in which the slices say it; kinds of which there is nothing are left out."""
    with system_access(WHY):
        found = [Told(holding, count_of(holding, subject)) for holding in _about(subject)]
    return [told for told in found if told.count]


def count_of(holding: Holding, subject: Subject) -> int:
    """How many rows of it tell of the subject; asked by the house."""
    fits = holding.parts[subject.kind].fits(subject.id)
    return db.session.scalar(select(func.count()).select_from(holding.model).where(fits)) or 0


def _about(subject: Subject) -> list[Holding]:
    return [holding for holding in HOLDINGS.values() if subject.kind in holding.parts]


def archive(subject: Subject, *, index: Callable[[list[Told]], str]) -> Iterator[bytes]:
    """The ZIP in pieces. `index` draws its first page from what turned out to be in it."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archived:
        told = []
        for holding in _about(subject):
            writing = _Written(archived, holding, subject)
            for _step in writing.steps():
                yield from sink.pieces()
            if writing.count:
                told.append(Told(holding, writing.count))
        archived.write(LOOK, "look.css")
        archived.writestr("index.html", index(told))
    yield sink.rest()


class _Sink(io.RawIOBase):
    """Where the archive is written: it cannot be gone back in, and is emptied as it fills."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._held += data
        return len(data)

    def pieces(self) -> Iterator[bytes]:
        if len(self._held) >= A_PIECE:
            yield self.rest()

    def rest(self) -> bytes:
        held = bytes(self._held)
        self._held.clear()
        return held


class _Written:
    """One kind of row on its way into the archive. Nothing is written where there is none."""

    def __init__(self, archived: zipfile.ZipFile, holding: Holding, subject: Subject) -> None:
        self.archived, self.holding, self.subject = archived, holding, subject
        self.count = 0

    def steps(self) -> Iterator[None]:
        """Write, pausing after each page of rows and each photo."""
        first = next(pages(self.holding, self.subject), None)
        if first is None:
            return
        yield from self._as_json()
        yield from self._as_csv(list(first[0]))
        if self.holding.file:
            yield from self._files()

    def _as_json(self) -> Iterator[None]:
        with self.archived.open(f"data/{self.holding.name}.json", "w", force_zip64=True) as out:
            for page in pages(self.holding, self.subject):
                rows = ",\n".join(json.dumps(row, ensure_ascii=False) for row in page)
                out.write((",\n" if self.count else "[\n").encode() + rows.encode())
                self.count += len(page)
                yield
            out.write(b"\n]\n")

    def _as_csv(self, header: Sequence[str]) -> Iterator[None]:
        with (
            self.archived.open(f"{self.holding.name}.csv", "w", force_zip64=True) as out,
            io.TextIOWrapper(out, "utf-8-sig", newline="") as text,
        ):
            table = csv.writer(text)
            table.writerow(header)
            for page in pages(self.holding, self.subject):
                table.writerows([[csv_out.cell(_flat(row[name])) for name in header] for row in page])
                yield

    def _files(self) -> Iterator[None]:
        """Those that are still there: photos are let go before the rows that name them."""
        for page in pages(self.holding, self.subject):
            for row in page:
                name = str(row[self.holding.file])
                try:
                    with files.open(name) as file:
                        self.archived.writestr(
                            zipfile.ZipInfo(f"{self.holding.name}/{name}"), file.read(), zipfile.ZIP_STORED
                        )
                except FileNotFoundError:
                    continue
                yield


# Rows -----------------------------------------------------------------------------------------------------


def pages(holding: Holding, subject: Subject) -> Iterator[list[Row]]:
    """The rows in plain words, a page at a time; each page is read in a transaction of its own."""
    after: tuple[Any, ...] | None = None
    while True:
        with system_access(WHY):
            page, after = _page(holding, subject, after)
        if page:
            yield page
        if len(page) < A_PAGE:
            return


def _page(
    holding: Holding, subject: Subject, after: tuple[Any, ...] | None
) -> tuple[list[Row], tuple[Any, ...] | None]:
    keys = list(holding.model.__mapper__.primary_key)
    attributes = [
        getattr(holding.model, holding.model.__mapper__.get_property_by_column(key).key) for key in keys
    ]
    told = holding.told(subject.kind)
    asked = select(*[_attribute(holding.model, column) for column in told], *attributes)
    asked = asked.where(holding.parts[subject.kind].fits(subject.id)).order_by(*attributes).limit(A_PAGE)
    if after is not None:
        asked = asked.where(
            tuple_(*attributes)
            > tuple_(*(given(value, key.type) for value, key in zip(after, keys, strict=True)))
        )
    found = db.session.execute(asked).all()
    rows = [dict(zip([column.name for column in told], row, strict=False)) for row in found]
    _name(holding.model, rows)
    last = tuple(found[-1][len(told) :]) if found else None
    return [{name: _plain(value) for name, value in row.items()} for row in rows], last


def _attribute(model: type[Any], column: Any) -> Any:
    return getattr(model, model.__mapper__.get_property_by_column(column).key)


def _name(model: type[Any], rows: list[Row]) -> None:
    """Put a name beside each id of somebody: a column of ids tells a person nothing."""
    for column in model.__table__.columns:
        target = next((key.column.table.name for key in column.foreign_keys), "")
        beside = column.name.removesuffix("_id")
        if target not in ("users", "customers", "contacts") or not rows or column.name not in rows[0]:
            continue
        if beside in rows[0] or beside == column.name:
            continue
        names = _names(target, {row[column.name] for row in rows} - {None})
        for row in rows:
            row[beside] = names.get(row[column.name], "")


def _names(table: str, ids: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    model: Any = next(each.class_ for each in Model.registry.mappers if each.local_table.name == table)  # type: ignore[attr-defined]
    return {
        row.id: row.name for row in db.session.execute(select(model.id, model.name).where(model.id.in_(ids)))
    }


def _plain(value: Any) -> Any:
    """As JSON can say it: moments in ISO 8601 and UTC, ids as text, bytes in hexadecimal."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value


def _flat(value: Any) -> Any:
    """As a cell can hold it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
