"""The SQL of nearest.py: one text a statement and shape, the same for SQLite and PostgreSQL, rendered once.

Shapes are few (which filters are asked, not their values), so texts are fixed, and drivers and databases keep
their plans. Aliases: a assignments, c customers, o oversight, u users, t tiers, r ranges of cells, n the nearest.
"""

import re
from collections.abc import Sequence
from functools import cache
from math import pi

from crmweb.geo import HALF_RADIANS
from crmweb.nearby.shapes import Due, Shape

RANGES = 8
"""Ranges of cells passed to a statement, as one VALUES list cross-joined to the table.

One branch of a UNION each would cost four times as much: SQLite with STAT4 plans every `BETWEEN ? AND ?` anew.
"""

FINE = 64
"""The same, after closing in from far away."""

FEW_BOOKS, BOOKS = 4, 64
"""People whose books are read by one statement: the first, and each that follows."""

_HAVERSINE = (
    f"pow(sin(({{x}}.lat - :lat) * {HALF_RADIANS!r}), 2)"
    f" + :cos_lat * cos({{x}}.lat * {pi / 180!r}) * pow(sin(({{x}}.lng - :lng) * {HALF_RADIANS!r}), 2)"
)
_DUE: dict[Due, str] = {
    "overdue": "a.next_due < :late",
    "today": "a.next_due BETWEEN :late AND :today",
    "ahead": "a.next_due > :today",
}
_CURRENT = "a.started_at IS NOT NULL AND a.ended_at IS NULL"
_OVERSEEN = "EXISTS (SELECT 1 FROM oversight o WHERE o.viewer_id = :viewer AND o.person_id = a.person_id)"
_OF_CUSTOMER = "SELECT 1 FROM assignments a WHERE a.customer_id = c.id"
_NAMED = "LEFT JOIN users u ON u.id = a.person_id"
# Most rows are one's own: their name is looked up once.
_NAMED_BUT_ONESELF = f"{_NAMED} AND a.person_id <> :viewer"
_NAME_BUT_ONESELF = (
    "CASE WHEN a.person_id = :viewer THEN (SELECT name FROM users WHERE id = :viewer) ELSE u.name END"
)
_VALUES, _FINE_VALUES = (
    "(VALUES " + ", ".join(f"(:lo{i}, :hi{i})" for i in range(count)) + ") AS r" for count in (RANGES, FINE)
)
_ONE_RANGE = "(VALUES (:lo, :hi)) AS r"
_FEW_PEOPLE, _SOME_PEOPLE = (
    "(VALUES " + ", ".join(f"(:book{i})" for i in range(count)) + ") AS p" for count in (FEW_BOOKS, BOOKS)
)

_SCOPE_SIZE = """
SELECT count(*) FROM (SELECT 1 FROM {scope} LIMIT :most) AS counted
"""

_PEOPLE_COUNT = """
SELECT count(*) FROM (SELECT 1 FROM oversight o WHERE o.viewer_id = :viewer LIMIT :most) AS counted
"""

_SEES_MOST = """
SELECT :most_of * (SELECT count(*) FROM oversight o WHERE o.viewer_id = :viewer)
    > (SELECT count(*) FROM users u WHERE u.deactivated_at IS NULL)
"""

_CROWD_SIZE = """
SELECT count(*), count(CASE WHEN {kept_c} THEN 1 END) FROM (
    SELECT c.tier, c.status FROM {ranges} CROSS JOIN customers c
    WHERE c.cell BETWEEN r.column1 AND r.column2 LIMIT :most
) AS c
"""

_DUE_COUNTS = """
SELECT count(overdue), count(*) - count(overdue) FROM (
    SELECT DISTINCT a.customer_id, CASE WHEN a.next_due < :late THEN 1 END AS overdue
    FROM {scope} AND {kept_a} AND {unindexed}a.next_due <= :today) AS due
"""

# Bounds: the haversine of K customers at least, nearest first.

