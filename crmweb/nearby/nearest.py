"""The customers nearest to a place, of those a person may see: exact, on SQLite and PostgreSQL alike.

A *book*, up to `AT_ONCE` assignments, is measured as a whole, or in a box that held enough lately. For more there is
first an upper bound on the distance of the K-th nearest, then everyone within it is measured: the boxes around that
circle, as a few ranges of cells (the *cover*). The bound is the *seed*: K customers on each side of the point's cell in
the order of the customers' cell index. Where the asker's customers are thin there, or the circle holds a crowd,

* of a *team* and of more, the seed comes from the book of each of its people, and only books that lie near enough are
  read, by the square of the curve that holds them;
* of everyone's, the search closes in on the nearest square by square (`closing_in`).

Which customers count is always the same: a pin and not archived (`cell` is null otherwise), and an assignment
that has started and not ended, of somebody the asker oversees (not asked of who sees all). Distance is the
haversine on the sphere of geo.EARTH_RADIUS_M; ties go by id.
"""

from datetime import date
from math import pi
from typing import NamedTuple

from crmweb.geo import EARTH_RADIUS_M, Point, Range, join
from crmweb.nearby.asking import NO_FILTERS, Filters
from crmweb.nearby.books import BookSearch
from crmweb.nearby.closing_in import close_in
from crmweb.nearby.hunches import Hunches
from crmweb.nearby.neighbours import Neighbour
from crmweb.nearby.statements import FINE

AT_ONCE = 1_500
"""Assignments up to which measuring all (0.4 µs each) is quicker than finding a bound first."""

COUNTED = 5_000
"""Assignments up to which the filter chips say how many are due."""

TEAM = 200
"""People up to whom their books are looked through one by one, without a look at all customers around."""

MOST_OF = 2
"""Who oversees more than one in so many at work sees most customers."""

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

NEIGHBOURHOOD = 22
"""Bits of a cell that do not tell one neighbourhood, 1.2 km wide at the equator, from another."""

LEEWAY = 1.3
"""How much farther than lately the last of the nearest may be, as one walks through the neighbourhood."""

_SIZES, _REACHES = Hunches[int](), Hunches[float]()


class DueCounts(NamedTuple):
    """How many customers of a scope are overdue, and due today."""

    overdue: int
    today: int


def nearest(at: Point, *, today: date, k: int = 20, filters: Filters = NO_FILTERS) -> list[Neighbour]:
    """The k customers nearest to `at` that the person at work may see, nearest first; `today` is their date.

    Raises NoPrincipal when nobody is at work.
    """
    return Search(at, today=today, k=k, filters=filters).run()


class Search(BookSearch):
    """One question, and the ways to its answer."""

    def run(self) -> list[Neighbour]:
        """The answer, by the way that suits the size of the scope."""
        if not self.shape.through_assignments:
            return self.of_everyone()
        if not self.shape.everyone and self.scope_size() <= AT_ONCE:
            return self.of_a_book()
        if self.is_wide() and self.seed(SEED):
            if not self.crowded():
                return self.found("customers_in_ranges")
            if self.shape.narrowed and self.sees_most():
                return self.closed_in()
        return self.of_books()

    def of_a_book(self) -> list[Neighbour]:
        """By measuring all, or those in a box that held enough of them lately: if it still holds k within the circle
        in it, nobody outside is nearer.
        """
        about = self.scope, self.k, self.filters, self.at.cell >> NEIGHBOURHOOD
        reach = _REACHES.get(about)
        if reach is not None and self.is_boxed(reach):
            found = self.found("all_in_box")
            if len(found) == self.k and found[-1].distance_m <= reach:
                return found
        found = self.found("all_in_scope")
        if len(found) == self.k:
            _REACHES.note(about, found[-1].distance_m * LEEWAY)
        return found

    def is_wide(self) -> bool:
        """Whether so many people's customers count that the nearest of all may well be theirs."""
        if self.shape.person:
            return False
        return self.shape.sees_all or self.rows("people_count", most=TEAM + 1)[0][0] > TEAM

    def sees_most(self) -> bool:
        """Whether what lies around is mostly in the scope; of a region it may all be somebody else's."""
        return self.shape.sees_all or bool(self.rows("sees_most", most_of=MOST_OF)[0][0])

    def scope_size(self) -> int:
        """Assignments in the scope lately, counted up to one more than `COUNTED`."""
        size: int | None = _SIZES.get(self.scope)
        if size is None:
            size = self.rows("scope_size", most=COUNTED + 1)[0][0]
            _SIZES.note(self.scope, size)
        return size

    def due_counts(self) -> DueCounts | None:
        """Customers by due date for the filter chips, `filters.due` aside; None where they are too many to count."""
        if self.shape.everyone or self.scope_size() > COUNTED:
            return None
        return DueCounts(*self.rows("due_counts")[0])

    def of_everyone(self) -> list[Neighbour]:
        """By the neighbours on the curve, however far; if there are too few, those are all."""
        if not self.seed(ALL):
            self.draw(HALFWAY_ROUND_M)
        elif self.crowded():
            return self.closed_in()
        return self.found("customers_in_ranges")

    def closed_in(self) -> list[Neighbour]:
        """By the squares that may hold somebody within the bound, the nearest first."""
        held = close_in(self.at, self.k, self.bound, self.in_square)
        self.look_in(join(held, FINE), slots=FINE)
        return self.found("customers_in_fine_ranges")

    def in_square(self, cells: Range) -> list[float] | None:
        """How far everyone is in a square of the curve, if it is not worth splitting."""
        lo, hi = cells
        if lo < hi and self.rows("full", lo=lo, hi=hi, most=SQUARE):
            return None
        return [h for (h,) in self.rows("in_square", lo=lo, hi=hi)]

    def seed(self, rows: int) -> bool:
        """Draws the circle around the neighbours on the curve, up to so many rows away."""
        return self.bounded([h for (h,) in self.rows("seed", seed_rows=rows)])

    def crowded(self) -> bool:
        """Whether the circle holds so many customers, anyone's, that a closer one would pay."""
        if self.radius_m <= CLOSE_M:
            return False
        read, kept = self.rows("crowd_size", most=(READ if self.shape.narrowed else CROWD) + 1)[0]
        return bool(read > READ or kept > CROWD)
