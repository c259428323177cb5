"""How a day is said: on the screen in short, and as a text to send to somebody."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask

from crmweb.languages import distance, language, ngettext, short_date
from crmweb.languages import gettext as _
from crmweb.team.days import AHEAD, DONE, OPEN, SKIPPED, PersonDay
from crmweb.team.my_day import MyDay
from crmweb.visits.doubt_words import minutes_words, time_there, verdict_words
from crmweb.visits.models import Visit
from crmweb.visits.words import outcome_words

KIND_OF_STATE = {DONE: "ok", OPEN: "due", SKIPPED: "open", AHEAD: "planned"}


def steps_words(day: PersonDay) -> str:
    """`3 done, 1 being visited, 1 skipped, 4 ahead`: the row of steps for ears."""
    states = day.states()
    return ", ".join(
        words
        for words in (
            ngettext("%(num)s done", "%(num)s done", states[DONE]),
            ngettext("%(num)s being visited", "%(num)s being visited", states[OPEN]) if states[OPEN] else "",
            ngettext("%(num)s skipped", "%(num)s skipped", states[SKIPPED]) if states[SKIPPED] else "",
            ngettext("%(num)s ahead", "%(num)s ahead", states[AHEAD]),
        )
        if words
    )


def skipped_words(reasons: Mapping[str, int]) -> str:
    """`2 closed, 1 taken out`."""
    words = {
        "closed": _("closed"), "owner_away": _("owner away"), "moved": _("moved"), "gone": _("gone for good"),
        "taken_out": _("taken out"),
    }  # fmt: skip
    most_first = Counter(reasons).most_common()
    return ", ".join(f"{count} {words.get(reason, reason)}" for reason, count in most_first)


def stop_words(state: str) -> str:
    """The state of one stop."""
    if state == AHEAD:
        return _("Planned")
    return {DONE: _("Visited"), OPEN: _("Being visited"), SKIPPED: _("Skipped")}[state]


def result_words(visit: Visit) -> str:
    """`Order taken, 12 minutes`; where nothing was said, that it is open or has no result."""
    if visit.outcome is not None:
        return ", ".join(filter(None, [outcome_words(visit.outcome), minutes_words(visit)]))
    return _("Still open") if visit.ended_at is None else _("No result yet")


def visited_words(day: PersonDay) -> str:
    """`5 of 8 stops visited, 1 off route, 2 skipped (1 closed, 1 taken out)`."""
    skipped = day.skipped
    parts = [
        ngettext("%(done)s of %(num)s stop visited", "%(done)s of %(num)s stops visited", day.planned, done=day.done)
        if day.planned else "",
        ngettext("%(num)s off route", "%(num)s off route", day.off_route) if day.off_route else "",
        _("%(count)s skipped (%(why)s)", count=skipped.total(), why=skipped_words(skipped)) if skipped else "",
    ]  # fmt: skip
    return ", ".join(filter(None, parts)) or _("without a route")


def as_text(found: MyDay, *, name: str, zone: str) -> str:
    """The day to send to somebody: the same figures as the screen, in the reader's language."""
    day = flask_babel.format_date(found.on, "EEEE, d/M/y" if language() == "vi" else "EEEE, d MMM y")
    lines = [f"{name} · {day}", visited_words(found.day)]
    if found.metres:
        lines.append(_("About %(distance)s, an estimate", distance=distance(found.metres)))
    lines += [_visit_line(visit, zone) for visit in found.day.visits]
    if found.reminders:
        lines += ["", _("Next steps and promises")]
    for reminder, customer in found.reminders:
        until = short_date(local_day(reminder.due_at, zone))
        lines.append(f"{until} {reminder.text}{f' · {customer}' if customer else ''}")
    return "\n".join(lines)


def _visit_line(visit: Visit, zone: str) -> str:
    said = ", ".join([result_words(visit), verdict_words(visit)])
    note = f"\n   {visit.note.text}" if visit.note else ""
    return f"{time_there(visit.started_at, zone)} {visit.customer_name}: {said}{note}"


def local_day(moment: datetime, zone: str) -> date:
    """The date of a moment where somebody is."""
    return moment.astimezone(ZoneInfo(zone)).date()


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        steps_words=steps_words,
        skipped_words=skipped_words,
        result_words=result_words,
        visited_words=visited_words,
        stop_kind=lambda state: KIND_OF_STATE[state],
        stop_words=stop_words,
        local_day=local_day,
    )
