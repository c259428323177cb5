"""How it is said whether a notice reached its person."""

from __future__ import annotations

from flask import Flask

from crmweb.languages import gettext as _
from crmweb.notifications.notices import TOLD, UNREACHED, Notice


def reached(notice: Notice) -> tuple[str, str]:
    """The kind of state that it is drawn as, and its words."""
    if notice.state == TOLD:
        return "ok", {"push": _("Sent to your devices"), "sms": _("Sent by SMS")}.get(
            notice.channel or "", _("Sent by email")
        )
    if notice.state == UNREACHED:
        return "late", _("Not delivered") if notice.seen_at is None else _("Not delivered, seen here")
    return "open", _("On its way")


def init_app(app: Flask) -> None:
    app.jinja_env.filters["reached"] = reached
