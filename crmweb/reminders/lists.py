"""Everything somebody has to do: due, later, done."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any, Final

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload, selectinload

from crmweb import clock
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.accounts.models import Oversight
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.reminders.models import Reminder
from crmweb.web import needs, not_found_unless, page

lists = Blueprint("reminder_lists", __name__)

DUE, LATER, DONE, TEAM = "due", "later", "done", "team"
A_PAGE: Final = 50
DONE_FOR: Final = timedelta(days=90)
"""How far back *done* looks."""


@lists.get("/reminders")
@needs("customers:read:own")
def index() -> ResponseReturnValue:
    view = request.args.get("view", DUE)
    view, team = view if view in (LATER, DONE) else DUE, request.args.get("person") == TEAM
    person = Colleague(current_user.id, _("Your team")) if team else _whose()
    theirs = _below() if team else [person.id]
    found = list(db.session.scalars(_asked(view, theirs).limit(A_PAGE + 1).offset(_skipped() * A_PAGE)))
    return page(
        "reminders/index.html",
        fragment="reminders/index/_rows.html",
        view=view,
        person=person,
        team=team,
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


def _below() -> list[uuid.UUID]:
    """Also who works here no longer: what they left open waits for somebody to hand it on."""
    below = (Oversight.viewer_id == current_user.id, Oversight.person_id != current_user.id)
    return list(db.session.scalars(select(Oversight.person_id).where(*below)))


def _skipped() -> int:
    return min(max(request.args.get("page", 0, type=int), 0), 10_000)


def _asked(view: str, people: list[uuid.UUID]) -> Select[Any]:
    theirs = select(Reminder).where(Reminder.person_id.in_(people), Reminder.dropped_at.is_(None))
    theirs = theirs.options(
        selectinload(Reminder.customer), joinedload(Reminder.person), joinedload(Reminder.given_by)
    )
    if view == DONE:
        lately = Reminder.done_at > clock.now() - DONE_FOR
        return theirs.where(lately).order_by(Reminder.done_at.desc(), Reminder.id)
    tomorrow = current_user.today(clock.now()) + timedelta(days=1)
    midnight = datetime.combine(tomorrow, time(0), current_user.tzinfo)
    open_ones = theirs.where(Reminder.done_at.is_(None)).order_by(Reminder.due_at, Reminder.id)
    return open_ones.where(Reminder.due_at < midnight if view == DUE else Reminder.due_at >= midnight)
