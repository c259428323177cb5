"""Places: reading them, measuring between them, and finding the cells around them."""

from itertools import pairwise
from math import inf, isclose, nan
from random import Random

import pytest
from geopy.distance import geodesic, great_circle
from hypothesis import example, given
from hypothesis import strategies as st

from crmweb.geo import (
    CELLS_AN_AXIS,
    EARTH_RADIUS_M,
    BadPoint,
    Box,
    Point,
    boxes_around,
    cell,
    cover,
    half_chord,
    half_chord_squared,
    half_chord_to_box,
    haversine_m,
    metres,
    square,
)

HANOI = Point(21.0285, 105.8542)
SAIGON = Point(10.7769, 106.7009)

latitudes = st.floats(-90, 90) | st.sampled_from([-90.0, -89.999999, 0.0, 89.999999, 90.0])
longitudes = st.floats(-180, 180) | st.sampled_from([-180.0, -179.999999, 0.0, 179.999999, 180.0])
points = st.builds(Point, latitudes, longitudes)
radii = st.floats(0, 20_015_000) | st.floats(0, 5_000)


# Reading


@pytest.mark.parametrize(
    ("lat", "lng"),
    [
        ("10.7769", "106.7009"),
        ("10,7769", "106,7009"),
        (" +10.7769 ", "\N{NO-BREAK SPACE}106.7009"),
        ("1.07769e1", "1067009E-4"),
    ],
)
def test_a_place_is_read_as_people_and_files_write_it(lat: str, lng: str) -> None:
    assert Point.read(lat, lng) == SAIGON


def test_a_typographic_minus_means_south() -> None:
    assert Point.read("\N{MINUS SIGN}33,5", "151.") == Point(-33.5, 151)


@pytest.mark.parametrize(
    ("lat", "lng", "reason"),
    [
        ("", "106.7", "missing"),
        ("10.7", None, "missing"),
        ("10.7", "   ", "missing"),
        ("ten", "106.7", "not_a_number"),
        ("10.776.9", "106.7", "not_a_number"),
        ("1_0", "106.7", "not_a_number"),
        ("10.7", "0x10", "not_a_number"),
        ("١٠", "106.7", "not_a_number"),
        (".", "106.7", "not_a_number"),
        ("NaN", "106.7", "not_finite"),
        ("10.7", "-Infinity", "not_finite"),
        ("1e999", "106.7", "not_finite"),
        ("91", "181", "out_of_range"),
        ("10.7", "200", "out_of_range"),
        ("1e9", "5", "out_of_range"),
    ],
)
def test_what_is_no_place_says_why(lat: str | None, lng: str | None, reason: str) -> None:
    with pytest.raises(BadPoint) as refused:
        Point.read(lat, lng)
    assert refused.value.reason == reason
    assert refused.value.suggestion is None


def test_swapped_numbers_suggest_the_place_that_was_meant() -> None:
    with pytest.raises(BadPoint) as refused:
        Point.read("106,7009", "10,7769")
    assert (refused.value.reason, refused.value.suggestion) == ("swapped", SAIGON)


@pytest.mark.parametrize(("lat", "lng"), [(nan, 0), (0, inf), (90.1, 200), (-91, 0)])
def test_numbers_that_are_no_place_are_refused_too(lat: float, lng: float) -> None:
    with pytest.raises(BadPoint):
        Point(lat, lng)


def test_zero_zero_is_a_place_that_nobody_means() -> None:
    assert Point.read("0", "-0.0").flaw == "zero"
    assert Point(0, 0.1).flaw is None
    assert SAIGON.flaw is None


# Measuring


def test_hanoi_is_as_far_from_saigon_as_on_the_ellipsoid_but_for_half_a_percent() -> None:
    on_the_ellipsoid = geodesic((HANOI.lat, HANOI.lng), (SAIGON.lat, SAIGON.lng)).m
    assert haversine_m(HANOI, SAIGON) == pytest.approx(on_the_ellipsoid, rel=0.006)


@given(points, points)
def test_distances_agree_with_geopys_great_circle(a: Point, b: Point) -> None:
    reference = great_circle((a.lat, a.lng), (b.lat, b.lng), radius=EARTH_RADIUS_M / 1000).m
    near_the_antipode = reference > 20_015_000
    assert isclose(haversine_m(a, b), reference, rel_tol=1e-9, abs_tol=2.0 if near_the_antipode else 1e-6)


@given(points, points)
def test_the_way_back_is_as_long(a: Point, b: Point) -> None:
    assert haversine_m(a, b) == pytest.approx(haversine_m(b, a), rel=1e-12, abs=1e-9)
    assert haversine_m(a, a) == 0


# Cells


@given(points)
def test_a_cell_is_the_morton_code_of_its_column_and_row(point: Point) -> None:
    column = min(int((point.lng + 180) * CELLS_AN_AXIS / 360), CELLS_AN_AXIS - 1)
    row = int((point.lat + 90) * CELLS_AN_AXIS / 360)
    bits = "".join(y + x for y, x in zip(f"{row:026b}", f"{column:026b}", strict=True))
    assert cell(point.lat, point.lng) == int(bits, 2) < 2**52


def _holds(box: Box, point: Point) -> bool:
    return box.south <= point.lat <= box.north and box.west <= point.lng <= box.east


