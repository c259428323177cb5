"""Where the demo company's shops may stand: streets, wards, and the water around them.

Every street is a straight piece of the real one, so that a made-up house number lies on it within a
few dozen metres. Coordinates are WGS 84 degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

Point = tuple[float, float]

METRES_PER_DEGREE = 111_320.0
"""Length of one degree of latitude in metres."""

HANOI = "Hà Nội"
SAIGON = "TP. Hồ Chí Minh"


@dataclass(frozen=True)
class Street:
    """A straight piece of a street, from its first house number to its last."""

    name: str
    start: Point
    end: Point
    last_number: int

    def point(self, number: int, setback_m: float) -> Point:
        """The door of a house: odd numbers stand on the left, even ones on the right."""
        along = min(number, self.last_number) / self.last_number
        lat = self.start[0] + (self.end[0] - self.start[0]) * along
        lng = self.start[1] + (self.end[1] - self.start[1]) * along
        north, east = self._left()
        side = setback_m if number % 2 else -setback_m
        return (
            round(lat + north * side / METRES_PER_DEGREE, 6),
            round(lng + east * side / (METRES_PER_DEGREE * math.cos(math.radians(lat))), 6),
        )

    def _left(self) -> Point:
        """Unit vector (north, east) that points left of the walk from start to end."""
        north = self.end[0] - self.start[0]
        east = (self.end[1] - self.start[1]) * math.cos(math.radians(self.start[0]))
        length = math.hypot(north, east)
        return east / length, -north / length


@dataclass(frozen=True)
class Ward:
    """A ward (phường, xã) as drawn in 2025, with the old district people still say."""

    name: str
    district: str
    city: str
    rep: str
    shops: int
    streets: tuple[Street, ...]

    @property
    def title(self) -> str:
        """The ward as it is written in an address."""
        return self.name if self.name.startswith("xã ") else f"phường {self.name}"

    @property
    def lane(self) -> str:
        """What people there call a lane."""
        return "ngõ" if self.city == HANOI else "hẻm"


@dataclass(frozen=True)
class Box:
    """A rectangle of latitudes and longitudes."""

    south: float
    north: float
    west: float
    east: float

    def holds(self, lat: float, lng: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lng <= self.east


WATER = (
    Box(21.0257, 21.0316, 105.8514, 105.8534),  # Hồ Hoàn Kiếm
    Box(21.0470, 21.0555, 105.8130, 105.8350),  # Hồ Tây, the south
    Box(21.0555, 21.0680, 105.8110, 105.8185),  # Hồ Tây, the north-west
    Box(21.0445, 21.0490, 105.8380, 105.8402),  # Hồ Trúc Bạch
    Box(21.0095, 21.0140, 105.8425, 105.8455),  # Hồ Bảy Mẫu
    Box(21.0420, 21.0500, 105.8530, 105.8640),  # Sông Hồng, from Long Biên bridge upstream
    Box(21.0300, 21.0420, 105.8580, 105.8650),  # Sông Hồng at Chương Dương bridge
    Box(21.0120, 21.0300, 105.8630, 105.8730),  # Sông Hồng off Bạch Đằng
    Box(20.9980, 21.0120, 105.8740, 105.8880),  # Sông Hồng at Vĩnh Tuy bridge
    Box(21.0620, 21.0900, 105.8310, 105.8500),  # Sông Hồng off Tứ Liên
    Box(10.7650, 10.7840, 106.7075, 106.7110),  # Sông Sài Gòn at Bạch Đằng wharf
    Box(10.7840, 10.7900, 106.7105, 106.7140),  # Sông Sài Gòn at Ba Son
    Box(10.7900, 10.8065, 106.7238, 106.7278),  # Sông Sài Gòn at Sài Gòn bridge
    Box(10.7560, 10.7650, 106.7130, 106.7350),  # Sông Sài Gòn off Tân Thuận
)


def in_water(lat: float, lng: float) -> bool:
    """Whether a point lies in one of the lakes and rivers that shops must keep out of."""
    return any(box.holds(lat, lng) for box in WATER)


def door(street: Street, dice: Random, alley: bool) -> tuple[int, Point]:
    """A house number on the street and its dry door; an alley's houses lie farther back."""
    for _ in range(50):
        number = dice.randint(2, street.last_number)
        setback = dice.uniform(25.0, 70.0) if alley else dice.uniform(5.0, 14.0)
        lat, lng = street.point(number, setback)
        if not in_water(lat, lng):
            return number, (lat, lng)
    raise ValueError(f"{street.name} lies in water")
