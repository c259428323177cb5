"""Handing a reminder to a colleague, who hears of it."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ColumnElement, or_, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.colleagues import Colleague
from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.beyond import narrow, widen
from crmweb.db import db, writing
from crmweb.idempotency import keep, once
from crmweb.languages import gettext as _
from crmweb.reminders.finding import own_reminder
from crmweb.reminders.models import Reminder
from crmweb.scope import system_access
from crmweb.web import NOTICES, go, needs, not_found_unless
from crmweb.web import Notice as Said

handing = Blueprint("handing", __name__)

NOTICES["reminder_handed"] = lambda _about: Said(_("Handed over"))


def takers(reminder: Reminder, actor: Actor) -> list[Colleague]:
    """To whom the actor may hand it: whoever may see its customer, since its words tell of them; the team, where it is
    about nobody. Read by the house: who lost sight of a customer hands it to those who look after them now.
    """
    others = (User.deactivated_at.is_(None), User.id != reminder.person_id)
    who = _see(reminder.customer_id) if reminder.customer_id else _team_of(actor)
    with system_access("who may get a reminder"):
        people = select(User.id, User.name).where(*others, who).order_by(User.name, User.id)
        return [Colleague(*row) for row in db.session.execute(people)]


def _see(customer_id: uuid.UUID) -> ColumnElement[bool]:
    sight = select(Oversight.viewer_id).join(Assignment, Assignment.person_id == Oversight.person_id)
    standing = (Assignment.started_at.is_not(None), Assignment.ended_at.is_(None))
    return User.id.in_(sight.where(Assignment.customer_id == customer_id, *standing))


def _team_of(actor: Actor) -> ColumnElement[bool]:
    """Those above, those below, and who works under the same manager."""
    head = select(User.manager_id).where(User.id == actor.id).scalar_subquery()
    below = select(Oversight.person_id).where(
        or_(Oversight.viewer_id == actor.id, Oversight.viewer_id == head)
    )
    above = select(Oversight.viewer_id).where(Oversight.person_id == actor.id)
    return or_(User.id.in_(below), User.id.in_(above))


@handing.post("/reminders/<uuid:id>/handover")
@needs("visits:write")
@once(shows="reminders.show")
def hand_over(id: uuid.UUID) -> ResponseReturnValue:
    """Whoever gets it hears of it; it stays theirs also when somebody else looks after the customer by then."""
    to = _taker(own_reminder(id))
    widen(current_user, "a reminder of one's own, whose customer may be another's")
    with writing():
        reminder = not_found_unless(Reminder.to_change(id))
        reminder.hand_over(db.session.get_one(User, to), by=current_user, at=clock.now())
        keep(id, status=200)
    narrow(current_user)
    return go("/reminders", notice="reminder_handed")


def _taker(reminder: Reminder) -> uuid.UUID:
    """Who is to have it. Aborts with 422 for somebody who may not."""
    named = request.form.get("person_id")
    found = next((each.id for each in takers(reminder, current_user) if str(each.id) == named), None)
    if found is None:
        abort(422, _("Choose somebody from the list."))
    return found
