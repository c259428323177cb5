"""How far somebody went between check-ins: an estimate, since nobody follows them between two."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from crmweb.geo import DETOUR, Point, haversine_m
from crmweb.visits.models import Visit

IMPOSSIBLE: Final = ("too_fast",)
"""Reasons for which a judged position is not where somebody was."""


def estimated_m(places: Iterable[Point]) -> float:
    """Metres by road through these places in their order: great circles between them, times `DETOUR`."""
    return DETOUR * sum(haversine_m(one, other) for one, other in pairwise(places))


def place_of(visit: Visit, pin: Point | None) -> Point | None:
    """Where a check-in was: the position that was judged, else the customer's pin, as far as either is known.

    The pin, too, once the position is so old that it is kept to about 1 km only.
    """
    if not visit.at_the_place:
        return None
    if visit.rounded_at is not None and pin is not None:
        return pin
    judged = visit.judged_at is not None and visit.reason not in IMPOSSIBLE
    if judged and visit.lat is not None and visit.lng is not None:
        return Point(visit.lat, visit.lng)
    return pin
