"""The customers nearest to a place, of those a person may see: exact, on SQLite and PostgreSQL alike.

A *book*, up to `AT_ONCE` assignments, is measured as a whole. For more there is first an upper bound on the distance
of the K-th nearest, then everyone within it is measured: the boxes around that circle, as a few ranges of cells (the
*cover*). The bound is the *seed*: K customers on each side of the point's cell in the order of the customers' cell
index. Where the asker's customers are thin there, or the circle holds a crowd,

* of a *team* and of more, the seed comes from the book of each of its people, and only books that lie near enough are
  read, by the square of the curve that holds them;
* of everyone's, the search closes in on the nearest square by square (`closing_in`).

Which customers count is always the same: a pin and not archived (`cell` is null otherwise), and an assignment
that has started and not ended, of somebody the asker oversees (not asked of who sees all). Distance is the
haversine on the sphere of geo.EARTH_RADIUS_M; ties go by id.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from heapq import nsmallest
from math import cos, pi, radians
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from crmweb import straight
from crmweb.customers.due import late_before
from crmweb.db import db
from crmweb.geo import (
    EARTH_RADIUS_M,
    Point,
    Range,
    boxes_around,
    cover,
    half_chord_to_box,
    join,
    metres,
    square,
)
from crmweb.nearby.closing_in import ROUNDING, close_in
from crmweb.nearby.neighbours import Codec, Neighbour, assignments_behind, neighbours
from crmweb.nearby.statements import BOOKS, FINE, RANGES, Due, Shape, rendered, slots
from crmweb.scope import principal

AT_ONCE = 1_500
"""Assignments up to which measuring all (0.4 µs each) is quicker than finding a bound first."""

COUNTED = 5_000
"""Assignments up to which the filter chips say how many are due."""

TEAM = 200
"""People up to whom their books are looked through one by one, without a look at all customers around."""

BOOKS_AT_ONCE = BOOKS
"""Books read by one statement, before it is asked whether the next can hold anybody nearer."""

NEAREST_BOOKS = 3
"""Books whose own neighbours on the curve bound the distance."""

SEED = 2_000
"""Rows of the cell index read on each side of the point before the asker's customers count as thin there."""

CLOSE_M = 1_000
CROWD, READ = 5_000, 100_000
"""Customers in a circle, of more than so many metres, from which it is better to look for a smaller one: such as the
filters let through, and all that are read on the way.
"""

SQUARE = 250
"""Customers in a square of the curve from which it is split on the way to the nearest."""

ALL = 2**62
HALFWAY_ROUND_M = pi * EARTH_RADIUS_M

_MARGIN = 1 + 1e-9
_MARGIN_M = 1  # the circle is a little wider than its bound, so that rounding costs nobody on the edge


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
    return Search(at, today=today, k=k, filters=filters).run()


class Book(NamedTuple):
    """The customers of one person: how far their square is, and one of them; both as haversines."""

    away: float
    nearest: float
    person: Any


