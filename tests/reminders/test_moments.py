"""Moments that a tap can choose, and how they come again, whatever the clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.reminders.moments import (
    REPEATS,
    BadMoment,
    checked,
    chosen,
    evening,
    exact,
    later_today,
    next_after,
    typed,
)

HANOI = "Asia/Ho_Chi_Minh"
ZONES = (HANOI, "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")
FRIDAY_NOON = datetime(2026, 11, 20, 5, 10, tzinfo=UTC)


def _here(moment: datetime | None) -> str:
    return f"{moment.astimezone(ZoneInfo(HANOI)):%a %d %b %H:%M}" if moment else ""


@pytest.mark.parametrize(
    ("choice", "falls"),
    [
        ("hour", "Fri 20 Nov 13:10"),
        ("later", "Fri 20 Nov 15:00"),
        ("evening", "Fri 20 Nov 18:00"),
        ("tomorrow", "Sat 21 Nov 09:00"),
        ("monday", "Mon 23 Nov 09:00"),
        ("route", "Tue 24 Nov 09:00"),
        ("nonsense", ""),
    ],
)
def test_a_tap_names_a_moment_by_lans_clock(choice: str, falls: str) -> None:
    assert _here(chosen(choice, zone=HANOI, at=FRIDAY_NOON, route_day=date(2026, 11, 24))) == falls


def test_late_in_the_day_later_means_tomorrow_morning() -> None:
    late = FRIDAY_NOON + timedelta(hours=8)
    assert later_today(late, HANOI) is None
    assert evening(late, HANOI) is None
    assert _here(chosen("later", zone=HANOI, at=late, route_day=None)) == "Sat 21 Nov 09:00"
    assert _here(chosen("evening", zone=HANOI, at=late, route_day=None)) == "Sat 21 Nov 09:00"
    assert chosen("route", zone=HANOI, at=late, route_day=None) is None


@pytest.mark.parametrize(
    ("day", "hour", "says"),
    [
        ("2026-11-19", "", "past"), ("2026-11-20", "12:10", "past"), ("2206-11-20", "", "far"),
        ("20/11/2026", "", "unread"), ("2026-11-31", "", "unread"), ("", "10:00", "unread"),
        ("2026-11-25", "25:00", "unread"),
        ("9999-12-31", "23:59", "far"),
    ],
)  # fmt: skip
def test_a_moment_that_nobody_can_mean_is_told_apart(day: str, hour: str, says: str) -> None:
    with pytest.raises(BadMoment, match=says):
        checked(typed(day, hour, HANOI), FRIDAY_NOON)


def test_a_whole_moment_without_a_zone_is_meant_where_the_person_is() -> None:
    assert _here(exact("2026-11-24T14:30", HANOI)) == "Tue 24 Nov 14:30"
    assert _here(exact("2026-11-24T07:30Z", HANOI)) == "Tue 24 Nov 14:30"


@given(
    repeats=st.sampled_from(REPEATS), zone=st.sampled_from(ZONES), minutes=st.integers(0, 3 * 365 * 24 * 60),
    missed=st.integers(0, 60 * 24 * 90),
)  # fmt: skip
def test_it_comes_again_after_now_and_at_the_same_time_by_the_wall(
    repeats: str, zone: str, minutes: int, missed: int
) -> None:
    due = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(ZoneInfo(zone))
    after = due + timedelta(minutes=missed)
    again = next_after(due, repeats, after=after, zone=zone)
    assert again > after
    assert (again.hour, again.minute) == (due.hour, due.minute)
    longest = {"daily": 1, "weekdays": 3, "weekly": 7, "fortnightly": 14, "monthly": 31}[repeats]
    assert again - after <= timedelta(days=longest, hours=1)
    if repeats == "weekdays":
        assert again.weekday() < 5


def test_the_last_of_each_month_stays_the_last() -> None:
    due = datetime(2027, 12, 31, 9, tzinfo=ZoneInfo(HANOI))
    days = [due]
    for _month in range(14):
        days.append(next_after(days[-1], "monthly", after=days[-1], zone=HANOI, day_of_month=31))
    assert [day.day for day in days[:6]] == [31, 31, 29, 31, 30, 31]
    assert all(
        (later.year * 12 + later.month) - (day.year * 12 + day.month) == 1 for day, later in pairwise(days)
    )
