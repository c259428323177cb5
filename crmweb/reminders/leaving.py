"""What somebody who leaves had to do goes to others, with what was to remind of it."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.handing import keepers
from crmweb.db import db
from crmweb.notifications import Notice
from crmweb.reminders.models import DUE, OPEN, Reminder


def open_customers(person_id: uuid.UUID) -> list[uuid.UUID]:
    """The customers of whom this person's open reminders tell."""
    theirs = select(Reminder.customer_id).where(Reminder.person_id == person_id, OPEN)
    return [each for each in db.session.scalars(theirs.distinct()) if each is not None]


def hand_over_all(
    person: User, to: User, *, by: Actor, at: datetime, instead: Mapping[uuid.UUID, User] | None = None
) -> dict[uuid.UUID, int]:
    """All that is open is `to`'s to do, or by its customer that of somebody `instead`; returns how many by taker.

    They are reminded when they were to be; of what is overdue already nobody is told anew.
    """
    given: defaultdict[User, list[uuid.UUID]] = defaultdict(list)
    for reminder in db.session.scalars(select(Reminder).where(Reminder.person_id == person.id, OPEN)):
        taker = (instead or {}).get(reminder.customer_id, to) if reminder.customer_id else to
        reminder.person_id, reminder.given_by_id = taker.id, by.id
        given[taker].append(reminder.id)
    db.session.flush()
    for taker, ids in given.items():
        Notice.redirect(ids, DUE, to=taker.id, locale=taker.locale)
    return {taker.id: len(ids) for taker, ids in given.items()}


def hand_on(by: Actor, *, at: datetime) -> None:
    """What somebody who has left still handed in goes on at once: to whoever looks after its customer now, else to
    the manager they had. Whoever works here keeps their own.
    """
    if by.left_at is None:
        return
    db.session.flush()
    person = db.session.get_one(User, by.id)
    instead = keepers(open_customers(by.id))
    manager = db.session.get(User, person.manager_id) if person.manager_id else None
    to = manager if manager is not None and manager.active else next(iter(instead.values()), None)
    if to is not None:
        hand_over_all(person, to, by=by, at=at, instead=instead)
