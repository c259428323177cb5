"""The customers nearest to a place, of those a person may see: exact, on SQLite and PostgreSQL alike.

Two ways lead there, chosen by how many assignments the asker looks through:

* **narrow**, a book or a team of up to `NARROW` assignments: all of them are measured, straight from the
  covering index of assignments.
* **wide**: a *seed* of K customers on each side of the point's cell bounds the distance of the K-th
  nearest; the boxes around that radius become a few ranges of the customers' cell index (*cover*), and only
  those are measured.

Which customers count is the same for both: a pin and not archived (`cell` is null otherwise), an assignment
of somebody in the asker's oversight that has started and not ended (not asked of who sees all). Distance is
the haversine on the sphere of geo.EARTH_RADIUS_M; ties go by id.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import groupby
from math import cos, radians
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from crmweb.db import db
from crmweb.geo import Direction, Point, boxes_around, cover, direction, metres
from crmweb.nearby.statements import RANGES, Due, Shape, rendered, slots
from crmweb.scope import principal

NARROW = 20_000
"""Assignments up to which measuring them all (0.3 µs each) is better than a search by cells."""

SEED_ROWS = 5_000
"""Rows of the cell index read on each side of the point before a wide scope is given up as too thin
hereabouts.
"""

_SCOPED = {"scoped": True}
_MARGIN = 1 + 1e-9
_MARGIN_M = 0.001
"""The circle is drawn a little wider than the seed says, so that rounding never costs a customer on its
edge.
"""


class Filters(NamedTuple):
    """What else must hold. Empty means any. `due` and `person_id` speak of one and the same assignment."""

    tiers: tuple[str, ...] = ()
    due: Due | None = None
    statuses: tuple[str, ...] = ()
    person_id: UUID | None = None


NO_FILTERS = Filters()


class Neighbour(NamedTuple):
    """One row of Nearby. `next_due` is the most pressing and `last_visit_at` the latest among the
    assignments asked for.

    `responsible` is the name of who looks after the customer mainly: the first line, then the longest
    standing.
    """

    customer_id: UUID
    distance_m: float
    direction: Direction
    name: str
    address: str | None
    phone: str | None
    email: str | None
    tier: str | None
    status: str
    lat: float
    lng: float
    next_due: date | None
    last_visit_at: datetime | None
    responsible: str | None


class DueCounts(NamedTuple):
    """How many customers of a scope are overdue, due today, and ahead of their date."""

    overdue: int
    today: int
    ahead: int


def nearest(at: Point, *, today: date, k: int = 20, filters: Filters = NO_FILTERS) -> list[Neighbour]:
    """The k customers nearest to `at` that the person at work may see, nearest first; `today` is their date.

    Raises NoPrincipal when nobody is at work.
    """
    search = _Search(at, today, k, filters)
    return search.by_scope() if search.is_narrow() else search.by_cells()


def due_counts(*, today: date, filters: Filters = NO_FILTERS) -> DueCounts | None:
    """Customers by due date for the filter chips, `filters.due` aside; None where they are too many to count.

    Raises NoPrincipal when nobody is at work.
    """
    search = _Search(Point(0, 0), today, 1, filters._replace(due=None))
    if not search.is_narrow():
        return None
    return DueCounts._make(search.rows("due_counts")[0])


class _Search:
    """One question to the database: the shape of its statements, and their parameters."""

    def __init__(self, at: Point, today: date, k: int, filters: Filters) -> None:
        who = principal()
        self.connection, self.at, self.k = db.session.connection(), at, k
        self.paramstyle = self.connection.dialect.paramstyle
        self.codec = _CODECS[self.connection.dialect.name]
        self.shape = Shape.of(
            who.sees_all, filters.person_id is not None, filters.due, filters.tiers, filters.statuses
        )
        self.parameters: dict[str, Any] = {
            "viewer": who.viewer_id and self.codec.id_in(who.viewer_id),
            "person": filters.person_id and self.codec.id_in(filters.person_id),
            "today": self.codec.date_in(today),
            "lat": at.lat, "lng": at.lng, "cos_lat": cos(radians(at.lat)), "cell": at.cell,
            "k": k, "take": 2 * k, "seed_rows": SEED_ROWS, "narrow": NARROW,
            **slots("tier", filters.tiers), **slots("status", filters.statuses),
        }  # fmt: skip

    def is_narrow(self) -> bool:
        """Whether the scope is small enough to be measured as a whole."""
        return not self.shape.everyone and self.rows("scope_size")[0][0] <= NARROW

    def by_scope(self) -> list[Neighbour]:
        """Measures every assignment of the scope; some customers have several, so more than k are taken."""
        rows = self.rows("in_scope")
        found = self.neighbours(rows)
        while len(found) < self.k and _taken(rows) == self.parameters["take"]:
            self.parameters["take"] *= 8
            rows = self.rows("in_scope")
            found = self.neighbours(rows)
        return found

    def by_cells(self) -> list[Neighbour]:
        """Measures what lies in the circle that the seed draws."""
        seed = self.rows("seed")
        if len(seed) < self.k and self.shape.through_assignments:
            return self.by_scope()  # few and far between: the scope is quicker than most of the index
        if not seed:
            return []
        self.parameters.update(_ranges(self.at, metres(seed[-1][0])))
        return self.neighbours(self.rows("in_ranges"))

    def rows(self, statement: str) -> Sequence[Any]:
        """Runs a statement of this question's shape, close to the driver: it carries its scope itself."""
        sql = rendered(statement, self.shape, self.paramstyle)
        return self.connection.exec_driver_sql(sql, self.parameters, execution_options=_SCOPED).all()

    def neighbours(self, rows: Iterable[Any]) -> list[Neighbour]:
        """Folds rows, one an assignment and a customer's side by side, into one neighbour a customer."""
        found = []
        for _, of_customer in groupby(rows, key=itemgetter(2)):
            found.append(self.neighbour(list(of_customer)))
        return found

    def neighbour(self, rows: list[Any]) -> Neighbour:
        """One customer from its current assignments, the main one first."""
        h, _, customer_id, name, address, phone, email, tier, status, lat, lng, *_, responsible = rows[0]
        dues = [row[12] for row in rows if row[11] and row[12] is not None]
        visits = [row[13] for row in rows if row[11] and row[13] is not None]
        return Neighbour(
            self.codec.id_out(customer_id), metres(h), direction(self.at, Point(lat, lng)),
            name, address, phone, email, tier, status, lat, lng,
            self.codec.date_out(min(dues)) if dues else None,
            self.codec.moment_out(max(visits)) if visits else None,
            responsible,
        )  # fmt: skip


