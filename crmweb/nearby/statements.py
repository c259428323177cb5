"""The SQL of nearest.py: one text a statement and shape, the same for SQLite and PostgreSQL, written once
and kept.

Shapes are few (which filters are asked, not their values), so every text is fixed: drivers and databases
keep its plan. Aliases: a assignments, c customers, o oversight, u users, r ranges of cells, n the nearest, x
whichever is measured.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Literal, NamedTuple, Self

from crmweb.geo import HALF_RADIANS

Due = Literal["overdue", "today", "ahead"]

RANGES = 8
"""Ranges of cells passed to a statement, as one VALUES list cross-joined to customers.

One branch of a UNION each would cost four times as much: SQLite with STAT4 plans every `BETWEEN ? AND ?`
anew.
"""

_SLOTS = 4
"""Values a list filter grows by: two tiers and three make the same text, the last one repeated."""

_HAVERSINE = (
    f"pow(sin(({{x}}.lat - :lat) * {HALF_RADIANS!r}), 2)"
    f" + :cos_lat * cos(radians({{x}}.lat)) * pow(sin(({{x}}.lng - :lng) * {HALF_RADIANS!r}), 2)"
)
_DUE: dict[Due, str] = {
    "overdue": "a.next_due < :today",
    "today": "a.next_due = :today",
    "ahead": "a.next_due > :today",
}
_CURRENT = "a.started_at IS NOT NULL AND a.ended_at IS NULL"
_ASKED_OF_CUSTOMER = "SELECT 1 FROM assignments a WHERE a.customer_id = c.id"
_OVERSEEN = "EXISTS (SELECT 1 FROM oversight o WHERE o.viewer_id = :viewer AND o.person_id = a.person_id)"
_RANGE_LIST = ", ".join(f"(:lo{i}, :hi{i})" for i in range(RANGES))

SCOPE_SIZE = """
SELECT count(*) FROM (SELECT 1 FROM {scope} LIMIT :narrow + 1) AS counted
"""

DUE_COUNTS = """
SELECT count(DISTINCT CASE WHEN a.next_due < :today THEN a.customer_id END),
       count(DISTINCT CASE WHEN a.next_due = :today THEN a.customer_id END),
       count(DISTINCT CASE WHEN a.next_due > :today THEN a.customer_id END)
FROM {scope} AND {kept_a}
"""

SEED = """
SELECT h FROM (
    SELECT * FROM (SELECT {h_c} AS h FROM (
        SELECT c.id, c.lat, c.lng FROM customers c WHERE c.cell >= :cell AND {kept_c}
        ORDER BY c.cell LIMIT :seed_rows) AS c WHERE {held} LIMIT :k) AS above
    UNION ALL
    SELECT * FROM (SELECT {h_c} AS h FROM (
        SELECT c.id, c.lat, c.lng FROM customers c WHERE c.cell < :cell AND {kept_c}
        ORDER BY c.cell DESC LIMIT :seed_rows) AS c WHERE {held} LIMIT :k) AS below
) AS seed ORDER BY h LIMIT :k
"""

_IN_RANGES = """
    SELECT c.id, 1 AS twins, {h_c} AS h
    FROM (VALUES {ranges}) AS r CROSS JOIN customers c
    WHERE c.cell BETWEEN r.column1 AND r.column2 AND {kept_c} AND {held}
    ORDER BY h, c.id LIMIT :k
"""

_IN_SCOPE = """
    SELECT id, count(*) AS twins, h FROM (
        SELECT a.customer_id AS id, {h_a} AS h FROM {scope} AND {kept_a} AND {due}
        ORDER BY h, a.customer_id LIMIT :take) AS measured
    GROUP BY h, id ORDER BY h, id LIMIT :k
"""

_FACES = """
SELECT n.h, n.twins, c.id, c.name, c.address, c.phone, c.email, c.tier, c.status, c.lat, c.lng,
       {asked}, a.next_due, a.last_visit_at, u.name
