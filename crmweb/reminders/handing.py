"""Handing a reminder to a colleague, who hears of it."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, new_id, writing
from crmweb.idempotency import keep, once
from crmweb.languages import gettext as _
from crmweb.notifications import Notice
from crmweb.reminders.models import HANDED_OVER, Reminder
from crmweb.web import NOTICES, go, needs, not_found_unless
from crmweb.web import Notice as Said

handing = Blueprint("handing", __name__)

NOTICES["reminder_handed"] = lambda _about: Said(_("Handed over"))


def takers(reminder: Reminder, actor: Actor) -> list[Colleague]:
    """To whom the actor may hand it: those who look after its customer, their own people, and whoever leads them."""
    known = {each.id: each for each in colleagues(actor)}
    beside = select(User.id, User.name).where(User.deactivated_at.is_(None))
    leader = select(User.manager_id).where(User.id == actor.id).scalar_subquery()
    for row in db.session.execute(beside.where(User.id == leader)):
        known.setdefault(row.id, Colleague(*row))
    if reminder.customer_id is not None:
        theirs = beside.join(Assignment, Assignment.person_id == User.id).where(
            Assignment.customer_id == reminder.customer_id,
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
        )
        for row in db.session.execute(theirs):
            known.setdefault(row.id, Colleague(*row))
    known.pop(reminder.person_id, None)
    return sorted(known.values(), key=lambda each: (each.name, each.id))


@handing.post("/reminders/<uuid:id>/handover")
@needs("visits:write")
@once(shows="reminders.show")
def hand_over(id: uuid.UUID) -> ResponseReturnValue:
    """Whoever gets it hears of it; it stays theirs also when somebody else looks after the customer by then."""
    to = _taker(_found(id))
    with writing():
        reminder, at = _found(id), clock.now()
        reminder.hand_over(db.session.get_one(User, to), at=at)
        if to != current_user.id:
            Notice.file(
                to, HANDED_OVER, dedupe=f"handed over {id} {new_id()}", payload={"by": current_user.name},
                at=at, about_id=id, customer_id=reminder.customer_id,
            )  # fmt: skip
        keep(id, status=200)
    return go("/reminders", notice="reminder_handed")


def _taker(reminder: Reminder) -> uuid.UUID:
    """Who is to have it. Aborts with 422 for somebody who may not."""
    named = request.form.get("person_id")
    found = next((each.id for each in takers(reminder, current_user) if str(each.id) == named), None)
    if found is None:
        abort(422, _("Choose somebody from the list."))
    return found


def _found(id: uuid.UUID) -> Reminder:
    found: Reminder = not_found_unless(db.session.scalar(select(Reminder).where(Reminder.id == id)))
    return found
