"""How an entry of the audit is said."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from flask import Flask

from crmweb.accounts.words import role_name
from crmweb.audit import Entry
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext

KINDS = {
    "user": lazy_gettext("People"),
    "role": lazy_gettext("Roles"),
    "policy": lazy_gettext("Policies"),
    "customer": lazy_gettext("Customers"),
    "session": lazy_gettext("Sign-ins"),
    "delivery": lazy_gettext("Deliveries"),
    "outcome": lazy_gettext("Results of a visit"),
    "template": lazy_gettext("Templates"),
    "sequence": lazy_gettext("Sequences"),
    "week": lazy_gettext("Working days"),
    "day_off": lazy_gettext("Days off"),
    "audit": lazy_gettext("Audit"),
}
"""Kind of record → what a filter calls it."""


def action_words(action: str) -> str:
    """What was done, beside the name of what it was done to; its own name where nobody has words for it."""
    words = {
        "user.added": _("Added"),
        "user.renamed": _("Name changed"),
        "user.reached_anew": _("Email or phone changed"),
        "user.moved": _("Manager changed"),
        "user.role_changed": _("Role changed"),
        "user.deactivated": _("Deactivated"),
        "user.came_back": _("Came back"),
        "user.password_changed": _("Password changed"),
        "user.signed_out": _("Signed out by an admin"),
        "user.invited": _("Invited"),
        "user.card_printed": _("Card printed"),
        "user.phone_replaced": _("Lost phone replaced"),
        "user.ways_in_withdrawn": _("Invitation and card withdrawn"),
        "user.joined": _("Came in for the first time"),
        "customers.handed_over": _("Work handed over"),
        "role.made": _("Role made"),
        "role.changed": _("Role changed"),
        "role.removed": _("Role removed"),
        "policy.set": _("Policy set"),
        "policy.locked": _("Policy made the same for every team"),
        "policy.unlocked": _("Policy left to the teams"),
        "location.agreed": _("Agreed that the place is read"),
        "location.refused": _("Refused that the place is read"),
        "session.started": _("Signed in on a new device"),
        "session.stolen": _("Copied sign-in noticed and ended"),
        "mfa.enabled": _("Second step set up"),
        "mfa.disabled": _("Second step taken away"),
        "passkey.added": _("Passkey added"),
        "passkey.removed": _("Passkey removed"),
        "recovery.used": _("Recovery code used"),
        "recovery.renewed": _("New recovery codes"),
        "audit.exported": _("Audit exported"),
        "outcome.added": _("Result of a visit added"),
        "outcome.changed": _("Result of a visit changed"),
        "template.added": _("Template added"),
        "template.changed": _("Template changed"),
        "wording.added": _("Wording of a template added"),
        "wording.changed": _("Wording of a template changed"),
        "wording.removed": _("Wording of a template removed"),
        "sequence.added": _("Sequence added"),
        "sequence.changed": _("Sequence changed"),
        "week.added": _("Working days set"),
        "week.changed": _("Working days changed"),
        "day_off.added": _("Day off added"),
        "day_off.changed": _("Day off changed"),
        "day_off.removed": _("Day off removed"),
        "preview.begun": _("Preview begun"),
        "preview.ended": _("Preview ended"),
    }
    return words.get(action, action)


FIELDS = {
    "role": lazy_gettext("Role"),
    "manager": lazy_gettext("Manager"),
    "email": lazy_gettext("Email"),
    "phone": lazy_gettext("Phone"),
    "name": lazy_gettext("Name"),
    "at": lazy_gettext("Moment"),
    "entries": lazy_gettext("Entries"),
    "asked": lazy_gettext("Asked for"),
    "permissions": lazy_gettext("Rights"),
    "title": lazy_gettext("Title"),
    "value": lazy_gettext("Value"),
    "agreed": lazy_gettext("Agreed"),
    "version": lazy_gettext("Version of the words"),
    "team": lazy_gettext("Team"),
    "until": lazy_gettext("Works until"),
    "by": lazy_gettext("By"),
    "customers": lazy_gettext("Customers"),
    "routes": lazy_gettext("Routes"),
    "reminders": lazy_gettext("Reminders"),
    "followups": lazy_gettext("Follow-ups"),
    "unsaid": lazy_gettext("Follow-ups not sent"),
    "people": lazy_gettext("People"),
    "covers": lazy_gettext("Covers ended"),
    "customers_to": lazy_gettext("Customers to"),
    "reminders_to": lazy_gettext("Reminders to"),
    "followups_to": lazy_gettext("Follow-ups to"),
    "people_to": lazy_gettext("People to"),
}

NAMING = ("manager", "customers_to", "reminders_to", "followups_to", "people_to")
"""Values that are the id of somebody."""


def managers(entry: Entry) -> set[uuid.UUID]:
    """Whom its values name, as somebody's manager say."""
    both = (entry.values.before, entry.values.after)
    told = [values.get(name) for values in both if values for name in NAMING]
    return {uuid.UUID(each) for each in told if each}


def changes(entry: Entry, people: Mapping[uuid.UUID, str]) -> list[tuple[str, str, str]]:
    """(field, before, after), in words where there are some; ``people`` are the names of whom it may tell."""
    was, became = entry.values.before or {}, entry.values.after or {}
    named = [*was, *(name for name in became if name not in was)]
    return [
        (str(FIELDS.get(name, name)), _value(name, was, people), _value(name, became, people))
        for name in named
    ]


def _value(name: str, values: dict[str, Any], people: Mapping[uuid.UUID, str]) -> str:
    value = values.get(name)
    if value is None or value == "":
        return "–"
    if name == "role":
        return role_name(str(value))
    if name in NAMING:
        return people.get(uuid.UUID(value), str(value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(action_words=action_words, changes=changes)
