"""How a visit is said in a row: the verdict in short, and on one line what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Flask

from crmweb.languages import distance, ngettext
from crmweb.languages import gettext as _
from crmweb.timeline.words import verdict_name
from crmweb.visits.doubts import Matter
from crmweb.visits.models import Visit
from crmweb.visits.verdicts import AWAY, ON_SITE, UNPROVEN
from crmweb.visits.words import facts, reason_words, unbroken

KIND_OF_STATE = {ON_SITE: "ok", AWAY: "late", UNPROVEN: "open"}
"""The shape and colour of a verdict."""
NAMED = 2
"""Customers of a matter that its row names."""


def verdict_words(visit: Visit) -> str:
    """`On site`, `420 m away`, `Location unproven`; for a call, that it was one."""
    if visit.verdict == AWAY and visit.distance_m is not None:
        return _("%(distance)s away", distance=distance(visit.distance_m))
    if visit.verdict is None:
        return {"phone": _("On the phone"), "zalo": _("On Zalo")}.get(visit.kind, _("Visit"))
    return verdict_name(visit.verdict)


def evidence_words(visit: Visit) -> str:
    """Why a place is unproven, and the numbers: `The position is too coarse to tell. Accuracy 250 m · …`."""
    said_elsewhere = {_("Why"), _("Distance from the pin") if visit.verdict == AWAY else ""}
    usual = _("at the check-in")
    numbers = "\u00a0· ".join(
        f"{name} {unbroken(value)}"
        for name, value in facts(visit)
        if name not in said_elsewhere and value != usual
    )
    return " ".join(filter(None, [reason_words(visit.reason or ""), numbers]))


def matter_words(matter: Matter) -> str:
    """The verdict on all of a matter's check-ins: `420 m to 2.1 km away`, `Location unproven`."""
    if matter.first.visit.verdict == AWAY:
        return _("%(distance)s away", distance=_span([each.visit.distance_m for each in matter.doubts]))
    return verdict_words(matter.first.visit)


def matter_evidence(matter: Matter) -> str:
    """What the verdict rests on: the reason that they share, and the numbers from the least to the most."""
    accuracy = _span([each.visit.accuracy_m for each in matter.doubts])
    reason = reason_words(matter.first.visit.reason or "")
    return " ".join(
        filter(None, [reason, _("Accuracy %(distance)s.", distance=accuracy) if accuracy else ""])
    )


def matter_places(matter: Matter) -> str:
    """Where it was: one customer by name, of several the latest two and how many more."""
    names = list(dict.fromkeys(each.visit.customer_name for each in matter.doubts))
    told = ", ".join(names[:NAMED])
    more = len(names) - NAMED
    return (
        ngettext("%(names)s and %(num)s more", "%(names)s and %(num)s more", more, names=told)
        if more > 0
        else told
    )


def _span(metres: Sequence[float | None]) -> str:
    """From the shortest distance to the longest, if any is known."""
    known = sorted(each for each in metres if each is not None)
    ends = list(dict.fromkeys(distance(each) for each in (known[:1] + known[-1:])))
    return _("%(least)s to %(most)s", least=ends[0], most=ends[1]) if len(ends) == 2 else "".join(ends)


def accuracy_words(metres: float | None) -> str:
    return _("accuracy %(distance)s", distance=distance(metres)) if metres is not None else ""


def minutes_words(visit: Visit) -> str:
    return ngettext("%(num)s minute", "%(num)s minutes", visit.minutes) if visit.minutes else ""


def time_there(moment: datetime, zone: str) -> str:
    """`08:15` where somebody is."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        verdict_words=verdict_words,
        verdict_kind=lambda visit: KIND_OF_STATE.get(visit.verdict or "", "planned"),
        evidence_words=evidence_words,
        matter_words=matter_words,
        matter_evidence=matter_evidence,
        matter_places=matter_places,
        accuracy_words=accuracy_words,
        minutes_words=minutes_words,
        time_there=time_there,
    )
