"""How lights are said."""

from __future__ import annotations

from crmweb.languages import gettext as _
from crmweb.lights.findings import Mark, filled
from crmweb.lights.models import Light


def name_of(what: str) -> str:
    """What a light is about."""
    names = {
        "assets": _("Front end"),
        "backup": _("Backup"),
        "certificate": _("Certificate"),
        "clock": _("Clock"),
        "database": _("Database"),
        "deliveries": _("Deliveries"),
        "disk": _("Disk"),
        "mail": _("Mail"),
        "push": _("Push"),
        "queues": _("Queues"),
        "redis": "Redis",
        "seals": _("Seals of the audit"),
        "settings": _("Settings"),
        "sms": "SMS",
        "tasks": _("Recurring tasks"),
        "workers": _("Workers"),
    }
    return names.get(what, what)


def said(light: Light) -> str:
    """What it says, in the language at work."""
    return filled(_(light.text), light.values)


def todo(light: Light) -> str:
    """What is to be done; empty where nothing is."""
    return filled(_(light.todo), light.values) if light.todo else ""


def state_of(mark: str) -> tuple[str, str]:
    """The kind of state that it is drawn as, and its words."""
    return {
        Mark.BAD.value: ("late", _("Act now")),
        Mark.NOTE.value: ("due", _("Worth knowing")),
    }.get(mark, ("ok", _("All is well")))
