"""Moments as people choose them: by a tap where that will do, by date and time where not; and how they come again."""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

MORNING: Final = time(9)
"""When something that names only a day falls due, where its person is."""
EVENING: Final = time(18)
AN_HOUR: Final = timedelta(hours=1)
LATER: Final = timedelta(hours=3)
FARTHEST: Final = timedelta(days=3660)
"""Ten years: whoever is reminded of more than that has mistyped a year."""

LATER_TODAY, TOMORROW, ROUTE, MONDAY, OTHER = "later", "tomorrow", "route", "monday", "other"
HOUR, THIS_EVENING, VISIT = "hour", "evening", "visit"

REPEATS: Final = ("daily", "weekdays", "weekly", "fortnightly", "monthly")
_SATURDAY: Final = 5


class BadMoment(ValueError):
    """No moment that somebody could mean: `unread`, `past` or `far`."""


def chosen(choice: str, *, zone: str, at: datetime, route_day: date | None) -> datetime | None:
    """The moment behind a tap; None for one that says nothing by itself.

    `route_day` is the customer's next one, where there is one.
    """
    here = at.astimezone(ZoneInfo(zone))
    today = here.date()
    match choice:
        case "hour":
            return at + AN_HOUR
        case "later":
            return later_today(at, zone) or morning(today + timedelta(days=1), zone)
        case "evening":
            return evening(at, zone) or morning(today + timedelta(days=1), zone)
        case "tomorrow":
            return morning(today + timedelta(days=1), zone)
        case "monday":
            return morning(today + timedelta(days=7 - today.weekday()), zone)
        case "route" if route_day is not None and route_day > today:
            return morning(route_day, zone)
    return None


def morning(day: date, zone: str) -> datetime:
    """Nine o'clock of that day, where the person is."""
    return datetime.combine(day, MORNING, ZoneInfo(zone))


def later_today(at: datetime, zone: str) -> datetime | None:
    """In three hours, on the half hour; None when that is after six in the evening."""
    then = (at + LATER).astimezone(ZoneInfo(zone))
    then = then.replace(minute=30 if then.minute >= 30 else 0, second=0, microsecond=0)
    here = at.astimezone(ZoneInfo(zone))
    return then if then.date() == here.date() and then.time() <= EVENING else None


def evening(at: datetime, zone: str) -> datetime | None:
    """Six o'clock today; None when that is less than half an hour away."""
    here = at.astimezone(ZoneInfo(zone))
    then = datetime.combine(here.date(), EVENING, ZoneInfo(zone))
    return then if then - at >= timedelta(minutes=30) else None


def typed(day: str, hour: str, zone: str) -> datetime:
    """What was typed into a date and a time field; without a time, that day's morning. Raises `BadMoment`."""
    try:
        typed_day = date.fromisoformat(day.strip())
        typed_time = time.fromisoformat(hour.strip()) if hour.strip() else MORNING
        return datetime.combine(typed_day, typed_time.replace(tzinfo=None), ZoneInfo(zone))
    except ValueError:
        raise BadMoment("unread") from None


def exact(text: str, zone: str) -> datetime:
    """A whole moment (ISO 8601); one without a zone is meant where the person is. Raises `BadMoment`."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadMoment("unread") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))


def checked(moment: datetime, at: datetime) -> datetime:
    """The same, if it lies ahead of `at` and within ten years. Raises `BadMoment`."""
    try:
        ahead = moment - at
    except OverflowError:
        raise BadMoment("far") from None
    if ahead <= timedelta(0):
        raise BadMoment("past")
    if ahead > FARTHEST:
        raise BadMoment("far")
    return moment


def next_after(
    due_at: datetime, repeats: str, *, after: datetime, zone: str, day_of_month: int | None = None
) -> datetime:
    """When it comes again: the first of its moments behind both `due_at` and `after`, at the same time by the wall.

    What was missed is not piled up. The 31st is the last day of a shorter month (`day_of_month`).
    """
    here = due_at.astimezone(ZoneInfo(zone))
    for day in _days(here.date(), repeats, day_of_month or here.day):
        moment = datetime.combine(day, here.time(), ZoneInfo(zone))
        if moment > after and moment > due_at:
            return moment
    raise AssertionError("days never end")


def _days(first: date, repeats: str, day_of_month: int) -> Iterator[date]:
    """The days behind `first` on which it comes."""
    for step in count(1):
        match repeats:
            case "daily" | "weekdays":
                day = first + timedelta(days=step)
                if repeats == "daily" or day.weekday() < _SATURDAY:
                    yield day
            case "weekly" | "fortnightly":
                yield first + timedelta(weeks=step * (2 if repeats == "fortnightly" else 1))
            case _:
                yield _in_month(first.year * 12 + first.month - 1 + step, day_of_month)


def _in_month(month: int, day: int) -> date:
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))
