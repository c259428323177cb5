"""What a position proves: by the rule of distance and accuracy, whatever the numbers are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import cos, degrees, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.geo import EARTH_RADIUS_M, Point, haversine_m
from crmweb.visits.verdicts import AWAY, ON_SITE, UNPROVEN, Fix, judge

PIN = Point(21.0285, 105.8542)
NOON = datetime(2026, 11, 25, 5, 0, tzinfo=UTC)


def north(metres: float, of: Point = PIN) -> Point:
    return Point(of.lat + degrees(metres / EARTH_RADIUS_M), of.lng)


@given(
    metres=st.floats(0, 5_000),
    accuracy=st.floats(0, 10_000),
    radius=st.integers(20, 1_000),
    east=st.booleans(),
)
def test_distance_and_accuracy_decide(metres: float, accuracy: float, radius: int, east: bool) -> None:
    at = (
        Point(PIN.lat, PIN.lng + degrees(metres / EARTH_RADIUS_M / cos(radians(PIN.lat))))
        if east
        else north(metres)
    )
    found = judge(Fix(at, accuracy, NOON), pin=PIN, own_pin=False, started_at=NOON, radius_m=radius)
    distance = haversine_m(PIN, at)
    assert found.distance_m == distance
    assert (found.verdict == ON_SITE) == (distance + accuracy <= radius)
    assert (found.verdict == AWAY) == (distance - accuracy > radius)
    assert (found.reason == "imprecise") == (found.verdict == UNPROVEN)


@given(st.floats(0, 100_000), st.one_of(st.none(), st.floats(0, 100_000)))
def test_no_fix_that_is_worse_ever_proves_more(metres: float, accuracy: float | None) -> None:
    """A larger circle of doubt never turns *unproven* into something."""
    better = judge(Fix(north(metres), accuracy, NOON), pin=PIN, own_pin=False, started_at=NOON)
    worse = judge(Fix(north(metres), (accuracy or 0) + 500, NOON), pin=PIN, own_pin=False, started_at=NOON)
    assert worse.verdict in (better.verdict, UNPROVEN) or accuracy is None


@pytest.mark.parametrize(
    ("seconds", "proves"),
    [(-31, False), (-30, True), (0, True), (180, True), (181, False), (-7 * 86_400, False), (86_400, False)],
)
def test_a_fix_counts_from_half_a_minute_before_to_three_minutes_after(seconds: int, proves: bool) -> None:
    fix = Fix(PIN, 10, NOON + timedelta(seconds=seconds))
    found = judge(fix, pin=PIN, own_pin=False, started_at=NOON)
    assert (found.verdict == ON_SITE) == proves
    assert found.reason == (None if proves else "old_fix")


@pytest.mark.parametrize(
    ("given_fix", "pin", "own_pin", "reason"),
    [
        (None, PIN, False, "no_fix"),
        (Fix(Point(0, 0), 5, NOON), PIN, False, "nowhere"),
        (Fix(PIN, 5, NOON), None, False, "no_pin"),
        (Fix(PIN, 5, NOON), PIN, True, "own_pin"),
        (Fix(PIN, None, NOON), PIN, False, "no_accuracy"),
        (Fix(PIN, 5_000, NOON), PIN, False, "imprecise"),
    ],
)
def test_what_proves_nothing_says_why(
    given_fix: Fix | None, pin: Point | None, own_pin: bool, reason: str
) -> None:
    found = judge(given_fix, pin=pin, own_pin=own_pin, started_at=NOON)
    assert (found.verdict, found.reason) == (UNPROVEN, reason)


def test_nobody_flies_between_two_shops() -> None:
    assert (
        judge(Fix(PIN, 5, NOON), pin=PIN, own_pin=False, started_at=NOON, speed_kmh=901).reason == "too_fast"
    )
    assert judge(Fix(PIN, 5, NOON), pin=PIN, own_pin=False, started_at=NOON, speed_kmh=899).verdict == ON_SITE
