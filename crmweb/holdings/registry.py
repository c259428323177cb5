"""The one list of what is held about people who work here, customers, and people at customers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, or_

PERSON, CUSTOMER, CONTACT = "person", "customer", "contact"
KINDS: Final = (PERSON, CUSTOMER, CONTACT)


@dataclass(frozen=True)
class Subject:
    """Whom an export or an erasure is about. `called` is what stands in place of a name that is erased."""

    kind: str
    id: uuid.UUID
    called: str = ""


Fits = Callable[[uuid.UUID], ColumnElement[bool]]


@dataclass(frozen=True)
class Part:
    """The rows of a table that tell of one kind of subject.

    They go with an erasure; `stays` says in words why not, and `empty` then takes out of them, and out of what copied
    them, all that is only about the subject. `columns` are those alone that an export tells, where the rest of the row
    is about others.
    """

    fits: Fits
    stays: Any = None
    empty: Callable[[Subject], None] | None = None
    columns: tuple[str, ...] = ()

    @property
    def goes(self) -> bool:
        """Whether an erasure deletes these rows."""
        return self.stays is None


@dataclass(frozen=True)
class Holding:
    """A table that tells of somebody. `secret` columns open a door and are never told; `file` names a kept file.

    `beside`: columns that point at somebody and are not looked at, each with the reason.
    """

    model: type[Any]
    title: Any
    parts: Mapping[str, Part]
    secret: frozenset[str] = frozenset()
    file: str = ""
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What it is called in files: as the table."""
        return str(self.model.__tablename__)

    def told(self, kind: str) -> list[Any]:
        """The columns that an export tells."""
        wanted = self.parts[kind].columns
        columns = [each for each in self.model.__table__.columns if each.name not in self.secret]
        return [each for each in columns if not wanted or each.name in wanted]


HOLDINGS: dict[str, Holding] = {}
"""Table → what it holds."""

NOBODYS: dict[str, str] = {}
"""Tables that tell of nobody, each with the reason."""


def hold(
    model: type[Any],
    title: Any,
    *,
    person: Part | None = None,
    customer: Part | None = None,
    contact: Part | None = None,
    secret: Iterable[str] = (),
    file: str = "",
    beside: Mapping[str, str] | None = None,
) -> None:
    """Say what a table holds; `title` is what people call it (lazy)."""
    given = {PERSON: person, CUSTOMER: customer, CONTACT: contact}
    parts = {kind: part for kind, part in given.items() if part is not None}
    holding = Holding(model, title, parts, frozenset(secret), file, beside or {})
    HOLDINGS[holding.name] = holding


ALSO: dict[str, dict[str, Callable[[Subject], None]]] = {}
"""Kind → what else forgets, by the module that says so: what lies in no table."""


def also(kind: str, forget: Callable[[Subject], None]) -> None:
    """Have something that is no row forget a subject, before its rows go. Done again, it must come to the same."""
    ALSO.setdefault(kind, {})[f"{forget.__module__}.{forget.__name__}"] = forget


def nobodys(**tables: str) -> None:
    """Say of which tables nobody is the subject, and why."""
    NOBODYS.update(tables)


def of(*columns: Any) -> Fits:
    """The rows in which one of these columns names the subject."""
    return lambda who: or_(*(column == who for column in columns))
