"""Places on the Earth: points, distances, directions, and the cells the nearest-customers query searches by.

Degrees are WGS 84 latitude and longitude; distances are metres on the sphere of `EARTH_RADIUS_M`, which is
what "exact" means everywhere in this product. Knows nothing of any slice.
"""

import re
from dataclasses import dataclass
from itertools import pairwise
from math import asin, atan2, cos, degrees, isfinite, pi, radians, sin, sqrt
from typing import Literal, NamedTuple, Self

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius (2a + b) / 3 of WGS 84: H. Moritz, "Geodetic Reference System 1980", J. Geodesy 74 (2000)."""

DETOUR = 1.3
"""How much longer a way by road is than the crow's.

In cities about 1.2 (Newell, *Traffic Flow on Transportation Networks*, 1980); whole countries lie between 1.1 and 2.1
(Ballou, Rahardja and Sakai, *Selected country circuity factors for road travel distance estimation*, Transportation
Research Part A 36, 2002), South Korea at 1.26 (Kim et al., Journal of the Korean Society of Agricultural Engineers 57,
2015).
"""

AROUND_M = 40_075_017
"""Metres around the equator (WGS 84); no accuracy is worse."""

AXIS_BITS = 26
CELLS_AN_AXIS = 1 << AXIS_BITS
CELLS_PER_DEGREE = CELLS_AN_AXIS / 360
HALF_RADIANS = pi / 360
"""Degrees to half an angle in radians; one constant, so that SQL and Python round alike."""

Reason = Literal["missing", "not_a_number", "not_finite", "swapped", "out_of_range"]
Flaw = Literal["zero"]
Range = tuple[int, int]
"""First and last cell, both included."""

_NUMBER = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


class BadPoint(ValueError):
    """Texts or numbers that are no place on Earth; `suggestion`: what was meant, if one can tell."""

    def __init__(self, reason: Reason, suggestion: "Point | None" = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Point:
    """A place: `lat` from -90 to 90, `lng` from -180 to 180, in degrees. Anything else raises BadPoint."""

    lat: float
    lng: float

    def __post_init__(self) -> None:
        if not (isfinite(self.lat) and isfinite(self.lng)):
            raise BadPoint("not_finite")
        if abs(self.lat) <= 90 and abs(self.lng) <= 180:
            return
        if abs(self.lat) <= 180 and abs(self.lng) <= 90:
            raise BadPoint("swapped", suggestion=Point(self.lng, self.lat))
        raise BadPoint("out_of_range")

    @classmethod
    def read(cls, lat_text: str | None, lng_text: str | None) -> Self:
        """The place two typed or imported texts mean. Raises BadPoint.

        Decimal commas and typographic minus signs are understood.
        """
        return cls(_degrees(lat_text), _degrees(lng_text))

    @property
    def flaw(self) -> Flaw | None:
        """Why an existing place is hardly meant: 0, 0 is what broken devices and empty columns say."""
        return "zero" if self.lat == 0 and self.lng == 0 else None

    @property
    def cell(self) -> int:
        """The point's `cell`."""
        return cell(self.lat, self.lng)


def read_accuracy(text: str) -> float | None:
    """Metres of accuracy as a phone tells them; None for nothing. Raises ValueError for what is no such number."""
    if not text.strip():
        return None
    metres = _number(text)
    if not 0 <= metres <= AROUND_M:
        raise ValueError(text)
    return metres


class Box(NamedTuple):
    """An area between two parallels and two meridians, edges included; never across ±180°."""

    south: float
    west: float
    north: float
    east: float


def haversine_m(a: Point, b: Point) -> float:
    """Metres between two points along the great circle.

    Source: R. W. Sinnott, "Virtues of the Haversine", Sky and Telescope 68 (1984), p. 159; good at every
    distance but within a few metres of the antipode.
    """
    return metres(half_chord_squared(a, b))


