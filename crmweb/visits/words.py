"""How a visit is said: where its visitor was and how sure that is, in words and numbers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import flask_babel
from flask import Flask
from flask_babel import get_locale

from crmweb import clock
from crmweb.languages import chosen_zone, distance, ngettext
from crmweb.languages import gettext as _
from crmweb.timeline.words import outcome_name
from crmweb.visits.models import Visit
from crmweb.visits.outcomes import Outcome
from crmweb.visits.verdicts import AWAY, ON_SITE

SKEW_S = 5 * 60
"""Seconds from which a phone's wrong clock is told."""
FAST_KMH = 120
"""Faster than anybody rides from shop to shop; told from here on."""


AT_ONCE_S = 10
"""Seconds between position and check-in that make no difference to somebody on foot."""


class PlaceSaid(NamedTuple):
    """Where somebody was: a title, more about it, and whether it is certain (`ok`), `late` or still `open`."""

    title: str
    detail: str
    kind: str


def place_said(visit: Visit) -> PlaceSaid:
    """The verdict on a visit, with the numbers that it rests on."""
    numbers = _numbers(visit)
    if visit.verdict == ON_SITE:
        return PlaceSaid(_("On site"), numbers, "ok")
    if visit.verdict == AWAY and visit.distance_m is not None:
        title = _("%(distance)s away from the pin", distance=distance(visit.distance_m))
        return PlaceSaid(title, _join(_accuracy(visit), _("The visit counts all the same.")), "late")
    reason = reason_words(visit.reason or "")
    return PlaceSaid(
        _("Location unproven"), _join(reason, numbers, _("The visit counts all the same.")), "open"
    )


def _join(*sentences: str) -> str:
    return " ".join(filter(None, sentences))


def _numbers(visit: Visit) -> str:
    away = (
        _("%(distance)s from the pin.", distance=unbroken(distance(visit.distance_m)))
        if visit.distance_m is not None
        else ""
    )
    return _join(away, _accuracy(visit))


def _accuracy(visit: Visit) -> str:
    return (
        _("Accuracy %(distance)s.", distance=unbroken(distance(visit.accuracy_m)))
        if visit.accuracy_m is not None
        else ""
    )


def unbroken(value: str) -> str:
    """A number and its unit stay on one line."""
    return value.replace(" ", "\u00a0", 1)


def reason_words(reason: str) -> str:
    """Why a place proves nothing."""
    words = {
        "not_shared": _("No place shared."),
        "no_fix": _("The phone has not told where it is."),
        "old_fix": _("The position was not taken at the check-in."),
        "nowhere": _("The phone told a place that cannot be."),
        "no_accuracy": _("The phone did not tell how exact its position is."),
        "too_fast": _("Nobody comes here that quickly from the check-in before."),
        "no_pin": _("This customer has no pin yet."),
        "own_pin": _("The visitor set this pin, and nobody has confirmed it."),
        "imprecise": _("The position is too coarse to tell."),
    }
    return words.get(reason, "")


def why_name(why: str) -> str:
    """The visitor's own word for a doubtful place."""
    words = {
        "building": _("In a building"), "basement": _("Basement"), "moved": _("Customer moved"),
        "elsewhere": _("Met elsewhere"), "phone": _("Phone trouble"),
    }  # fmt: skip
    return words.get(why, why)


def kind_words(kind: str) -> str:
    """How somebody is with a customer."""
    words = {"phone": _("On the phone"), "zalo": _("On Zalo"), "closed": _("Found nobody")}
    return words.get(kind, _("In person"))


def outcome_words(name: str) -> str:
    """What came of a visit, in the company's own word where it has one."""
    return Outcome.labels().get(name) or outcome_name(name)


def facts(visit: Visit) -> list[tuple[str, str]]:
    """The numbers behind a verdict, for whoever wants to look: name and value."""
    if not visit.at_the_place:
        return []
    found = [
        (_("Distance from the pin"), distance(visit.distance_m) if visit.distance_m is not None else ""),
        (_("Accuracy"), distance(visit.accuracy_m) if visit.accuracy_m is not None else ""),
        (_("Position taken"), _age(visit)),
        (_("The phone's clock"), _ahead(visit.skew_s)),
        (_("Arrived"), _late(visit.skew_s)),
        (_("Speed since the place before"), _speed(visit.speed_kmh)),
        (_("Why"), why_name(visit.why) if visit.why else ""),
    ]
    return [(name, value) for name, value in found if value]


def _age(visit: Visit) -> str:
    """When the position was taken, seen from the check-in; both by the phone's clock."""
    if visit.fixed_at is None:
        return ""
    seconds = round((visit.fixed_at - (visit.client_at or visit.started_at)).total_seconds())
    if abs(seconds) <= AT_ONCE_S:
        return _("at the check-in")
    if seconds > 0:
        return _("%(span)s after the check-in", span=span_words(seconds))
    return _("%(span)s before the check-in", span=span_words(-seconds))


def _ahead(seconds: float | None) -> str:
    """A clock that lies ahead is wrong."""
    wrong = seconds is not None and seconds < -SKEW_S
    return _("%(span)s ahead of ours", span=span_words(-seconds)) if wrong and seconds else ""


def _late(seconds: float | None) -> str:
    """One that lies behind may be right: the phone had no signal."""
    late = seconds is not None and seconds > SKEW_S
    return _("%(span)s later", span=span_words(seconds)) if late and seconds else ""


def _speed(kmh: float | None) -> str:
    return _("%(speed)s km an hour", speed=round(kmh)) if kmh is not None and kmh > FAST_KMH else ""


def span_words(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `3 hours`, `7 days`."""
    if seconds < 90:
        return ngettext("%(num)s second", "%(num)s seconds", round(seconds))
    if seconds < 90 * 60:
        return ngettext("%(num)s minute", "%(num)s minutes", round(seconds / 60))
    if seconds < 36 * 3600:
        return ngettext("%(num)s hour", "%(num)s hours", round(seconds / 3600))
    return ngettext("%(num)s day", "%(num)s days", round(seconds / 86400))


def minutes_since(moment: datetime) -> str:
    """`12 min` until now; in the first one, that it has just begun."""
    minutes = int((clock.now() - moment).total_seconds() // 60)
    return _("%(minutes)s min", minutes=minutes) if minutes > 0 else _("just begun")


def minutes_taken(minutes: int) -> str:
    """`12 minutes`, `under a minute`."""
    return ngettext("%(num)s minute", "%(num)s minutes", minutes) if minutes else _("under a minute")


def local_date(moment: datetime) -> date:
    """The date of a moment where the reader is."""
    return moment.astimezone(ZoneInfo(chosen_zone())).date()


def weekday_date(day: date) -> str:
    """`Fri 27 Nov`, `T6 27/11`; with the year when it is another one than this."""
    pattern = "ccccc d/M" if str(get_locale()) == "vi" else "EEE d MMM"
    year = "" if day.year == clock.now().year else "/y" if str(get_locale()) == "vi" else " y"
    return str(flask_babel.format_date(day, pattern + year))


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        place_said=place_said, why_name=why_name, kind_words=kind_words, outcome_words=outcome_words,
        visit_facts=facts, minutes_since=minutes_since, minutes_taken=minutes_taken, local_date=local_date,
        weekday_date=weekday_date, days_later=lambda day, days: day + timedelta(days=days),
    )  # fmt: skip
