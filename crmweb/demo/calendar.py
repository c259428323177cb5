"""The working days of Vietnamese field reps, in their own zone."""

from __future__ import annotations

import datetime as dt
from random import Random
from zoneinfo import ZoneInfo

from crmweb.demo.people import ZONE

HERE = ZoneInfo(ZONE)

_HOLIDAYS = {(1, 1), (4, 30), (5, 1), (9, 2)}

_TET = (
    dt.date(2025, 1, 29), dt.date(2026, 2, 17), dt.date(2027, 2, 6), dt.date(2028, 1, 26),
    dt.date(2029, 2, 13), dt.date(2030, 2, 2),
)  # fmt: skip
"""First day of the lunar year as Vietnam counts it (UTC+7)."""

MORNING = dt.time(7, 40)
MORNING_MINUTES = 245
LUNCH_MINUTES = 80
DAY_MINUTES = 490
"""Minutes at work between 07:40 and 17:15, lunch left out."""


def local_day(at: dt.datetime) -> dt.date:
    """The date in Vietnam."""
    return at.astimezone(HERE).date()


def works(day: dt.date) -> bool:
    """Whether reps are out: Monday to Friday, no public holiday, not the week of Tết."""
    at_tet = any(-1 <= (day - first).days <= 4 for first in _TET)
    return day.weekday() < 5 and (day.month, day.day) not in _HOLIDAYS and not at_tet


def workday_near(day: dt.date, before: dt.date) -> dt.date:
    """The day itself or the last working day before it, and before `before`."""
    day = min(day, before - dt.timedelta(days=1))
    while not works(day):
        day -= dt.timedelta(days=1)
    return day


def moment(day: dt.date, worked: float) -> dt.datetime:
    """The moment (UTC) after `worked` minutes of that day's work, lunch stepped over."""
    minutes = worked if worked < MORNING_MINUTES else worked + LUNCH_MINUTES
    morning = dt.datetime.combine(day, MORNING, HERE)
    return (morning + dt.timedelta(seconds=round(minutes * 60))).astimezone(dt.UTC)


def worked_until(at: dt.datetime) -> float:
    """Minutes of that day's work that are over at a moment: the other way round of `moment`."""
    here = at.astimezone(HERE)
    minutes = (here - dt.datetime.combine(here.date(), MORNING, HERE)).total_seconds() / 60
    if minutes > MORNING_MINUTES:
        minutes = max(MORNING_MINUTES, minutes - LUNCH_MINUTES)
    return min(max(minutes, 0.0), DAY_MINUTES)


def any_moment(day: dt.date, dice: Random) -> dt.datetime:
    """Some moment of a working day."""
    return moment(day, dice.uniform(20, DAY_MINUTES - 5))
