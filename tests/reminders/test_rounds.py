"""What comes round: never lost, never twice, whatever the calendar and the clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.reminders.moments import REPEATS, next_after

ZONES = st.sampled_from(
    ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
)
DAYS = st.dates(date(2024, 1, 1), date(2035, 12, 31))
TIMES = st.times().map(lambda each: each.replace(second=0, microsecond=0, fold=0))
ROUNDS = st.sampled_from(REPEATS)
A_DAY = timedelta(days=1)


def _on(day: date, wall: time, zone: str) -> datetime:
    return datetime.combine(day, wall, ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("repeats", "first", "comes"),
    [
        ("weekdays", "2026-11-27", "2026-11-30"),
        ("weekdays", "2026-11-28", "2026-11-30"),
        ("fortnightly", "2026-11-25", "2026-12-09"),
        ("monthly", "2026-01-31", "2026-02-28"),
        ("monthly", "2028-01-31", "2028-02-29"),
        ("monthly", "2026-12-31", "2027-01-31"),
    ],
)
def test_the_day_that_comes_next(repeats: str, first: str, comes: str) -> None:
    at = _on(date.fromisoformat(first), time(9), "Asia/Ho_Chi_Minh")
    due = next_after(at, repeats, after=at, zone="Asia/Ho_Chi_Minh")
    assert due.date().isoformat() == comes


@given(ROUNDS, DAYS, TIMES, ZONES, st.integers(1, 12), st.timedeltas(-A_DAY, timedelta(days=60)))
def test_missed_rounds_are_left_out_and_the_next_is_the_first_that_lies_ahead(
    repeats: str, first: date, wall: time, zone: str, rounds: int, late: timedelta
) -> None:
    """Going round by round comes to the same moments as leaping over those that were missed; also where the clock of
    the machine stands a day wrong.
    """
    begin, number = _on(first, wall, zone), first.day
    due = begin
    for _round in range(rounds):
        due = next_after(due, repeats, after=due, zone=zone, day_of_month=number)
    after = due + late
    leapt = next_after(begin, repeats, after=after, zone=zone, day_of_month=number)
    assert leapt > max(after, begin)
    step = begin
    while step <= after or step <= begin:
        step = next_after(step, repeats, after=step, zone=zone, day_of_month=number)
    assert step.astimezone(ZoneInfo(zone)).date() == leapt.astimezone(ZoneInfo(zone)).date()


@given(DAYS, TIMES, ZONES)
def test_it_comes_by_the_clock_on_the_wall(first: date, wall: time, zone: str) -> None:
    """An hour that a clock leaps over for summer is the one behind it."""
    begin = _on(first, wall, zone)
    due = next_after(begin, "daily", after=begin, zone=zone).astimezone(UTC).astimezone(ZoneInfo(zone))
    began = begin.astimezone(ZoneInfo(zone))
    changed = due.utcoffset() != datetime.combine(due.date(), time(0), ZoneInfo(zone)).utcoffset()
    assert due.replace(tzinfo=None, fold=0).time() == began.replace(tzinfo=None, fold=0).time() or changed
    assert due.date() - began.date() <= A_DAY * 2


@given(DAYS, ZONES, st.lists(st.timedeltas(-A_DAY, A_DAY), max_size=8))
def test_a_clock_that_jumps_brings_no_day_twice(first: date, zone: str, jumps: list[timedelta]) -> None:
    due = at = _on(first, time(9), zone)
    days = [first]
    for jump in jumps:
        due = next_after(due, "daily", after=at, zone=zone)
        days.append(due.astimezone(ZoneInfo(zone)).date())
        at = due + jump
    assert days == sorted(set(days))


def test_a_year_of_mornings_in_berlin_is_a_year_of_mornings() -> None:
    due = datetime(2026, 1, 1, 8, tzinfo=UTC)
    for _day in range(364):
        due = next_after(due, "daily", after=due, zone="Europe/Berlin")
        assert due.astimezone(ZoneInfo("Europe/Berlin")).hour == 9
    assert due.astimezone(ZoneInfo("Europe/Berlin")).date() == date(2026, 12, 31)
