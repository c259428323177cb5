"""How the timeline says what was written to a customer, and whether they want that."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from crmweb.languages import chosen_zone, short_date
from crmweb.languages import gettext as _
from crmweb.timeline.said import Said


def channel_name(channel: str) -> str:
    """By what a message goes."""
    return {"email": _("Email"), "sms": "SMS", "zalo": "Zalo", "push": _("Push")}.get(channel, channel)


def followup_reason(reason: str) -> str:
    """Why a message to a customer was cancelled or could not be delivered, in plain words."""
    words = {
        "by_hand": _("taken back by one of us"), "answered": _("they answered"),
        "spoken": _("somebody spoke with them since"), "taken_back": _("the result was taken back"),
        "archived": _("the customer is put away"), "former": _("no customer any more"),
        "contact_gone": _("the contact is not there any more"), "writer_gone": _("its writer left"),
        "handed_over": _("the customer was handed over"), "withdrawn": _("they want no more messages"),
        "no_consent": _("they had not agreed to be written to"), "cancelled": _("not needed any more"),
        "unreachable": _("what was sent to this address came back"),
    }  # fmt: skip
    if reason in words:
        return words[reason]
    if came_back := _CAME_BACK.match(reason):
        return _why_it_came_back(came_back["status"], came_back["words"])
    if said := reason.partition("the mail server said ")[2]:
        return _("their mail server does not take it: %(words)s", words=said)
    if said := reason.partition("the SMS gateway did not take it: ")[2]:
        return _("the SMS service does not take it: %(words)s", words=said)
    return _("it could not be sent")


_CAME_BACK: Final = re.compile(r"came back (?P<status>\d+\.\d+\.\d+): ?(?P<words>.*)", re.DOTALL)


def _why_it_came_back(status: str, words: str) -> str:
    """By the status codes of RFC 3463 that people can do something about; else in the far end's own words."""
    if status in ("5.1.1", "5.1.6", "5.2.1"):
        return _("there is no such mailbox")
    if status in ("5.1.2", "5.1.10", "5.4.4", "4.4.4"):
        return _("nobody takes mail at the part after the @")
    if status in ("5.2.2", "4.2.2"):
        return _("their mailbox is full")
    if status.startswith(("5.7.", "4.7.")):
        return _("their mail server takes it for unwanted")
    if status.startswith("4.4."):
        return _("their mail server did not answer for days")
    return _("it came back: %(words)s", words=words) if words else _("it came back")


def _followup(icon: str, shape: str, title: Callable[[str, str], str]) -> Callable[[dict[str, Any]], Said]:
    def say(payload: dict[str, Any]) -> Said:
        told = title(channel_name(payload.get("channel", "")), payload.get("name", ""))
        why = followup_reason(payload["reason"]) if payload.get("reason") else _goes(payload)
        return Said(icon, told, why, payload.get("subject") or payload.get("text", ""), shape)

    return say


def _goes(payload: dict[str, Any]) -> str:
    """When it went, or will."""
    try:
        moment = datetime.fromisoformat(payload.get("ended") or payload["due"])
    except (KeyError, TypeError, ValueError):
        return ""
    return moment_words(moment)


def moment_words(moment: datetime) -> str:
    """`20 Nov 09:00`, where the reader is."""
    here = moment.astimezone(ZoneInfo(chosen_zone()))
    return f"{short_date(here.date())} {here:%H:%M}"


def _consent_given(payload: dict[str, Any]) -> Said:
    channel, name = channel_name(payload.get("channel", "")), payload.get("name", "")
    how = {"spoken": _("spoken"), "written": _("in writing"), "form": _("on a form")}.get(
        payload.get("how", ""), ""
    )
    return Said("check", _("%(name)s agreed to %(channel)s", name=name, channel=channel), how, shape="ok")


def _consent_withdrawn(payload: dict[str, Any]) -> Said:
    channel, name = channel_name(payload.get("channel", "")), payload.get("name", "")
    how = {"link": _("by the link in a message"), "answer": _("by an answer")}.get(payload.get("how", ""), "")
    return Said("x", _("%(name)s wants no more %(channel)s", name=name, channel=channel), how, shape="open")


def _answered(payload: dict[str, Any]) -> Said:
    channel, name = channel_name(payload.get("channel", "")), payload.get("name", "")
    if payload.get("told"):
        return Said("reply", _("%(name)s answered", name=name), shape="ok")
    told = [_("from %(address)s", address=payload["sender"])] if payload.get("sender") else []
    if payload.get("files"):
        told.append(_("with attachments, which stay in the mailbox"))
    if not payload.get("text"):
        told.append(_("without words"))
    title = _("%(name)s answered by %(channel)s", name=name, channel=channel)
    return Said("reply", title, ", ".join(told), payload.get("text", ""), shape="ok")


def _came_back(payload: dict[str, Any]) -> Said:
    channel, name = channel_name(payload.get("channel", "")), payload.get("name", "")
    title = _("%(channel)s to %(name)s came back", channel=channel, name=name)
    return Said("triangle-alert", title, followup_reason(payload.get("reason", "")), shape="late")


SAY_OF_MESSAGES: Final[dict[str, Callable[[dict[str, Any]], Said]]] = {
    "followup.planned": _followup(
        "mail", "open", lambda channel, name: _("%(channel)s planned to %(name)s", channel=channel, name=name)
    ),
    "followup.sent": _followup(
        "mail", "ok", lambda channel, name: _("%(channel)s sent to %(name)s", channel=channel, name=name)
    ),
    "followup.failed": _followup(
        "triangle-alert",
        "late",
        lambda channel, name: _("%(channel)s did not reach %(name)s", channel=channel, name=name),
    ),
    "followup.cancelled": _followup(
        "x", "", lambda channel, name: _("%(channel)s to %(name)s cancelled", channel=channel, name=name)
    ),
    "followup.answered": _answered,
    "followup.bounced": _came_back,
    "consent.given": _consent_given,
    "consent.withdrawn": _consent_withdrawn,
}
