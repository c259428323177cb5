"""Everything somebody has to do: due, later, done."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from crmweb import clock
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.db import db
from crmweb.reminders.models import Reminder
from crmweb.web import needs, not_found_unless, page

lists = Blueprint("reminder_lists", __name__)

DUE, LATER, DONE = "due", "later", "done"
A_PAGE: Final = 50
DONE_FOR: Final = timedelta(days=90)
"""How far back *done* looks."""


@lists.get("/reminders")
@needs("customers:read")
def index() -> ResponseReturnValue:
    view = request.args.get("view", DUE)
    view, person = view if view in (LATER, DONE) else DUE, _whose()
    found = list(db.session.scalars(_asked(view, person.id).limit(A_PAGE + 1).offset(_skipped() * A_PAGE)))
    return page(
        "reminders/index.html",
        fragment="reminders/index/_rows.html",
        view=view,
        person=person,
        people=colleagues(current_user) if current_user.may("team:read") else [],
        reminders=found[:A_PAGE],
        more=_skipped() + 1 if len(found) > A_PAGE else 0,
    )


def _whose() -> Colleague:
    """Oneself, or one of those whom one oversees."""
    if not request.args.get("person"):
        return Colleague(current_user.id, current_user.name)
    try:
        asked = uuid.UUID(request.args["person"])
    except ValueError:
        asked = None
    theirs = next((each for each in colleagues(current_user) if each.id == asked), None)
    found: Colleague = not_found_unless(theirs)
    return found


def _skipped() -> int:
    return min(max(request.args.get("page", 0, type=int), 0), 10_000)


def _asked(view: str, person_id: uuid.UUID) -> Select[Any]:
    theirs = select(Reminder).where(Reminder.person_id == person_id, Reminder.dropped_at.is_(None))
    theirs = theirs.options(joinedload(Reminder.customer), joinedload(Reminder.created_by))
    if view == DONE:
        lately = Reminder.done_at > clock.now() - DONE_FOR
        return theirs.where(lately).order_by(Reminder.done_at.desc(), Reminder.id)
    tomorrow = current_user.today(clock.now()) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(0), current_user.tzinfo)
    open_ones = theirs.where(Reminder.done_at.is_(None)).order_by(Reminder.due_at, Reminder.id)
    return open_ones.where(Reminder.due_at < midnight if view == DUE else Reminder.due_at >= midnight)
