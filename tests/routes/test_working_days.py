"""When a team works, and what that means for what is overdue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crmweb.accounts.actor import Actor
from crmweb.accounts.working_days import Calendar, DayOff, WorkingWeek
from crmweb.db import writing
from tests.customers.shops import House

DAY = st.dates(date(2025, 1, 1), date(2030, 12, 31))
CALENDARS = st.builds(
    Calendar, st.integers(1, 127), st.frozensets(st.dates(date(2025, 1, 1), date(2030, 12, 31)), max_size=40)
)
TET = frozenset(date(2027, 2, 5) + timedelta(days=each) for each in range(5))


@given(CALENDARS, DAY)
def test_nothing_turns_overdue_on_a_day_off(calendar: Calendar, today: date) -> None:
    if not calendar.works(today):
        assert calendar.late_before(today) == calendar.late_before(today - timedelta(days=1))


@given(CALENDARS, DAY)
def test_what_is_due_has_one_whole_working_day(calendar: Calendar, due: date) -> None:
    first = next(day for each in range(120) if calendar.works(day := due + timedelta(days=each)))
    after = next(day for each in range(1, 120) if calendar.works(day := first + timedelta(days=each)))
    assert due >= calendar.late_before(first)
    assert due >= calendar.late_before(after - timedelta(days=1))
    assert due < calendar.late_before(after)


@given(CALENDARS, DAY)
def test_what_is_late_stays_late(calendar: Calendar, today: date) -> None:
    assert calendar.late_before(today) <= calendar.late_before(today + timedelta(days=1))
    assert calendar.late_before(today) <= today


@pytest.mark.parametrize(
    ("today", "late_before"),
    [
        (date(2026, 11, 7), date(2026, 11, 7)),  # Saturday is a working day: Friday's are late
        (date(2026, 11, 8), date(2026, 11, 7)),  # Sunday: no more than on Saturday
        (date(2026, 11, 9), date(2026, 11, 8)),  # Monday: Saturday's are late, Sunday's are not
        (date(2026, 11, 10), date(2026, 11, 10)),  # Tuesday: Monday's and Sunday's are late
    ],
)
def test_a_weekend(today: date, late_before: date) -> None:
    assert Calendar().late_before(today) == late_before


@pytest.mark.parametrize(
    ("today", "late_before"),
    [
        (date(2027, 2, 4), date(2027, 2, 4)),  # the last day before Tết: Wednesday's are late
        (date(2027, 2, 5), date(2027, 2, 4)),  # from here on nothing more turns late
        (date(2027, 2, 9), date(2027, 2, 4)),
        (date(2027, 2, 10), date(2027, 2, 5)),  # work begins: Thursday's are late, Tết's are due
        (date(2027, 2, 11), date(2027, 2, 11)),  # now those of Tết are late too
    ],
)
def test_the_week_of_tet(today: date, late_before: date) -> None:
    assert Calendar(days_off=TET).late_before(today) == late_before


def test_a_team_has_its_own_days_and_those_of_everybody_above(
    house: House, lan: Actor, mai: Actor, binh: Actor, outsider: Actor
) -> None:
    around = date(2026, 11, 2)
    with house(), writing():
        WorkingWeek.set(range(5), head_id=mai.id)
        DayOff.add(date(2026, 11, 20), "Company day", head_id=None)
        DayOff.add(date(2026, 11, 23), "Team day", head_id=mai.id)
        DayOff.add(date(2026, 11, 24), "The other team's", head_id=binh.id)
        DayOff.add(date(2026, 8, 1), "Long past", head_id=None)
    with house():
        hers = Calendar.of(lan.id, around=around)
        assert hers == Calendar(0b11111, frozenset({date(2026, 11, 20), date(2026, 11, 23)}))
        theirs = Calendar.of(outsider.id, around=around)
        assert theirs.weekdays == 0b111111
        assert theirs.days_off == {date(2026, 11, 20), date(2026, 11, 24)}


def test_a_team_without_a_week_of_its_own_works_as_the_company(house: House, lan: Actor) -> None:
    with house(), writing():
        WorkingWeek.set(range(7), head_id=None)
    with house():
        assert Calendar.of(lan.id, around=date(2026, 11, 2)).works(date(2026, 11, 8))


def test_a_week_without_a_day_is_refused(house: House) -> None:
    with house(), pytest.raises(ValueError, match="at least one day"):
        WorkingWeek.set([], head_id=None)


def test_the_later_name_of_a_day_off_stands(house: House, lan: Actor) -> None:
    day = date(2026, 11, 20)
    with house(), writing():
        DayOff.add(day, "Off", head_id=None)
        DayOff.add(day, "Teachers' day", head_id=None)
    with house(), writing():
        DayOff.remove(day, head_id=None)
    with house():
        assert Calendar.of(lan.id, around=day).works(day)
