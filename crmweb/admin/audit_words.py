"""How an entry of the audit is said."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from flask import Flask

from crmweb.accounts.policy_kinds import POLICIES
from crmweb.accounts.policy_words import policy_value
from crmweb.accounts.right_words import right_words
from crmweb.accounts.roles import EVERYONES
from crmweb.accounts.words import device_name, role_name
from crmweb.audit import Entry
from crmweb.languages import chosen_zone, language, lazy_gettext, short_date
from crmweb.outbox.words import act_name, reason_name

KINDS = {
    "user": lazy_gettext("People"),
    "role": lazy_gettext("Roles"),
    "policy": lazy_gettext("Policies"),
    "customer": lazy_gettext("Customers"),
    "contact": lazy_gettext("Contacts"),
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


ACTIONS = {
    "user.added": lazy_gettext("Added"),
    "user.renamed": lazy_gettext("Name changed"),
    "user.reached_anew": lazy_gettext("Email or phone changed"),
    "user.moved": lazy_gettext("Manager changed"),
    "user.role_changed": lazy_gettext("Role changed"),
    "user.deactivated": lazy_gettext("Deactivated"),
    "user.came_back": lazy_gettext("Came back"),
    "user.password_changed": lazy_gettext("Password changed"),
    "user.exported": lazy_gettext("Everything about them exported"),
    "user.erased": lazy_gettext("Erased"),
    "customer.exported": lazy_gettext("Everything about them exported"),
    "customer.erased": lazy_gettext("Erased"),
    "contact.exported": lazy_gettext("Everything about them exported"),
    "contact.erased": lazy_gettext("Erased"),
    "user.handed_in": lazy_gettext("Handed in what they did before they left"),
    "user.outbox_decided": lazy_gettext("Decided about what their phone brought"),
    "user.signed_out": lazy_gettext("Signed out by an admin"),
    "user.invited": lazy_gettext("Invited"),
    "user.card_printed": lazy_gettext("Card printed"),
    "user.phone_replaced": lazy_gettext("Lost phone replaced"),
    "user.ways_in_withdrawn": lazy_gettext("Invitation and card withdrawn"),
    "user.joined": lazy_gettext("Came in for the first time"),
    "customers.handed_over": lazy_gettext("Work handed over"),
    "customer.archived": lazy_gettext("Archived"),
    "customer.restored": lazy_gettext("Brought back"),
    "delivery.retried": lazy_gettext("Sent once more"),
    "cover.made": lazy_gettext("Routes handed to others for some days"),
    "cover.ended": lazy_gettext("Cover ended"),
    "assignment.started": lazy_gettext("Responsible person added"),
    "assignment.ended": lazy_gettext("Responsible person taken away"),
    "customers.moved": lazy_gettext("Customers handed over"),
    "customers.moved_back": lazy_gettext("Hand-over of customers taken back"),
    "role.made": lazy_gettext("Role made"),
    "role.changed": lazy_gettext("Role changed"),
    "role.removed": lazy_gettext("Role removed"),
    "policy.set": lazy_gettext("Policy set"),
    "policy.locked": lazy_gettext("Policy made the same for every team"),
    "policy.unlocked": lazy_gettext("Policy left to the teams"),
    "location.agreed": lazy_gettext("Agreed that the place is read"),
    "location.refused": lazy_gettext("Refused that the place is read"),
    "session.started": lazy_gettext("Signed in on a new device"),
    "session.stolen": lazy_gettext("Copied sign-in noticed and ended"),
    "mfa.enabled": lazy_gettext("Second step set up"),
    "mfa.disabled": lazy_gettext("Second step taken away"),
    "passkey.added": lazy_gettext("Passkey added"),
    "passkey.removed": lazy_gettext("Passkey removed"),
    "recovery.used": lazy_gettext("Recovery code used"),
    "recovery.renewed": lazy_gettext("New recovery codes"),
    "audit.exported": lazy_gettext("Audit exported"),
    "outcome.added": lazy_gettext("Result of a visit added"),
    "outcome.changed": lazy_gettext("Result of a visit changed"),
    "template.added": lazy_gettext("Template added"),
    "template.changed": lazy_gettext("Template changed"),
    "wording.added": lazy_gettext("Wording of a template added"),
    "wording.changed": lazy_gettext("Wording of a template changed"),
    "wording.removed": lazy_gettext("Wording of a template removed"),
    "sequence.added": lazy_gettext("Sequence added"),
    "sequence.changed": lazy_gettext("Sequence changed"),
    "week.added": lazy_gettext("Working days set"),
    "week.changed": lazy_gettext("Working days changed"),
    "day_off.added": lazy_gettext("Day off added"),
    "day_off.changed": lazy_gettext("Day off changed"),
    "day_off.removed": lazy_gettext("Day off removed"),
    "preview.begun": lazy_gettext("Preview begun"),
    "preview.ended": lazy_gettext("Preview ended"),
}
"""What was done, as it stands beside the name of what it was done to."""


def action_words(action: str) -> str:
    """In words, or by its own name where nobody has words for it any more."""
    return str(ACTIONS.get(action, action))


FIELDS = {
    "role": lazy_gettext("Role"),
    "manager": lazy_gettext("Manager"),
    "email": lazy_gettext("Email"),
    "phone": lazy_gettext("Phone"),
    "name": lazy_gettext("Name"),
    "at": lazy_gettext("Moment"),
    "deliveries": lazy_gettext("Deliveries"),
    "entries": lazy_gettext("Entries"),
    "asked": lazy_gettext("Asked for"),
    "permissions": lazy_gettext("Rights"),
    "title": lazy_gettext("Title"),
    "value": lazy_gettext("Value"),
    "agreed": lazy_gettext("Agreed"),
    "version": lazy_gettext("Version of the words"),
    "team": lazy_gettext("Team"),
    "until": lazy_gettext("Works until"),
    "by": lazy_gettext("Came in by"),
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
    "person": lazy_gettext("Responsible person"),
    "line": lazy_gettext("Line or role"),
    "to": lazy_gettext("To"),
    "first_day": lazy_gettext("First day"),
    "last_day": lazy_gettext("Last day"),
    "stands_in_for": lazy_gettext("In the stead of"),
    "stand_ins": lazy_gettext("Who goes instead"),
    "device": lazy_gettext("Device"),
    "address": lazy_gettext("Internet address"),
    "totp": lazy_gettext("App with codes"),
    "passkeys": lazy_gettext("Passkeys"),
    "label": lazy_gettext("Name"),
    "position": lazy_gettext("Place in the list"),
    "productive": lazy_gettext("Something was sold"),
    "retired_at": lazy_gettext("Not offered since"),
    "created_at": lazy_gettext("Made"),
    "purpose": lazy_gettext("What for"),
    "subject": lazy_gettext("Subject"),
    "text": lazy_gettext("Text"),
    "outcome": lazy_gettext("Result of a visit"),
    "active": lazy_gettext("In use"),
    "day": lazy_gettext("Day"),
    "weekdays": lazy_gettext("Works on"),
    "head_id": lazy_gettext("Team"),
    "act": lazy_gettext("What they did"),
    "reason": lazy_gettext("Reason"),
}

WAYS_IN = {
    "invitation": lazy_gettext("Invitation"),
    "card": lazy_gettext("Card"),
    "phone": lazy_gettext("New phone"),
}
"""What somebody came in by → its words."""

REASONS = {
    "demo company": lazy_gettext("the demo company"),
    "removing the demo company": lazy_gettext("removing the demo company"),
    "first start": lazy_gettext("the first start"),
    "first admin": lazy_gettext("an admin made on the server"),
    "assignments": lazy_gettext("a day that was agreed"),
    "a token that was copied": lazy_gettext("a copied sign-in"),
    "an erasure that a restore undid": lazy_gettext("an erasure that a restore undid"),
}
"""Why the house did something by itself → how that is said."""


def why_words(why: str) -> str:
    """In words, or as it was written down: an import tells its file."""
    return str(REASONS.get(why, why))


YES, NO = lazy_gettext("Yes"), lazy_gettext("No")

NAMING = ("manager", "head_id", "customers_to", "reminders_to", "followups_to", "people_to")
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
        (
            str(FIELDS.get(name, name)),
            _value(entry, name, was.get(name), people),
            _value(entry, name, became.get(name), people),
        )
        for name in named
    ]


def _value(entry: Entry, name: str, value: Any, people: Mapping[uuid.UUID, str]) -> str:
    if value is None or value == "":
        return "–"
    if name in NAMING:
        return people.get(uuid.UUID(value), str(value))
    if name == "value" and (policy := POLICIES.get(entry.values.about_name or "")):
        return policy_value(policy, value)
    if name in SAID:
        with suppress(TypeError, ValueError):  # what was written down when it was said otherwise
            return SAID[name](value)
    if isinstance(value, bool):
        return str(YES if value else NO)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moment(value: str) -> str:
    """`21 Oct 09:40` where the reader is."""
    here = datetime.fromisoformat(value).astimezone(ZoneInfo(chosen_zone()))
    return f"{short_date(here.date())} {here:%H:%M}"


def _day(value: str) -> str:
    return short_date(date.fromisoformat(value))


def _weekdays(value: int) -> str:
    """A bit for each day, the lowest is Monday."""
    names = get_day_names("abbreviated", locale=language())
    return ", ".join(names[day] for day in range(7) if value >> day & 1)


def _rights(value: list[str]) -> str:
    """All but those that nobody lacks."""
    return "; ".join(right_words(name) for name in value if name not in EVERYONES) or "–"


def _way_in(purpose: str) -> str:
    return str(WAYS_IN.get(purpose, purpose))


SAID: Mapping[str, Callable[[Any], str]] = {
    "role": role_name,
    "device": device_name,
    "weekdays": _weekdays,
    "permissions": _rights,
    "by": _way_in,
    "act": act_name,
    "reason": reason_name,
    **dict.fromkeys(("at", "until", "retired_at", "created_at"), _moment),
    **dict.fromkeys(("day", "first_day", "last_day"), _day),
}
"""How the values of these fields are said."""


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(action_words=action_words, changes=changes, why_words=why_words)
