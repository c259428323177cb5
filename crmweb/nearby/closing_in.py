"""Closing in on the nearest from far away, where a circle around them would hold almost everyone: square by square of
the curve, the nearest first, until no square that is left can hold anyone nearer.
"""

from collections.abc import Callable
from heapq import heappop, heappush, nsmallest

from crmweb.geo import Point, Range, half_chord_to_box, square

WHOLE = (0, 2**52 - 1)

ROUNDING = 1e-14
"""A haversine may be off by less; it is that of 1.3 m."""

Measure = Callable[[Range], list[float] | None]
"""The haversines of everyone in a range of cells; None where they are too many to be measured, so that it is split."""


def close_in(at: Point, k: int, bound: float, measure: Measure) -> list[Range]:
    """Ascending ranges of cells that hold the k nearest to `at`, all within `bound`: a haversine."""
    waiting, held, nearest = [(0.0, WHOLE)], list[Range](), list[float]()
    while waiting:
        away, cells = heappop(waiting)
        if away > bound + ROUNDING:
            break
        measured = measure(cells)
        if measured is None:
            for quarter in _quarters(cells):
                heappush(waiting, (half_chord_to_box(at, square(*quarter)), quarter))
            continue
        if measured:
            held.append(cells)
            nearest = nsmallest(k, nearest + measured)
            bound = min(bound, nearest[-1]) if len(nearest) == k else bound
    return sorted(held)


def _quarters(cells: Range) -> list[Range]:
    first, last = cells
    size = (last - first + 1) // 4
    return [(first + i * size, first + (i + 1) * size - 1) for i in range(4)]