_SEED = """
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

# A book: whose, its first and last cell, the haversine of its neighbours on the curve.
_BOOKS = """
SELECT {person}, (SELECT min(a.cell) FROM {book}), (SELECT max(a.cell) FROM {book}),
       (SELECT {h_a} FROM {book} AND {kept_a} AND {due} AND a.cell >= :cell ORDER BY a.cell LIMIT 1),
       (SELECT {h_a} FROM {book} AND {kept_a} AND {due} AND a.cell < :cell ORDER BY a.cell DESC LIMIT 1)
FROM {people}
"""

_SEED_OF_BOOK = """
SELECT h FROM (
    SELECT * FROM (SELECT {h_a} AS h FROM {one_book} AND {kept_a} AND {due} AND a.cell >= :cell
        ORDER BY a.cell LIMIT :k) AS above
    UNION ALL
    SELECT * FROM (SELECT {h_a} AS h FROM {one_book} AND {kept_a} AND {due} AND a.cell < :cell
        ORDER BY a.cell DESC LIMIT :k) AS below
) AS seed ORDER BY h LIMIT :k
"""

_FULL = """
SELECT 1 FROM {one_range} CROSS JOIN customers c WHERE c.cell BETWEEN r.column1 AND r.column2 LIMIT 1 OFFSET :most
"""

_IN_SQUARE = """
SELECT {h_c} FROM {one_range} CROSS JOIN customers c
WHERE c.cell BETWEEN r.column1 AND r.column2 AND {kept_c} AND {held}
"""

# The nearest: id, how many assignments stand behind it, haversine.

_MEASURED = """
    SELECT id, count(*) AS twins, h FROM (
        SELECT a.customer_id AS id, {h_a} AS h FROM {scope} AND {kept_a} AND {due}
        ORDER BY h, a.customer_id LIMIT :take) AS measured
    WHERE h <= :within GROUP BY h, id ORDER BY h, id LIMIT :k
"""

_IN_RANGES = """
    SELECT c.id, 1 AS twins, {h_c} AS h FROM {ranges} CROSS JOIN customers c
    WHERE c.cell BETWEEN r.column1 AND r.column2 AND {kept_c} AND {held}
    ORDER BY h, c.id LIMIT :k
"""

# Crossed, so that SQLite begins with the nearest: it cannot know how few they are, and would read all customers.
_FACES = """
SELECT n.h, n.twins, c.id, c.name, c.phone, c.email, c.tier, c.status, c.lat, c.lng,
       a.next_due, a.last_visit_at, {responsible}, t.visit_every_days, {asked}, a.line, a.since, a.id
