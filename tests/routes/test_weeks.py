"""On which days a route runs, for any weekdays, weeks and days off."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from crmweb.routes.weeks import EVEN, EVERY, FAR_AHEAD, ODD, WEEKS, Rhythm
from crmweb.routes.words import weekdays_words

DAYS = st.dates(date(2020, 1, 1), date(2040, 12, 31))
RHYTHMS = st.builds(Rhythm, st.integers(1, 127), st.sampled_from(WEEKS))


@given(RHYTHMS, DAYS)
def test_a_route_runs_on_its_weekdays_in_its_weeks(rhythm: Rhythm, since: date) -> None:
    for day in rhythm.days(since):
        assert rhythm.weekdays & 1 << day.weekday()
        week = int(f"{day:%V}")
        assert rhythm.weeks == EVERY or (week % 2 == 1) == (rhythm.weeks == ODD)


@given(RHYTHMS, DAYS)
def test_every_route_comes_round_within_three_weeks_and_a_day(rhythm: Rhythm, since: date) -> None:
    found = rhythm.next_day(since)
    assert found is not None
    assert since <= found <= since + timedelta(days=27)


@given(RHYTHMS, DAYS, st.sets(st.integers(0, FAR_AHEAD - 1), max_size=20))
def test_the_next_day_is_the_first_that_runs_and_is_not_off(
    rhythm: Rhythm, since: date, ahead: set[int]
) -> None:
    off = frozenset(since + timedelta(days=each) for each in ahead)
    found = rhythm.next_day(since, off=off)
    running = [day for each in range(FAR_AHEAD) if rhythm.runs_on(day := since + timedelta(days=each))]
    assert found == next((day for day in running if day not in off), None)


@given(st.integers(1, 127), DAYS)
def test_odd_and_even_weeks_share_the_year_between_them(weekdays: int, day: date) -> None:
    odd, even, every = (Rhythm(weekdays, weeks).runs_on(day) for weeks in (ODD, EVEN, EVERY))
    assert (odd or even) == every
    assert not (odd and even)


def test_the_year_2026_has_53_weeks_and_two_odd_ones_meet_at_its_end() -> None:
    """Weeks 53 and 1: 28 December 2026 and 4 January 2027."""
    odd = list(Rhythm(1, ODD).days(date(2026, 12, 10)))[:3]
    assert odd == [date(2026, 12, 14), date(2026, 12, 28), date(2027, 1, 4)]
    even = list(Rhythm(1, EVEN).days(date(2026, 12, 10)))[:2]
    assert even == [date(2026, 12, 21), date(2027, 1, 11)]


def test_the_first_of_january_may_belong_to_the_old_year() -> None:
    """Friday, 1 January 2027 stands in week 53 of 2026; 29 December 2025 in week 1 of 2026."""
    assert Rhythm(1 << 4, ODD).runs_on(date(2027, 1, 1))
    assert Rhythm(1, ODD).runs_on(date(2025, 12, 29))


def test_days_are_said_as_short_as_they_can_be(app: Flask) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = [weekdays_words(days) for days in (0b1, 0b1001, 0b11, 0b111111, 0b1110001)]
    assert said == ["Monday", "Mon, Thu", "Mon, Tue", "Mon–Sat", "Mon, Fri, Sat, Sun"]


def test_a_route_without_weekdays_never_runs() -> None:
    assert Rhythm(0).next_day(date(2026, 11, 2)) is None