FROM ({nearest}) AS n
JOIN customers c ON c.id = n.id
LEFT JOIN assignments a ON a.customer_id = c.id AND {current}
LEFT JOIN users u ON u.id = a.person_id
ORDER BY n.h, n.id, a.line, a.since, a.id
"""

_TEXTS = {
    "scope_size": SCOPE_SIZE,
    "due_counts": DUE_COUNTS,
    "seed": SEED,
    "in_ranges": _FACES.replace("{nearest}", _IN_RANGES),
    "in_scope": _FACES.replace("{nearest}", _IN_SCOPE),
}


class Shape(NamedTuple):
    """What is asked, without the values: the key of a statement's text."""

    sees_all: bool
    person: bool
    due: Due | None
    tiers: int
    statuses: int

    @classmethod
    def of(
        cls, sees_all: bool, person: bool, due: Due | None, tiers: Sequence[str], statuses: Sequence[str]
    ) -> Self:
        """The shape of a question; lists are counted in steps, so that they cost few shapes."""
        return cls(sees_all, person, due, _slots(tiers), _slots(statuses))

    @property
    def everyone(self) -> bool:
        """Whether no person narrows the scope."""
        return self.sees_all and not self.person

    @property
    def through_assignments(self) -> bool:
        """Whether assignments decide which customers count."""
        return not self.everyone or self.due is not None


@cache
def rendered(name: str, shape: Shape, paramstyle: str) -> str:
    """The text of a statement for a shape, its parameters written as the driver wants them."""
    sql = _TEXTS[name].format(
        scope=_scope(shape),
        held=_held(shape),
        asked=_asked(shape),
        due=_all(_due(shape)),
        kept_a=_kept("a", shape),
        kept_c=_kept("c", shape),
        h_a=_HAVERSINE.format(x="a"),
        h_c=_HAVERSINE.format(x="c"),
        current=_CURRENT,
        ranges=_RANGE_LIST,
    )
    return re.sub(r":(\w+)", r"%(\1)s", sql) if paramstyle == "pyformat" else sql


def slots(name: str, values: Sequence[str]) -> dict[str, str]:
    """The parameters of a list filter: name0, name1, … with the last value in the slots left over."""
    return {f"{name}{i}": values[min(i, len(values) - 1)] for i in range(_slots(values))}


def _slots(values: Sequence[str]) -> int:
    return -(-len(values) // _SLOTS) * _SLOTS


def _scope(shape: Shape) -> str:
    """The assignments looked through, current and pinned; always by way of oversight but for who sees all."""
    pinned = [_CURRENT, "a.cell IS NOT NULL"]
    if shape.sees_all:
        return "assignments a WHERE " + _all(_person(shape) + pinned)
    overseen = ["o.viewer_id = :viewer", "a.person_id = o.person_id"]
    one = ["o.person_id = :person"] if shape.person else []
    return "oversight o CROSS JOIN assignments a WHERE " + _all(overseen + one + pinned)


def _held(shape: Shape) -> str:
    """What a customer must fulfil beyond its own columns."""
    if not shape.through_assignments:
        return "1 = 1"
    return f"EXISTS ({_ASKED_OF_CUSTOMER} AND {_asked(shape)})"


def _asked(shape: Shape) -> str:
    """What an assignment must fulfil to let its customer through."""
    overseen = [] if shape.sees_all else [_OVERSEEN]
    return _all([_CURRENT, *_person(shape), *_due(shape), *overseen])


def _person(shape: Shape) -> list[str]:
    return ["a.person_id = :person"] if shape.person else []


def _due(shape: Shape) -> list[str]:
    return [_DUE[shape.due]] if shape.due else []


def _kept(alias: str, shape: Shape) -> str:
    """The filters whose columns customers and assignments both carry."""
    lists = {"tier": shape.tiers, "status": shape.statuses}
    return _all([f"{alias}.{name} IN ({_names(name, count)})" for name, count in lists.items() if count])


def _names(name: str, count: int) -> str:
    return ", ".join(f":{name}{i}" for i in range(count))


def _all(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "1 = 1"