FROM ({nearest}) AS n
CROSS JOIN customers c
LEFT JOIN assignments a ON a.customer_id = c.id AND {current}
{named}
LEFT JOIN tiers t ON t.name = c.tier
WHERE c.id = n.id
ORDER BY n.h, n.id
"""

TEXTS = {
    "scope_size": _SCOPE_SIZE,
    "people_count": _PEOPLE_COUNT,
    "sees_most": _SEES_MOST,
    "crowd_size": _CROWD_SIZE,
    "due_counts": _DUE_COUNTS,
    "seed": _SEED,
    "books": _BOOKS,
    "seed_of_book": _SEED_OF_BOOK,
    "full": _FULL,
    "in_square": _IN_SQUARE,
    "all_in_scope": _FACES.replace("{nearest}", _MEASURED),
    "all_in_box": _FACES.replace("{nearest}", _MEASURED.replace("{due}", "{due} AND {in_box}")),
    "few_books_in_ranges": _FACES.replace("{nearest}", _MEASURED.replace("{scope}", "{few_books_in_ranges}")),
    "books_in_ranges": _FACES.replace("{nearest}", _MEASURED.replace("{scope}", "{books_in_ranges}")),
    "customers_in_ranges": _FACES.replace("{nearest}", _IN_RANGES),
    "customers_in_fine_ranges": _FACES.replace("{nearest}", _IN_RANGES.replace("{ranges}", "{fine_ranges}")),
}


@cache
def rendered(name: str, shape: Shape, paramstyle: str) -> str:
    """The text of a statement for a shape, its parameters written as the driver wants them."""
    sql = TEXTS[name].format(
        scope=_scope(shape, "assignments a"),
        few_books_in_ranges=_of_some(_FEW_PEOPLE, shape),
        books_in_ranges=_of_some(_SOME_PEOPLE, shape),
        # With filters SQLite would take the index of due dates, too, which does not hold what they ask, and fetch rows.
        unindexed="+" if paramstyle != "pyformat" and (shape.tiers or shape.statuses) else "",
        people=_people(shape),
        person="u.id" if shape.sees_all else "o.person_id",
        book=_book("u.id" if shape.sees_all else "o.person_id"),
        one_book=_book(":book") + ("" if shape.sees_all else f" AND {_OVERSEEN}"),
        held=_held(shape),
        asked=_all(["a.id IS NOT NULL", *_person(shape), *_due(shape), *_mine(shape)]),
        responsible="u.name" if shape.sees_all else _NAME_BUT_ONESELF,
        named=_NAMED if shape.sees_all else _NAMED_BUT_ONESELF,
        due=_all(_due(shape)),
        in_box="a.lat BETWEEN :south AND :north AND a.lng BETWEEN :west AND :east",
        kept_a=_kept("a", shape),
        kept_c=_kept("c", shape),
        h_a=_HAVERSINE.format(x="a"),
        h_c=_HAVERSINE.format(x="c"),
        current=_CURRENT,
        ranges=_VALUES,
        fine_ranges=_FINE_VALUES,
        one_range=_ONE_RANGE,
    )
    if paramstyle == "pyformat":
        return re.sub(r":(\w+)", r"%(\1)s", sql)
    # SQLite plans a statement anew at each run where its plan may depend on what is bound to a bare parameter.
    return re.sub(r":(\w+)", r"+:\1", sql)


_IN_RANGE = " AND a.cell BETWEEN r.column1 AND r.column2"


def _scope(shape: Shape, assignments: str) -> str:
    """The assignments looked through, current and pinned; by way of oversight but for who sees all."""
    overseen = [] if shape.sees_all else ["o.viewer_id = :viewer", "a.person_id = o.person_id"]
    table = assignments if shape.sees_all else f"oversight o CROSS JOIN {assignments}"
    return f"{table} WHERE {_all([*overseen, *_person(shape), _CURRENT, 'a.cell IS NOT NULL'])}"


def _of_some(people: str, shape: Shape) -> str:
    """The scope in ranges, of some of its people: each is found among the overseen before anything is read of them."""
    overseen = "" if shape.sees_all else " CROSS JOIN oversight o"
    mine = [] if shape.sees_all else ["o.viewer_id = :viewer", "o.person_id = p.column1"]
    asked = [*mine, *_person(shape), "a.person_id = p.column1", _CURRENT, "a.cell IS NOT NULL"]
    return f"{people}{overseen} CROSS JOIN {_VALUES} CROSS JOIN assignments a WHERE {_all(asked)}{_IN_RANGE}"


def _people(shape: Shape) -> str:
    """Whose books are looked through."""
    if shape.sees_all:
        return "users u" + (" WHERE u.id = :person" if shape.person else "")
    return "oversight o WHERE o.viewer_id = :viewer" + (" AND o.person_id = :person" if shape.person else "")


def _book(person: str) -> str:
    return f"assignments a WHERE a.person_id = {person} AND {_CURRENT} AND a.cell IS NOT NULL"


def _held(shape: Shape) -> str:
    """What a customer must fulfil beyond its own columns."""
    if not shape.through_assignments:
        return "1 = 1"
    return f"EXISTS ({_OF_CUSTOMER} AND {_all([_CURRENT, *_asked(shape)])} LIMIT 1 OFFSET 0)"


def _asked(shape: Shape) -> list[str]:
    """What a current assignment must fulfil to let its customer through."""
    return [*_person(shape), *_due(shape), *([] if shape.sees_all else [_OVERSEEN])]


def _mine(shape: Shape) -> list[str]:
    """`_OVERSEEN` for a row that is shown anyway: one's own are the most, and oneself is always overseen."""
    return [] if shape.sees_all else [f"(a.person_id = :viewer OR {_OVERSEEN})"]


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
