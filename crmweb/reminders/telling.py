"""What people hear of their reminders: that one falls due, that one was handed to them; and what a visit wakes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.customers.beyond import may_see
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.notifications import Action, Notice, Words, notice_kind
from crmweb.reminders.models import DUE, HANDED_OVER, Reminder
from crmweb.timeline import Event, happened

USEFUL_FOR = timedelta(days=1)
IN_PERSON = "in_person"


def _load(notices: Sequence[Notice]) -> list[Reminder]:
    """With their customers; kept by the session, where each is then asked for."""
    ids = [notice.about_id for notice in notices]
    asked = select(Reminder).where(Reminder.id.in_(ids)).options(joinedload(Reminder.customer))
    return list(db.session.scalars(asked))


def _of(notice: Notice) -> Reminder | None:
    return db.session.get(Reminder, notice.about_id)


def _still_due(notice: Notice) -> bool:
    """Open, theirs, and meant for this moment."""
    reminder = _of(notice)
    if reminder is None or not reminder.is_open or reminder.person_id != notice.person_id:
        return False
    return bool(reminder.due_at.astimezone(UTC).isoformat() == notice.payload["due_at"])


def _due_words(notice: Notice) -> Words:
    reminder = _of(notice)
    assert reminder is not None  # it is asked first whether it is still due
    actions = (
        Action("done", _("Done"), f"/reminders/{reminder.id}/done"),
        Action("snooze", _("In an hour"), f"/reminders/{reminder.id}/snooze"),
    )
    name = _customer_name(reminder, notice.person)
    path = f"/customers/{reminder.customer_id}" if name else f"/reminders/{reminder.id}"
    return Words(reminder.text, name or _("Reminder"), path, actions)


def _customer_name(reminder: Reminder, person: User) -> str:
    """Its customer, for whoever may see them."""
    customer = reminder.customer
    return customer.name if customer is not None and may_see(person, customer.id) else ""


def _still_theirs(notice: Notice) -> bool:
    reminder = _of(notice)
    return reminder is not None and reminder.is_open and reminder.person_id == notice.person_id


def _handed_words(notice: Notice) -> Words:
    reminder = _of(notice)
    assert reminder is not None
    here = reminder.due_at.astimezone(ZoneInfo(notice.person.zone))
    told = {"name": notice.payload["by"], "when": f"{here:%H:%M} {here:%d/%m}"}
    body = " · ".join(filter(None, (reminder.text, _customer_name(reminder, notice.person))))
    return Words(
        _("%(name)s handed you something to do, due %(when)s", **told), body, f"/reminders/{reminder.id}"
    )


def _wake(_kind: str, *, event: Event, before: str | None, **_more: Any) -> None:
    """What waited for the next visit of this person falls due as it begins: not when more of a visit is told, which may
    be the one during which it was put off, and not on the phone or before a shut door.
    """
    if before is not None or event.payload.get("kind", IN_PERSON) != IN_PERSON:
        return
    waiting = (
        Reminder.customer_id == event.customer_id,
        Reminder.person_id == event.by_id,
        Reminder.waits_for_visit,
        Reminder.done_at.is_(None),
        Reminder.dropped_at.is_(None),
    )
    with db.session.no_autoflush:
        found = list(db.session.scalars(select(Reminder).where(*waiting)))
    for reminder in found:
        reminder.visit_begins(at=clock.now())


def listen() -> None:
    """Say what notices of reminders mean, and hear of visits."""
    notice_kind(DUE, wanted=_still_due, words=_due_words, useful_for=USEFUL_FOR, load=_load)
    notice_kind(HANDED_OVER, wanted=_still_theirs, words=_handed_words, useful_for=USEFUL_FOR)
    happened.connect(_wake, sender="visit.started")
