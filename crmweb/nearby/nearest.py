"""The customers nearest to a place, of those a person may see: exact, on SQLite and PostgreSQL alike.

A *book*, up to `AT_ONCE` assignments, is measured as a whole. For more there is first an upper bound on the distance
of the K-th nearest, then everyone within it is measured: the boxes around that circle, as a few ranges of cells (the
*cover*). The bound is the *seed*: K customers on each side of the point's cell in the order of the customers' cell
index. Where the asker's customers are thin there, or the circle holds a crowd,

* a *team*, up to `NARROW`, is measured as a whole after all;
* of *more*, a sample of the scope gives the bound, and the cover is read from the book of each of its people;
* of everyone's, a sample of the crowd draws the circle closer.

Which customers count is always the same: a pin and not archived (`cell` is null otherwise), and an assignment
that has started and not ended, of somebody the asker oversees (not asked of who sees all). Distance is the
haversine on the sphere of geo.EARTH_RADIUS_M; ties go by id.
"""

from collections.abc import Sequence
from datetime import date, datetime
from math import cos, pi, radians
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from crmweb import straight
from crmweb.customers.due import late_before
from crmweb.db import db
from crmweb.geo import EARTH_RADIUS_M, Point, boxes_around, cover, metres
from crmweb.nearby.neighbours import Codec, Neighbour, assignments_behind, neighbours
from crmweb.nearby.statements import RANGES, Due, Shape, rendered, slots
from crmweb.scope import principal

AT_ONCE = 1_500
"""Assignments up to which measuring all (0.4 µs each) is quicker than finding a bound first."""

COUNTED = 5_000
"""Assignments up to which the filter chips say how many are due."""

NARROW = 20_000
"""Assignments up to which measuring all is quicker than to go on searching."""

SHORT_SEED = 4
LONG_SEED = 5_000
"""Rows of the cell index read on each side of the point before customers count as thin there: a few for each of
the K nearest, and at most.
"""

CLOSE_M = 1_000
CROWD = 5_000
"""Customers in a circle, of more than so many metres, from which it is better to look for a smaller one."""

SAMPLE_OF_SCOPE = 15
SAMPLE_OF_CROWD = 63
"""One in 16 and one in 64: samples go by the last bits of the cell, which say where within 5 m somebody is."""

ALL = 2**62
HALFWAY_ROUND_M = pi * EARTH_RADIUS_M

_MARGIN = 1 + 1e-9
_MARGIN_M = 0.001  # the circle is a little wider than its bound, so that rounding costs nobody on the edge


class Filters(NamedTuple):
    """What else must hold. Empty means any. `due` and `person_id` speak of one and the same assignment."""

    tiers: tuple[str, ...] = ()
    due: Due | None = None
    statuses: tuple[str, ...] = ()
    person_id: UUID | None = None


NO_FILTERS = Filters()


class DueCounts(NamedTuple):
    """How many customers of a scope are overdue, and due today."""

    overdue: int
    today: int


def nearest(at: Point, *, today: date, k: int = 20, filters: Filters = NO_FILTERS) -> list[Neighbour]:
    """The k customers nearest to `at` that the person at work may see, nearest first; `today` is their date.

    Raises NoPrincipal when nobody is at work.
    """
    return _Search(at, today, k, filters).run()


def due_counts(*, today: date, filters: Filters = NO_FILTERS) -> DueCounts | None:
    """Customers by due date for the filter chips, `filters.due` aside; None where they are too many to count.

    Raises NoPrincipal when nobody is at work.
    """
    search = _Search(Point(0, 0), today, 1, filters._replace(due=None))
    return None if search.shape.everyone else search.due_counts()


