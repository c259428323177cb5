"""How a reminder is said: when it falls due, and who promised it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask
from flask_babel import get_locale

from crmweb import clock
from crmweb.languages import chosen_zone, ngettext, short_date
from crmweb.languages import gettext as _
from crmweb.names import given_name
from crmweb.reminders.models import Reminder


class Falls(NamedTuple):
    """When it falls due, in words and as the kind of state in which they are drawn."""

    state: str
    words: str


def falls(reminder: Reminder) -> Falls:
    """`2 days late`, `Due today`, `By Fri 21 Nov`: where the reader is."""
    here = reminder.due_at.astimezone(ZoneInfo(chosen_zone()))
    days = (here.date() - clock.today(chosen_zone())).days
    if days < 0:
        return Falls("late", ngettext("%(num)s day late", "%(num)s days late", -days))
    if days > 0:
        return Falls("planned", _("By %(day)s", day=_day_words(here, days)))
    if reminder.whole_day:
        return Falls("due", _("Due today"))
    late = reminder.due_at < clock.now()
    words = (
        _("Late since %(time)s", time=f"{here:%H:%M}") if late else _("Due at %(time)s", time=f"{here:%H:%M}")
    )
    return Falls("late" if late else "due", words)


def _day_words(here: datetime, days: int) -> str:
    """With the day of the week as long as it says which one is meant."""
    if days > 13:
        return short_date(here.date())
    return str(flask_babel.format_date(here.date(), "ccc d/M" if str(get_locale()) == "vi" else "EEE d MMM"))


def promised_by(reminder: Reminder) -> str:
    """Who promised it; nothing where nobody did."""
    if reminder.promised_by is None:
        return ""
    if reminder.promised_by == "them":
        return _("they promised")
    return _("%(name)s promised", name=given_name(reminder.person.name))


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(falls=falls, promised_by=promised_by)
