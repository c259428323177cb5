"""Weekdays and weeks as people say them."""

from __future__ import annotations

from datetime import date

from flask import Flask

from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.routes.models import Route
from crmweb.routes.weeks import EVEN, EVERY, ODD


def weekday_short(day: int) -> str:
    """`Mon`, `T2`; Monday is 0."""
    return (_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun"))[day]


def weekday_name(day: int) -> str:
    """`Monday`, `thứ Hai`."""
    names = (
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    )  # fmt: skip
    return names[day]


def weekdays_words(weekdays: int) -> str:
    """`Monday` for one day, `Mon, Thu` for several, `Mon–Sat` for three and more in a row."""
    days = [day for day in range(7) if weekdays >> day & 1]
    if len(days) == 1:
        return weekday_name(days[0])
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{weekday_short(days[0])}–{weekday_short(days[-1])}"
    return ", ".join(map(weekday_short, days))


def weeks_words(weeks: str) -> str:
    return {EVERY: _("every week"), ODD: _("odd weeks"), EVEN: _("even weeks")}[weeks]


def week_words(day: date) -> str:
    """`Week 45, odd`, by the calendar on the wall."""
    week = day.isocalendar().week
    return _("Week %(week)s, odd", week=week) if week % 2 else _("Week %(week)s, even", week=week)


def route_name(route: Route) -> str:
    """Its own name, else its days."""
    if route.name:
        return route.name
    days = weekdays_words(route.weekdays)
    return days[:1].upper() + days[1:]


def stops_words(count: int) -> str:
    return ngettext("%(num)s stop", "%(num)s stops", count)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        weekday_short=weekday_short, weekdays_words=weekdays_words, weeks_words=weeks_words,
        week_words=week_words, route_name=route_name, stops_words=stops_words,
    )  # fmt: skip
