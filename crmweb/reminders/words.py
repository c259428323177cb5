"""How a reminder is said: when it falls due, and who promised it."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask
from flask_babel import get_locale

from crmweb import clock
from crmweb.languages import chosen_zone, ngettext, short_date
from crmweb.languages import gettext as _
from crmweb.names import given_name
from crmweb.notifications.choices import choices_of
from crmweb.reminders.models import Reminder
from crmweb.reminders.moments import (
    AN_HOUR,
    EVENING,
    HOUR,
    LATER_TODAY,
    MONDAY,
    MORNING,
    OTHER,
    ROUTE,
    THIS_EVENING,
    TOMORROW,
    VISIT,
    evening,
    later_today,
    morning,
)

_SUNDAY = 6


class Falls(NamedTuple):
    """When it falls due, in words and as the kind of state in which they are drawn."""

    state: str
    words: str


def falls(reminder: Reminder) -> Falls:
    """`2 days late`, `By today`, `By Fri 21 Nov`: where the reader is."""
    here = reminder.due_at.astimezone(ZoneInfo(chosen_zone()))
    days = (here.date() - clock.today(chosen_zone())).days
    if reminder.waits_for_visit and days > 0:
        return Falls("open", _("At the next visit, by %(day)s at the latest", day=_day_words(here, days)))
    if days < 0:
        return Falls("late", ngettext("%(num)s day late", "%(num)s days late", -days))
    if days > 0:
        day = _day_words(here, days)
        if reminder.promised_by is None:
            return Falls("planned", day if reminder.whole_day else f"{day} {here:%H:%M}")
        return Falls("planned", _("By %(day)s", day=day))
    if reminder.whole_day:
        return Falls("due", _("Today") if reminder.promised_by is None else _("By today"))
    late = reminder.due_at < clock.now()
    words = (
        _("Late since %(time)s", time=f"{here:%H:%M}") if late else _("Due at %(time)s", time=f"{here:%H:%M}")
    )
    return Falls("late" if late else "due", words)


def _day_words(here: datetime, days: int) -> str:
    """With the day of the week as long as it says which one is meant."""
    if days > 13:
        return short_date(here.date())
    return str(
        flask_babel.format_date(here.date(), "ccccc d/M" if str(get_locale()) == "vi" else "EEE d MMM")
    )


Choice = tuple[str, str, str]
"""The value of a chip, its words, and the small words beside it."""


def moment_choices(zone: str, route_day: date | None) -> list[Choice]:
    """The moments that a tap can choose now."""
    at = clock.now()
    later, days = later_today(at, zone), at.astimezone(ZoneInfo(zone)).date()
    choices = [(LATER_TODAY, _("Later today"), f"{later:%H:%M}")] if later else []
    choices.append((TOMORROW, _("Tomorrow"), f"{MORNING:%H:%M}"))
    if route_day is not None and route_day > days:
        choices.append((ROUTE, _("Next route day"), _day_words(morning(route_day, zone), 0)))
    if days.weekday() != _SUNDAY:
        choices.append((MONDAY, _("Next Monday"), f"{MORNING:%H:%M}"))
    return [*choices, (OTHER, _("Another moment"), "")]


def lasting_choices() -> list[Choice]:
    """Those that hold on any day, for a page that a phone keeps: they are reckoned from when the form is filled in."""
    return [
        (LATER_TODAY, _("Later today"), ""),
        (TOMORROW, _("Tomorrow"), f"{MORNING:%H:%M}"),
        (MONDAY, _("Next Monday"), f"{MORNING:%H:%M}"),
        (OTHER, _("Another moment"), ""),
    ]


def snooze_choices(reminder: Reminder, zone: str) -> list[Choice]:
    """The moments to which a tap can put it off."""
    at = clock.now()
    choices = [(HOUR, _("In an hour"), f"{(at + AN_HOUR).astimezone(ZoneInfo(zone)):%H:%M}")]
    if evening(at, zone):
        choices.append((THIS_EVENING, _("This evening"), f"{EVENING:%H:%M}"))
    choices.append((TOMORROW, _("Tomorrow"), f"{MORNING:%H:%M}"))
    if reminder.customer_id is not None:
        choices.append((VISIT, _("Next visit"), ""))
    return choices


def repeat_choices() -> list[tuple[str, str]]:
    """How it may come again."""
    return [
        ("", _("Once")), ("daily", _("Every day")), ("weekdays", _("Monday to Friday")), ("weekly", _("Every week")),
        ("fortnightly", _("Every two weeks")), ("monthly", _("Every month")),
    ]  # fmt: skip


def repeats_words(reminder: Reminder) -> str:
    """How it comes again; nothing for what comes once."""
    return dict(repeat_choices()).get(reminder.repeats or "", "") if reminder.repeats else ""


def quiet_words(person_id: uuid.UUID, zone: str) -> str:
    """When nobody is told anything, beside where a moment is chosen."""
    quiet = choices_of(person_id)
    if quiet.quiet_from is None or quiet.quiet_until is None:
        return ""
    return _(
        "Between %(begins)s and %(ends)s your phone stays quiet: what falls due then is told when it ends.",
        begins=f"{quiet.quiet_from:%H:%M}", ends=f"{quiet.quiet_until:%H:%M}",
    )  # fmt: skip


def promised_by(reminder: Reminder) -> str:
    """Who promised it; nothing where nobody did."""
    if reminder.promised_by is None:
        return ""
    if reminder.promised_by == "them":
        return _("they promised")
    return _("%(name)s promised", name=given_name(reminder.person.name))


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(falls=falls, promised_by=promised_by, repeats_words=repeats_words)
    app.jinja_env.globals.update(
        moment_choices=moment_choices, snooze_choices=snooze_choices, repeat_choices=repeat_choices,
        quiet_words=quiet_words,
    )  # fmt: skip
