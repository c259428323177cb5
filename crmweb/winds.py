"""Which way something lies: courses, and the eight winds that they follow."""

from __future__ import annotations

from collections.abc import Callable
from math import atan2, cos, degrees, radians, sin
from typing import Literal

from crmweb.geo import Point

Direction = Literal["n", "ne", "e", "se", "s", "sw", "w", "nw"]

_WINDS: tuple[Direction, ...] = ("n", "ne", "e", "se", "s", "sw", "w", "nw")


def bearings_from(a: Point) -> Callable[[float, float], float]:
    """Initial course of the great circle from one place to others, each said by its latitude and longitude.

    Degrees clockwise from north, 0 <= bearing < 360. Source: E. Williams, "Aviation Formulary", course between points.
    From a pole every course is along the meridian of the other; between equal points it is 0.
    """
    lat_a, lng_a = radians(a.lat), a.lng
    sin_a, cos_a = sin(lat_a), cos(lat_a)

    def to(lat: float, lng: float) -> float:
        lat_b, east = radians(lat), radians(lng - lng_a)
        cos_b = cos(lat_b)
        course = atan2(sin(east) * cos_b, cos_a * sin(lat_b) - sin_a * cos_b * cos(east))
        return degrees(course) % 360 % 360  # a tiny negative course rounds up to 360 the first time

    return to


def directions_from(a: Point) -> Callable[[float, float], Direction]:
    """The same as the wind, of eight, in which the other place lies."""
    bearing = bearings_from(a)
    return lambda lat, lng: _WINDS[round(bearing(lat, lng) / 45) % 8]
