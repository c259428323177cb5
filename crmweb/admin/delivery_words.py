"""How a delivery is said to an admin."""

from __future__ import annotations

from datetime import datetime, timedelta

from babel.dates import format_timedelta
from flask import Flask

from crmweb import clock
from crmweb.languages import gettext as _
from crmweb.languages import language
from crmweb.notifications.models import CANCELLED, DEAD, FAILED, SENT, Delivery


def subject(delivery: Delivery) -> str:
    """What it is about, as its reader sees it first."""
    told = delivery.payload
    first = str(told.get("title") or told.get("subject") or told.get("text") or "").strip().splitlines()
    return first[0][:120] if first else _("Without words")


def delivery_state(delivery: Delivery) -> tuple[str, str]:
    """The kind of state that it is drawn as, and its words."""
    if delivery.state == SENT:
        return "ok", _("Sent")
    if delivery.state == CANCELLED:
        return "planned", _("Cancelled")
    if delivery.state in (FAILED, DEAD):
        return "late", _("Refused") if delivery.state == FAILED else _("Tried eight times in vain")
    return "open", _("Waiting") if delivery.next_at > clock.now() else _("On its way")


def ago(moment: datetime) -> str:
    """`12 sec`, `3 min`, `2 days`: how long since, in the largest unit that fits."""
    since = max(clock.now() - moment, timedelta(0))
    return format_timedelta(since, threshold=1, format="short", locale=language())


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(subject=subject, delivery_state=delivery_state, ago=ago)