def half_chord_squared(a: Point, b: Point) -> float:
    """The haversine of the angle between two points, from 0 to 1: it rises with the distance."""
    north, east = sin((b.lat - a.lat) * HALF_RADIANS), sin((b.lng - a.lng) * HALF_RADIANS)
    return north * north + cos(radians(a.lat)) * cos(radians(b.lat)) * (east * east)


def metres(half_chord_squared: float) -> float:
    """The distance that belongs to a `half_chord_squared`, whose rounding may put it just above 1."""
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half_chord_squared)))


def half_chord(metres: float) -> float:
    """The haversine of the angle that belongs to a distance: what `metres` takes back."""
    return sin(min(metres / EARTH_RADIUS_M, pi) / 2) ** 2


def cell(lat: float, lng: float) -> int:
    """Morton (Z-order) code, of 52 bits, of the square of 360/2²⁶ degrees that the place lies in.

    A square is 0.6 m wide at the equator; longitude takes the even bits, latitude the odd ones. Source:
    G. M. Morton, "A computer oriented geodetic data base" (IBM, 1966).
    """
    return _spread(_column(lng)) | _spread(_row(lat)) << 1


def boxes_around(centre: Point, radius_m: float) -> tuple[Box, ...]:
    """One box, or two where it crosses ±180°, that hold every point within `radius_m` metres of the centre.

    The half-width in longitude is asin(sin(r/R) / cos lat); a circle that touches a pole takes all of them.
    Source: J. P. Matuschek, "Finding Points Within a Distance of a Latitude/Longitude Using Bounding
    Coordinates".
    """
    reach = degrees(radius_m / EARTH_RADIUS_M)
    south, north = centre.lat - reach, centre.lat + reach
    if south <= -90 or north >= 90:
        return (Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0),)
    width = degrees(asin(min(1.0, sin(radians(reach)) / cos(radians(centre.lat)))))
    return _split(south, centre.lng - width, north, centre.lng + width)


def half_chord_to_box(at: Point, box: Box) -> float:
    """The haversine of the angle to the nearest place in a box.

    On a parallel that is the place at the nearest longitude. Along that meridian the cosine of the angle is
    A cos(lat - foot), where `foot` is the latitude of the perpendicular, so that what is nearest is the foot or an end.
    Source: E. Williams, "Aviation Formulary", cross track error.
    """
    east = 0.0 if box.west <= at.lng <= box.east else min(_apart(at.lng, box.west), _apart(at.lng, box.east))
    sin_lat, cos_lat = sin(radians(at.lat)), cos(radians(at.lat))
    foot = degrees(atan2(sin_lat, cos_lat * cos(radians(east))))
    beside = sin(east * HALF_RADIANS) ** 2 * cos_lat
    return min(
        sin((lat - at.lat) * HALF_RADIANS) ** 2 + beside * cos(radians(lat))
        for lat in ((box.south, foot, box.north) if box.south < foot < box.north else (box.south, box.north))
    )


def _apart(lng: float, other: float) -> float:
    """Degrees between two meridians, at most 180."""
    between = abs(lng - other) % 360
    return min(between, 360 - between)


def square(first: int, last: int) -> Box:
    """The smallest square of the curve that holds both cells, and with them every cell between; a cell wider around."""
    shift = ((first ^ last).bit_length() + 1) // 2
    column, row = (_gather(first >> bit) >> shift << shift for bit in (0, 1))
    west, south = ((each - 1) / CELLS_PER_DEGREE for each in (column, row))
    east, north = ((each + (1 << shift) + 1) / CELLS_PER_DEGREE for each in (column, row))
    south, north = min(max(south - 90, -90.0), 90.0), min(north - 90, 90.0)
    return Box(south, max(west - 180, -180.0), north, min(east - 180, 180.0))


def cover(boxes: tuple[Box, ...], most: int = 8) -> list[Range]:
    """At most `most` ascending ranges of cells that hold the boxes, with little around them.

    A grid of squares is laid over each box, neighbours on the curve are joined, then the smallest gaps are
    filled until few enough are left.
    """
    return join(sorted(square for box in boxes for square in _squares(box)), most)