@given(points, points, radii)
def test_who_is_within_the_radius_is_in_the_cells(centre: Point, other: Point, further: float) -> None:
    boxes = boxes_around(centre, haversine_m(centre, other) + 0.001 + further)
    assert any(_holds(box, other) for box in boxes)
    assert any(first <= other.cell <= last for first, last in cover(boxes))


@given(points, points)
def test_who_is_on_the_circle_is_in_the_cells(centre: Point, other: Point) -> None:
    boxes = boxes_around(centre, haversine_m(centre, other) + 0.001)
    assert any(_holds(box, other) for box in boxes)
    assert any(first <= other.cell <= last for first, last in cover(boxes))


@given(points, st.floats(0.1, 1_000_000), st.floats(0, 360))
def test_the_edge_of_a_circle_is_in_its_box(centre: Point, radius: float, course: float) -> None:
    edge = great_circle(kilometers=radius / 1000).destination((centre.lat, centre.lng), course)
    other = Point(max(-90, min(90, edge.latitude)), max(-180, min(180, edge.longitude)))
    padded = haversine_m(centre, other) + 0.001
    assert any(first <= other.cell <= last for first, last in cover(boxes_around(centre, padded)))


@given(points, radii)
def test_boxes_are_on_the_map(centre: Point, radius: float) -> None:
    for box in boxes_around(centre, radius):
        assert -90 <= box.south <= box.north <= 90
        assert -180 <= box.west <= box.east <= 180


@given(points, radii, st.integers(1, 12))
def test_a_cover_is_a_few_ascending_ranges(centre: Point, radius: float, most: int) -> None:
    ranges = cover(boxes_around(centre, radius), most)
    assert 1 <= len(ranges) <= most
    ends = [end for pair in ranges for end in pair]
    assert ends == sorted(ends)
    assert all(before[1] < after[0] for before, after in pairwise(ranges))


def test_the_box_is_as_wide_as_the_circle_and_no_wider() -> None:
    (box,) = boxes_around(Point(60, 10), 100_000)
    assert haversine_m(Point(60, 10), Point(box.north, 10)) == pytest.approx(100_000)
    assert box.east - 10 == pytest.approx(1.7989, abs=0.0005)  # 100 km along the parallel are 1.7986°


def test_a_circle_over_the_date_line_has_a_box_on_either_side() -> None:
    east, west = sorted(boxes_around(Point(-17, 179.99), 10_000), key=lambda box: box.west)
    assert (east.west, west.east) == (-180, 180)


def test_a_circle_that_touches_a_pole_takes_all_longitudes() -> None:
    (box,) = boxes_around(Point(89.99, 20), 5_000)
    assert (box.west, box.east, box.north) == (-180, 180, 90)


def test_a_cover_has_little_around_the_box() -> None:
    boxes = boxes_around(SAIGON, 2_000)
    cells = sum(last - first + 1 for first, last in cover(boxes))
    (box,) = boxes
    area = (box.east - box.west) * (box.north - box.south) * (CELLS_AN_AXIS / 360) ** 2
    assert cells < 3 * area


def _inside(box: Box, random: Random) -> Point:
    """A place in a box, often on its edge."""
    lat = random.choice([box.south, box.north, random.uniform(box.south, box.north)])
    lng = random.choice([box.west, box.east, random.uniform(box.west, box.east)])
    return Point(lat, lng)


def test_nobody_in_a_box_is_nearer_than_the_box() -> None:
    random = Random(3)
    for _ in range(2_000):
        (south, north), (west, east) = (
            sorted(random.uniform(-end, end) for _ in range(2)) for end in (90, 180)
        )
        box = Box(south, west, north, east)
        at = Point(random.choice([-90, 0, 90, random.uniform(-90, 90)]), random.uniform(-180, 180))
        away = half_chord_to_box(at, box)
        assert all(half_chord_squared(at, _inside(box, random)) >= away - 1e-15 for _ in range(20))


@given(st.floats(0, 20_015_000))
@example(20_015_115.0)
def test_a_distance_and_its_haversine_take_each_other_back(distance: float) -> None:
    assert metres(half_chord(distance)) == pytest.approx(distance, rel=1e-6, abs=1e-3)


def test_a_place_in_a_box_is_no_way_from_it_and_one_beside_it_as_far_as_its_edge() -> None:
    box = Box(10, 20, 30, 40)
    assert half_chord_to_box(Point(15, 25), box) == pytest.approx(0, abs=1e-15)
    for at, edge in [
        (Point(0, 30), Point(10, 30)),
        (Point(40, 25), Point(30, 25)),
        (Point(0, 0), Point(10, 20)),
        (Point(90, 0), Point(30, 20)),
    ]:
        assert half_chord_to_box(at, box) == pytest.approx(half_chord_squared(at, edge))


def test_the_square_of_two_cells_holds_every_cell_between() -> None:
    random = Random(4)
    for _ in range(500):
        ends = sorted(Point(random.uniform(-90, 90), random.uniform(-180, 180)).cell for _ in range(2))
        south, west, north, east = square(*ends)
        for _ in range(20):
            place = Point(random.uniform(-90, 90), random.uniform(-180, 180))
            if ends[0] <= place.cell <= ends[1]:
                assert south <= place.lat <= north
                assert west <= place.lng <= east


@pytest.mark.parametrize("place", [Point(90, 180), Point(-90, -180), Point(0, 0), Point(90, -180)])
def test_a_place_lies_in_the_square_of_its_cell(place: Point) -> None:
    assert half_chord_to_box(place, square(place.cell, place.cell)) == pytest.approx(0, abs=1e-15)
