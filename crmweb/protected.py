"""The tables that tell something about customers, and the SQL that names them past the scope."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, QueryableAttribute, object_mapper
from sqlalchemy.sql.elements import ClauseElement, ColumnClause, TextClause
from sqlalchemy.sql.selectable import Select, TableClause

PROTECTED = {"customer_search", "customer_search_rows"}
"""The tables that plain SQL may not name: of every `Scoped` class, and the index of the search, which has none."""

SHADOWS = ("config", "content", "data", "docsize", "idx")
"""SQLite keeps a full-text index in tables of these endings."""

LONG = 5_000
"""Characters from which a text of SQL is not kept."""

RowKey = tuple[Any, ...]
"""SQLAlchemy's identity key: the class, the primary key, and a token."""


class Unscoped(RuntimeError):
    """SQL on a protected table that does not go through the scope."""


def names_protected(sql: str) -> bool:
    """Whether a text of SQL names a protected table, in whatever case."""
    return _named(sql, len(PROTECTED)) if len(sql) < LONG else _search(sql)


@lru_cache(maxsize=1_000)
def _named(sql: str, _tables: int) -> bool:
    """Kept, since hot statements have fixed texts and looking through one takes 40 µs; tables only come to it."""
    return _search(sql)


def _search(sql: str) -> bool:
    return bool(_names(frozenset(PROTECTED)).search(sql))


@lru_cache(maxsize=8)
def _names(tables: frozenset[str]) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(tables)})(?:_(?:{'|'.join(SHADOWS)}))?\b", re.IGNORECASE)


def refuse_strays(statement: Any, *, but: Collection[ClauseElement]) -> None:
    """Let through a statement that names protected tables by their classes alone, which the scope can narrow.

    A table beside its class (`Customer.__table__`), a text, `any()` and `has()` would be read whole. `but` are parts
    that the scope vouches for. Raises `Unscoped`.
    """
    for element in _elements(statement, {id(part) for part in but}):
        if isinstance(element, TextClause) and names_protected(element.text):
            raise Unscoped(f"this text goes past the scope: {element.text[:200]}")
        if isinstance(element, ColumnClause) and element.is_literal and names_protected(element.name):
            raise Unscoped(f"this text goes past the scope: {element.name[:200]}")
        if isinstance(element, TableClause) and element.name in PROTECTED:
            raise Unscoped(
                f"{element.name} stands here without its class, so that the scope cannot narrow it"
            )


def _elements(statement: ClauseElement, seen: set[int]) -> Iterator[ClauseElement]:
    """The parts of a statement but for those that stand for a mapped class, and the tables under loose columns."""
    waiting = [statement]
    while waiting:
        element = waiting.pop()
        if id(element) in seen or "parententity" in element._annotations:
            continue
        seen.add(id(element))
        yield element
        waiting.extend(_children(element))


def _children(element: ClauseElement) -> Iterator[ClauseElement]:
    # SQLAlchemy does not count what stands before and after a statement among its parts.
    yield from (text for text, _ in (*getattr(element, "_prefixes", ()), *getattr(element, "_suffixes", ())))
    if isinstance(element, Select):
        # Its own children would name the tables under mapped columns, too.
        yield from super(Select, element).get_children(
            omit_attrs=("_correlate", "_correlate_except", "_setup_joins")
        )
        yield from _joined(element)
    else:
        yield from element.get_children()
    if isinstance(element, ColumnClause) and element.table is not None:
        yield element.table


def _joined(statement: Select[Any]) -> Iterator[ClauseElement]:
    """What is joined, and on what; a join along a relationship is narrowed on both of its sides."""
    parts: list[Any] = [part for target, on, _, _ in statement._setup_joins for part in (target, on)]
    yield from (part for part in parts if part is not None and not isinstance(part, QueryableAttribute))


# What a row points at ------------------------------------------------------------------------------------


def key_of(row: Any) -> RowKey | None:
    """Which row this will be, when it says so already."""
    mapper = object_mapper(row)
    values = mapper.primary_key_from_instance(row)
    return None if None in values else mapper.identity_key_from_primary_key(tuple(values))


def newly_named(row: Any) -> Iterator[RowKey]:
    """The protected rows that this one points at since it was made or changed.

    One that hangs on an object has no key of its own yet: whoever holds the object has found it.
    """
    attributes = inspect(row).attrs
    for target, names in _keys_to_protected(object_mapper(row)):
        if any(value is not None for name in names for value in attributes[name].history.added or ()):
            yield target.identity_key_from_primary_key(tuple(attributes[name].value for name in names))


@cache
def _keys_to_protected(mapper: Mapper[Any]) -> list[tuple[Mapper[Any], list[str]]]:
    """Protected classes that this one has a key to: each with our attributes, in the order of its primary key."""
    found = []
    for constraint in mapper.local_table.foreign_key_constraints:  # type: ignore[attr-defined]
        if constraint.referred_table.name in PROTECTED:
            ours = {key.column: mapper.get_property_by_column(key.parent).key for key in constraint.elements}
            target = next(
                other for other in mapper.registry.mappers if other.local_table is constraint.referred_table
            )
            found.append((target, [ours[column] for column in target.primary_key]))
    return found