def _degrees(text: str | None) -> float:
    digits = (text or "").strip()
    if not digits:
        raise BadPoint("missing")
    try:
        return _number(digits)
    except ValueError:
        raise BadPoint("not_finite" if _NOT_FINITE.fullmatch(digits) else "not_a_number") from None


def _number(text: str) -> float:
    """With a decimal point or comma, and plain digits alone. Raises ValueError."""
    digits = text.strip().replace("\N{MINUS SIGN}", "-")
    if not _NUMBER.fullmatch(digits):
        raise ValueError(text)
    return float(digits.replace(",", "."))


def _column(lng: float) -> int:
    return min(int((lng + 180) * CELLS_PER_DEGREE), CELLS_AN_AXIS - 1)


def _row(lat: float) -> int:
    return int((lat + 90) * CELLS_PER_DEGREE)


def _spread(bits: int) -> int:
    """Puts a zero before each of 26 bits (S. E. Anderson, "Bit Twiddling Hacks", interleave by magic
    numbers).
    """
    bits = (bits | bits << 16) & 0x0000FFFF0000FFFF
    bits = (bits | bits << 8) & 0x00FF00FF00FF00FF
    bits = (bits | bits << 4) & 0x0F0F0F0F0F0F0F0F
    bits = (bits | bits << 2) & 0x3333333333333333
    return (bits | bits << 1) & 0x5555555555555555


def _gather(bits: int) -> int:
    """Takes every second of 52 bits: `_spread` the other way round."""
    bits &= 0x5555555555555555
    bits = (bits | bits >> 1) & 0x3333333333333333
    bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0F
    bits = (bits | bits >> 4) & 0x00FF00FF00FF00FF
    bits = (bits | bits >> 8) & 0x0000FFFF0000FFFF
    return (bits | bits >> 16) & 0x00000000FFFFFFFF


def _split(south: float, west: float, north: float, east: float) -> tuple[Box, ...]:
    if west <= -180:  # "or equal": 180 and -180 are the same meridian
        return (Box(south, -180.0, north, east), Box(south, west + 360, north, 180.0))
    if east >= 180:
        return (Box(south, west, north, 180.0), Box(south, -180.0, north, east - 360))
    return (Box(south, west, north, east),)


_GRID = 5
"""Squares an axis of the grid over a box: finer ones cost more to compute than they save in rows read."""


def _squares(box: Box) -> list[Range]:
    """The squares of the finest grid of at most `_GRID` an axis over a box, cut off at its lowest and
    highest cell.
    """
    left, right, bottom, top = _column(box.west), _column(box.east), _row(box.south), _row(box.north)
    shift = 0
    while (right >> shift) - (left >> shift) >= _GRID or (top >> shift) - (bottom >> shift) >= _GRID:
        shift += 1
    columns = [_spread(x) << 2 * shift for x in range(left >> shift, (right >> shift) + 1)]
    rows = [_spread(y) << 2 * shift + 1 for y in range(bottom >> shift, (top >> shift) + 1)]
    lowest, highest = _spread(left) | _spread(bottom) << 1, _spread(right) | _spread(top) << 1
    last = (1 << 2 * shift) - 1
    return [(max(x | y, lowest), min((x | y) + last, highest)) for y in rows for x in columns]


def join(ranges: list[Range], most: int) -> list[Range]:
    """Ascending ranges with all but the `most` - 1 widest gaps between them filled."""
    gaps = sorted((after[0] - before[1] for before, after in pairwise(ranges)), reverse=True)
    narrowest = max(gaps[most - 1] if len(gaps) >= most else 1, 1)
    joined = [ranges[0]]
    for first, last in ranges[1:]:
        if first - joined[-1][1] > narrowest:
            joined.append((first, last))
        else:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
    return joined
