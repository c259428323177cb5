"""How the timeline says what was written to a customer, and whether they want that."""

from __future__ import annotations

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
    }  # fmt: skip
    if reason in words:
        return words[reason]
    if said := reason.partition("the mail server said ")[2]:
        return _("their mail server does not take it: %(words)s", words=said)
    if said := reason.partition("the SMS gateway did not take it: ")[2]:
        return _("the SMS service does not take it: %(words)s", words=said)
    return _("it could not be sent")


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
    by_link = _("by the link in a message") if payload.get("how") == "link" else ""
    return Said(
        "x", _("%(name)s wants no more %(channel)s", name=name, channel=channel), by_link, shape="open"
    )


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
    "consent.given": _consent_given,
    "consent.withdrawn": _consent_withdrawn,
}
