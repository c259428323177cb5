"""Which way something lies from where one stands."""

import pytest
from hypothesis import example, given

from crmweb.geo import Point
from crmweb.winds import bearings_from, directions_from
from tests.test_geo import HANOI, SAIGON, points


@pytest.mark.parametrize(
    ("lat", "lng", "wind"),
    [
        (1, 0, "n"), (1, 1, "ne"), (0, 1, "e"), (-1, 1, "se"), (-1, 0, "s"), (-1, -1, "sw"), (0, -1, "w"),
        (1, -1, "nw"), (1, -0.001, "n"),
    ],
)  # fmt: skip
def test_a_shop_lies_in_one_of_eight_winds(lat: float, lng: float, wind: str) -> None:
    assert directions_from(Point(0, 0))(lat, lng) == wind


def test_across_the_date_line_east_is_still_east() -> None:
    assert directions_from(Point(0, 179.9))(0, -179.9) == "e"


def test_the_course_from_hanoi_to_saigon_is_a_little_east_of_south() -> None:
    assert bearings_from(HANOI)(SAIGON.lat, SAIGON.lng) == pytest.approx(175.36, abs=0.05)


@given(points, points)
@example(Point(0, 0), Point(1, -5e-324))
def test_a_bearing_is_a_course_on_the_compass(a: Point, b: Point) -> None:
    assert 0 <= bearings_from(a)(b.lat, b.lng) < 360