class _Search:
    """One question to the database: the shape of its statements, and their parameters."""

    def __init__(self, at: Point, today: date, k: int, filters: Filters) -> None:
        who = principal()
        self.connection, self.at, self.k = db.session.connection(), at, k
        self.radius_m = 0.0
        self.paramstyle = self.connection.dialect.paramstyle
        self.codec = _CODECS[self.connection.dialect.name]
        self.shape = Shape.of(
            who.sees_all, filters.person_id is not None, filters.due, filters.tiers, filters.statuses
        )
        self.scope = who.viewer_id, filters.person_id
        self.sizes: dict[Any, int] = db.session().info.setdefault("nearby_scope_sizes", {})
        self.parameters: dict[str, Any] = {
            "viewer": who.viewer_id and self.codec.id_in(who.viewer_id),
            "person": filters.person_id and self.codec.id_in(filters.person_id),
            "today": self.codec.date_in(today), "late": self.codec.date_in(late_before(today)),
            "lat": at.lat, "lng": at.lng, "cos_lat": cos(radians(at.lat)), "cell": at.cell,
            "k": k, "take": 2 * k, **slots("tier", filters.tiers), **slots("status", filters.statuses),
        }  # fmt: skip

    def run(self) -> list[Neighbour]:
        """The answer, by the way that suits the size of the scope."""
        if not self.shape.through_assignments:
            return self.of_everyone()
        if not self.shape.everyone and self.scope_size() <= AT_ONCE:
            return self.found("all_in_scope")
        if self.seed(SHORT_SEED * self.k) and not self.crowded():
            return self.found("customers_in_ranges")
        if not self.shape.everyone and self.scope_size() <= NARROW:
            return self.found("all_in_scope")
        return self.of_many()

    def scope_size(self) -> int:
        """Assignments in the scope, counted once a session and up to one more than `NARROW`."""
        if self.scope not in self.sizes:
            self.sizes[self.scope] = self.rows("scope_size", most=NARROW + 1)[0][0]
        return self.sizes[self.scope]

    def due_counts(self) -> DueCounts | None:
        """What `nearest.due_counts` says. A scope that is small enough is counted on the way."""
        size, overdue, due_today = self.rows("due_counts", most=COUNTED + 1)[0]
        if size > COUNTED:
            return None
        self.sizes[self.scope] = size
        return DueCounts(overdue, due_today)

    def of_everyone(self) -> list[Neighbour]:
        """By the neighbours on the curve, however far; if there are too few, those are all."""
        if not self.seed(ALL):
            self.draw(HALFWAY_ROUND_M)
        elif self.crowded():
            self.circle("sample_of_crowd", sample=SAMPLE_OF_CROWD)
        return self.found("customers_in_ranges")

    def of_many(self) -> list[Neighbour]:
        """By a longer look along the curve; else by the nearest of a sample of the scope."""
        if self.seed(LONG_SEED) and (self.shape.everyone or not self.crowded()):
            return self.found("customers_in_ranges")
        if not self.circle("sample_of_scope", sample=SAMPLE_OF_SCOPE):
            return self.found("all_in_scope")
        return self.found("customers_in_ranges" if self.shape.everyone else "scope_in_ranges")

    def seed(self, rows: int) -> bool:
        """Draws the circle around the neighbours on the curve, up to so many rows away."""
        return self.circle("seed", seed_rows=rows)

    def crowded(self) -> bool:
        """Whether the circle holds so many customers, anyone's, that a closer one would pay."""
        return self.radius_m > CLOSE_M and self.rows("crowd_size", most=CROWD + 1)[0][0] > CROWD

    def circle(self, statement: str, **parameters: int) -> bool:
        """Draws the circle that the k nearest of some customers need; False if there are fewer."""
        bound = self.rows(statement, **parameters)
        if len(bound) < self.k:
            return False
        self.draw(metres(bound[-1][0]))
        return True

    def draw(self, radius_m: float) -> None:
        """Sets the ranges of cells to those of a circle; the ranges left over are empty."""
        self.radius_m = radius_m
        ranges = cover(boxes_around(self.at, radius_m * _MARGIN + _MARGIN_M), most=RANGES)
        for i in range(RANGES):
            self.parameters[f"lo{i}"], self.parameters[f"hi{i}"] = ranges[i] if i < len(ranges) else (1, 0)

    def found(self, statement: str) -> list[Neighbour]:
        """The neighbours that a statement finds; some have several assignments, so more than k are taken."""
        rows = self.rows(statement)
        found = neighbours(rows, self.at, self.codec)
        if len(found) < self.k and assignments_behind(rows) == self.parameters["take"]:
            self.parameters["take"] *= 8
            return self.found(statement)
        return found

    def rows(self, statement: str, **parameters: int) -> Sequence[Any]:
        """Runs a statement of this question's shape, close to the driver: it carries its scope itself."""
        sql = rendered(statement, self.shape, self.paramstyle)
        return straight.rows(self.connection, sql, self.parameters | parameters, scoped=True)


def _same(value: Any) -> Any:
    return value


_CODECS = {
    "postgresql": Codec(_same, _same, _same, _same, _same),
    "sqlite": Codec(
        id_in=attrgetter("bytes"),
        id_out=lambda stored: UUID(bytes=stored),
        date_in=date.isoformat,
        date_out=date.fromisoformat,
        moment_out=lambda stored: datetime.fromisoformat(stored + "+00:00"),
    ),
}