def _taken(rows: Sequence[Any]) -> int:
    """Assignments behind the rows: `twins` of each customer once."""
    return sum({row[2]: row[1] for row in rows}.values())


def _ranges(at: Point, radius_m: float) -> dict[str, int]:
    """The cells of a circle as parameters, the ranges left over empty."""
    ranges = cover(boxes_around(at, radius_m * _MARGIN + _MARGIN_M), most=RANGES)
    ranges += [(1, 0)] * (RANGES - len(ranges))
    lows = {f"lo{i}": low for i, (low, _) in enumerate(ranges)}
    return lows | {f"hi{i}": high for i, (_, high) in enumerate(ranges)}


class _Codec(NamedTuple):
    """How a driver takes and gives what SQLAlchemy's types would convert."""

    id_in: Callable[[UUID], Any]
    id_out: Callable[[Any], UUID]
    date_in: Callable[[date], Any]
    date_out: Callable[[Any], date]
    moment_out: Callable[[Any], datetime]


def _same(value: Any) -> Any:
    return value


_CODECS = {
    "postgresql": _Codec(_same, _same, _same, _same, _same),
    "sqlite": _Codec(
        id_in=attrgetter("bytes"),
        id_out=lambda stored: UUID(bytes=stored),
        date_in=date.isoformat,
        date_out=date.fromisoformat,
        moment_out=lambda stored: datetime.fromisoformat(stored).replace(tzinfo=UTC),
    ),
}
