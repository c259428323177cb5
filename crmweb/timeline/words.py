"""How an entry of the timeline is said and drawn. What a slice above records has its words here too."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask

from crmweb import clock
from crmweb.geo import BadPoint, Point, haversine_m
from crmweb.languages import chosen_zone, distance, ngettext, short_date
from crmweb.languages import gettext as _
from crmweb.timeline.entries import Entry
from crmweb.timeline.message_words import SAY_OF_MESSAGES, channel_name, followup_reason, moment_words
from crmweb.timeline.said import Said

LATE = timedelta(minutes=5)
"""A phone's time is believed; how much later the entry arrived is said from here on."""


def said(entry: Entry) -> Said:
    """The words for any entry, also for a kind that nobody knows any more."""
    say = _SAY.get(entry.kind)
    return say(entry.payload) if say else Said("history", _("Something happened"), entry.kind)


def root_id(entry: Entry) -> str:
    """The id of its root element: that of the visit or the note that it stands for."""
    noun = entry.kind.partition(".")[0]
    return f"{noun if noun in ('visit', 'note') else 'event'}-{entry.id}"


def when(moment: datetime) -> str:
    """`today 09:40`, `yesterday 09:40`, `21 Oct`: where the reader is."""
    here = moment.astimezone(ZoneInfo(chosen_zone()))
    days = (clock.today(chosen_zone()) - here.date()).days
    time = f"{here:%H:%M}"
    if days in (0, 1):
        return _("today %(time)s", time=time) if days == 0 else _("yesterday %(time)s", time=time)
    return short_date(here.date())


def clock_time(moment: datetime) -> str:
    """`09:40`, where the reader is."""
    return f"{moment.astimezone(ZoneInfo(chosen_zone())):%H:%M}"


def length_words(seconds: int) -> str:
    """`0:12`: how long a recording is."""
    return f"{seconds // 60}:{seconds % 60:02}"


def sent_later(entry: Entry) -> bool:
    """Whether the entry reached us so late that it should be said."""
    return abs(entry.recorded_at - entry.at) > LATE


def field_name(name: str) -> str:
    """A fact about a customer, as it stands in a sentence."""
    words = {
        "name": _("name"), "kind": _("kind"), "code": _("code"), "tax_number": _("tax number"),
        "address": _("address"), "website": _("website"), "tier": _("tier"), "status": _("status"),
        "source": _("source"), "preferences": _("preferences"), "phones": _("phones"), "emails": _("emails"),
        "tags": _("tags"), "parent_id": _("head office"), "contacts": _("contacts"),
    }  # fmt: skip
    return words.get(name, name)


def outcome_name(outcome: str) -> str:
    """What came of a visit."""
    words = {
        "order_taken": _("Order taken"), "no_order": _("No order"), "interested": _("Interested"),
        "not_now": _("Not needed now"), "closed": _("Closed"), "owner_away": _("Owner away"),
        "moved": _("Moved"), "gone": _("Gone for good"),
    }  # fmt: skip
    return words.get(outcome, outcome)


def verdict_name(verdict: str) -> str:
    """What the phone's position says about a visit."""
    words = {"on_site": _("On site"), "away": _("Away from the shop"), "unproven": _("Location unproven")}
    return words.get(verdict, "")


def _created(payload: dict[str, Any]) -> Said:
    source = payload.get("source")
    return Said("store", _("Customer added"), _("From: %(source)s", source=source) if source else "")


def _changed(payload: dict[str, Any]) -> Said:
    changed = ", ".join(field_name(str(name)) for name in payload.get("fields", []))
    return Said("pencil", _("Changed: %(fields)s", fields=changed) if changed else _("Changed"))


def _archived(_payload: dict[str, Any]) -> Said:
    return Said("x", _("Put away"))


def _restored(_payload: dict[str, Any]) -> Said:
    return Said("undo-2", _("Brought back"))


def _pin_moved(payload: dict[str, Any]) -> Said:
    try:
        before, after = (Point(*payload[name]) for name in ("from", "to"))
    except (BadPoint, KeyError, TypeError):
        return Said("map-pin", _("Pin moved"))
    return Said("map-pin", _("Pin moved by %(distance)s", distance=distance(haversine_m(before, after))))


def _pin_removed(_payload: dict[str, Any]) -> Said:
    return Said("map-pin-off", _("Pin taken away"))


def _assigned(payload: dict[str, Any]) -> Said:
    person, other = payload.get("person"), payload.get("stands_in_for")
    if other:
        return Said("user-round", _("%(person)s stands in for %(other)s", person=person, other=other))
    return Said("user-round", _("%(person)s looks after them", person=person), payload.get("line", ""))


def _unassigned(payload: dict[str, Any]) -> Said:
    person, other = payload.get("person"), payload.get("stands_in_for")
    if other:
        words = _("%(person)s no longer stands in for %(other)s", person=person, other=other)
        return Said("user-round", words)
    return Said(
        "user-round", _("%(person)s no longer looks after them", person=person), payload.get("line", "")
    )


def _handed_over(payload: dict[str, Any]) -> Said:
    told = {"person": payload.get("person"), "before": payload.get("before")}
    return Said("user-round", _("%(person)s looks after them now, after %(before)s", **told))