class Search:
    """One question to the database: the shape of its statements, and their parameters.

    Raises NoPrincipal when nobody is at work.
    """

    def __init__(self, at: Point, *, today: date, k: int = 20, filters: Filters = NO_FILTERS) -> None:
        session = db.session()
        who = principal()
        self.connection, self.at, self.k = session.connection(), at, k
        self.radius_m, self.bound = 0.0, 1.0
        self.paramstyle = self.connection.dialect.paramstyle
        self.codec = _CODECS[self.connection.dialect.name]
        self.shape = Shape.of(
            who.sees_all, filters.person_id is not None, filters.due, filters.tiers, filters.statuses
        )
        self.scope = who.viewer_id, filters.person_id
        self.sizes: dict[Any, int] = session.info.setdefault("nearby_scope_sizes", {})
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
        if self.is_wide() and self.seed(SEED) and not self.crowded():
            return self.found("customers_in_ranges")
        return self.of_books()

    def is_wide(self) -> bool:
        """Whether so many people's customers count that the nearest of all may well be theirs."""
        return self.shape.sees_all or self.rows("people_count", most=TEAM + 1)[0][0] > TEAM

    def scope_size(self) -> int:
        """Assignments in the scope, counted once a session and up to one more than `AT_ONCE`."""
        if self.scope not in self.sizes:
            self.sizes[self.scope] = self.rows("scope_size", most=AT_ONCE + 1)[0][0]
        return self.sizes[self.scope]

    def due_counts(self) -> DueCounts | None:
        """Customers by due date for the filter chips, `filters.due` aside; None where they are too many to count.

        A scope that is small enough is counted on the way, for the search after it.
        """
        if self.shape.everyone:
            return None
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
            held = close_in(self.at, self.k, self.bound, self.in_square)
            self.look_in(join(held, FINE), slots=FINE)
            return self.found("customers_in_fine_ranges")
        return self.found("customers_in_ranges")

    def in_square(self, cells: Range) -> list[float] | None:
        """How far everyone is in a square of the curve, if it is not worth splitting."""
        lo, hi = cells
        if lo < hi and self.rows("full", lo=lo, hi=hi, most=SQUARE):
            return None
        return [h for (h,) in self.rows("in_square", lo=lo, hi=hi)]

    def of_books(self) -> list[Neighbour]:
        """By the books that may hold somebody near enough, the nearest first."""
        books = sorted(self.books())
        if not self.bounded(self.seed_of_books(books)):
            return self.found("all_in_scope")
        found, farthest_m = dict[Any, Neighbour](), 0.0
        for near in _batched([book for book in books if book.away <= self.bound + ROUNDING], BOOKS_AT_ONCE):
            if len(found) == self.k and metres(near[0].away) > farthest_m + _MARGIN_M:
                break
            self.parameters |= {f"book{i}": near[i].person if i < len(near) else None for i in range(BOOKS)}
            found |= {each.stored[0]: each for each in self.found("books_in_ranges")}
            found = dict(sorted(found.items(), key=lambda each: (each[1].distance_m, each[0]))[: self.k])
            farthest_m = max((each.distance_m for each in found.values()), default=0.0)
        return list(found.values())

    def books(self) -> Iterator[Book]:
        """The books of the scope that hold anybody at all."""
        for person, first, last, *seeds in self.rows("books"):
            if first is not None:
                away = half_chord_to_box(self.at, square(first, last))
                yield Book(away, min((h for h in seeds if h is not None), default=1.0), person)

    def seed_of_books(self, books: Sequence[Book]) -> list[float]:
        """The haversines of k customers, if there are so many: one of each book, and more of the nearest books."""
        seeds = {book.nearest for book in books if book.nearest < 1.0}
        for count, book in enumerate(books):
            if count >= NEAREST_BOOKS and (len(seeds) >= self.k or count > self.k):
                break
            seeds.update(h for (h,) in self.rows("seed_of_book", book=book.person))
        return nsmallest(self.k, seeds)  # a customer of two people is at one distance

    def seed(self, rows: int) -> bool:
        """Draws the circle around the neighbours on the curve, up to so many rows away."""
        return self.bounded([h for (h,) in self.rows("seed", seed_rows=rows)])

    def crowded(self) -> bool:
        """Whether the circle holds so many customers, anyone's, that a closer one would pay."""
        if self.radius_m <= CLOSE_M:
            return False
        read, kept = self.rows("crowd_size", most=(READ if self.shape.narrowed else CROWD) + 1)[0]
        return read > READ or kept > CROWD

    def bounded(self, nearest: Sequence[float]) -> bool:
        """Draws the circle that these customers need, nearest first; False if there are fewer than k."""
        if len(nearest) < self.k:
            return False
        self.bound = nearest[-1]
        self.draw(metres(self.bound))
        return True

    def draw(self, radius_m: float) -> None:
        """Sets the ranges of cells to those of a circle."""
        self.radius_m = radius_m
        self.look_in(cover(boxes_around(self.at, radius_m * _MARGIN + _MARGIN_M), most=RANGES), slots=RANGES)

    def look_in(self, ranges: Sequence[Range], *, slots: int) -> None:
        """Sets the ranges of cells; those left over are empty."""
        for i in range(slots):
            self.parameters[f"lo{i}"], self.parameters[f"hi{i}"] = ranges[i] if i < len(ranges) else (1, 0)

    def found(self, statement: str) -> list[Neighbour]:
        """The neighbours that a statement finds; some have several assignments, so more than k are taken."""
        rows = self.rows(statement)
        found = neighbours(rows, self.at, self.codec)
        if len(found) < self.k and assignments_behind(rows) == self.parameters["take"]:
            self.parameters["take"] *= 8
            return self.found(statement)
        return found

    def rows(self, statement: str, **parameters: Any) -> Sequence[Any]:
        """Runs a statement of this question's shape, close to the driver: it carries its scope itself."""
        sql = rendered(statement, self.shape, self.paramstyle)
        return straight.rows(self.connection, sql, self.parameters | parameters, scoped=True)


def _batched(books: Sequence[Book], size: int) -> Iterator[Sequence[Book]]:
    return (books[i : i + size] for i in range(0, len(books), size))


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