def _visiting(payload: dict[str, Any]) -> Said:
    """It is open now."""
    title = {"phone": _("On the phone now"), "zalo": _("On Zalo now")}.get(
        payload.get("kind", ""), _("Visiting now")
    )
    return _visit(title, payload)


def _left(payload: dict[str, Any]) -> Said:
    """The next check-in ended it, and nobody said yet what came of it."""
    return _visit(_("Visit, result not told yet"), payload)


def _visited(payload: dict[str, Any]) -> Said:
    outcome = payload.get("outcome", "")
    name = payload.get("outcome_label") or outcome_name(outcome)
    kind = {"phone": _("Call"), "zalo": "Zalo"}.get(payload.get("kind", ""), _("Visit"))
    return _visit(f"{kind} · {name}" if outcome else kind, payload)


def _visit(title: str, payload: dict[str, Any]) -> Said:
    verdict, kind = payload.get("verdict", ""), payload.get("kind", "")
    shape = {"on_site": "ok", "away": "late", "unproven": "open"}.get(verdict, "")
    icon = {"phone": "phone", "zalo": "message-circle"}.get(
        kind, "check" if verdict == "on_site" else "crosshair"
    )
    told = [_verdict(payload), _minutes(payload), *_circumstances(payload)]
    return Said(icon, title, ", ".join(filter(None, told)), shape=shape)


def _verdict(payload: dict[str, Any]) -> str:
    verdict, metres = payload.get("verdict", ""), payload.get("distance_m")
    if verdict == "away" and metres is not None:
        return _("%(distance)s away from the pin", distance=distance(metres))
    return verdict_name(verdict)


def _circumstances(payload: dict[str, Any]) -> list[str]:
    """How else it went: by a helper, with whom, and what is next."""
    told = [_("helped out")] if payload.get("helper") else []
    if people := payload.get("attendees"):
        told.append(_("with %(people)s", people=", ".join(map(str, people))))
    if payload.get("estimated"):
        told.append(_("end estimated"))
    if day := payload.get("next_on"):
        told.append(_("next on %(day)s", day=short_date(date.fromisoformat(day))))
    if payload.get("no_next"):
        told.append(_("no next step"))
    return told


def _noted(payload: dict[str, Any]) -> Said:
    icon, title = {
        "phone": ("phone", _("Note on the call")),
        "zalo": ("message-circle", _("Note on the Zalo message")),
    }.get(payload.get("about", ""), ("notebook-pen", _("Note")))
    return Said(icon, title, _unheard(payload), payload.get("text", ""))


def _unheard(payload: dict[str, Any]) -> str:
    """A note that was said, of which nothing is left to be heard."""
    return "" if payload.get("text") or payload.get("voice") else _("Its recording is no longer kept.")


def _promise(payload: dict[str, Any], ours: str, theirs: str) -> Said:
    title = theirs if payload.get("by") == "them" else ours
    return Said("handshake", title, quote=payload.get("text", ""))


def _promise_made(payload: dict[str, Any]) -> Said:
    said = _promise(payload, _("Promised by us"), _("Promised by them"))
    try:
        until = datetime.fromisoformat(payload["until"]).astimezone(ZoneInfo(chosen_zone()))
    except (KeyError, TypeError, ValueError):
        return said
    return said._replace(detail=_("By %(day)s", day=short_date(until.date())), shape="open")


def _promise_kept(payload: dict[str, Any]) -> Said:
    return _promise(payload, _("We kept a promise"), _("They kept a promise"))._replace(
        icon="check", shape="ok"
    )


def _promise_reopened(payload: dict[str, Any]) -> Said:
    return _promise(payload, _("Our promise is still to keep"), _("Their promise is still to keep"))


def _promise_taken_back(payload: dict[str, Any]) -> Said:
    said = _promise(payload, _("Our promise was taken back"), _("Their promise was taken back"))
    return said._replace(icon="undo-2")


def _called(payload: dict[str, Any]) -> Said:
    return Said("phone", _("Call"), _minutes(payload), payload.get("text", ""))


def _minutes(payload: dict[str, Any]) -> str:
    minutes = payload.get("minutes")
    return ngettext("%(num)s minute", "%(num)s minutes", int(minutes)) if minutes else ""


_SAY: dict[str, Callable[[dict[str, Any]], Said]] = {
    "customer.created": _created,
    "customer.changed": _changed,
    "customer.archived": _archived,
    "customer.restored": _restored,
    "pin.moved": _pin_moved,
    "pin.removed": _pin_removed,
    "assignment.started": _assigned,
    "assignment.ended": _unassigned,
    "assignment.handed_over": _handed_over,
    "visit.started": _visiting,
    "visit.left": _left,
    "visit.finished": _visited,
    "note.written": _noted,
    "call.logged": _called,
    "promise.made": _promise_made,
    "promise.kept": _promise_kept,
    "promise.reopened": _promise_reopened,
    "promise.taken_back": _promise_taken_back,
    **SAY_OF_MESSAGES,
}


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(
        said=said,
        length_words=length_words,
        root_id=root_id,
        when=when,
        clock_time=clock_time,
        sent_later=sent_later,
        outcome_name=outcome_name,
        verdict_name=verdict_name,
        channel_name=channel_name,
        followup_reason=followup_reason,
        moment_words=moment_words,
    )
