"""A tick on a reminder, and taking it back. Whoever sees it may."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.customers import showing
from crmweb.customers.beyond import narrow, sees, widen
from crmweb.db import db, writing
from crmweb.errors import sent_by_script
from crmweb.idempotency import keep, once, taken, written
from crmweb.languages import gettext as _
from crmweb.reminders import words
from crmweb.reminders.models import Reminder
from crmweb.web import (
    NOTICES,
    Notice,
    go,
    local_path,
    needs,
    not_found_unless,
    page,
    say,
    undo_at,
    wants_fragment,
)

reminders = Blueprint("reminders", __name__)

Verb = Callable[[Reminder, Actor, datetime], None]


NOTICES["reminder_done"] = lambda about: Notice(_("Done"), undo_at("/reminders/{}/undone", about))
NOTICES["reminder_undone"] = lambda _about: Notice(_("Still to do"))


@reminders.get("/reminders/<uuid:id>")
@needs("customers:read")
def show(id: uuid.UUID) -> ResponseReturnValue:
    return page("reminders/show.html", fragment="reminders/_reminder.html", reminder=_found(id))


@reminders.post("/reminders/<uuid:id>/done")
@needs("visits:write")
@once(shows="reminders.show")
def done(id: uuid.UUID) -> ResponseReturnValue:
    return _change(id, lambda reminder, by, at: reminder.done(by=by, at=at), "reminder_done")


@reminders.post("/reminders/<uuid:id>/undone")
@needs("visits:write")
@once(shows="reminders.show")
def undone(id: uuid.UUID) -> ResponseReturnValue:
    return _change(id, lambda reminder, by, at: reminder.undo(by=by, at=at), "reminder_undone")


def _change(id: uuid.UUID, verb: Verb, notice: str) -> ResponseReturnValue:
    customer_id = _found(id).customer_id
    if customer_id is not None and not sees(customer_id, current_user):
        widen(current_user, "one's own promise to a customer of somebody else")
    with writing():
        verb(_found(id), current_user, clock.on_the_phone(request.form.get("client_at")))
        keep(id, status=200)
    narrow(current_user)
    return _shown(id, notice)


def _shown(id: uuid.UUID, notice: str) -> ResponseReturnValue:
    """The reminder as it is now, for a script and for htmx; a plain form goes back to the page it stood on."""
    if sent_by_script():
        return written(id, status=200)
    if not wants_fragment():
        return taken(go(_where_it_stood(id), notice=notice, about=id))
    return say(page("reminders/_reminder.html", reminder=_found(id)), notice, id)


def _where_it_stood(id: uuid.UUID) -> str:
    came_from = urlsplit(request.referrer or "")
    ours = came_from.netloc == request.host
    return local_path(came_from.path) if ours and came_from.path else f"/reminders/{id}"


def _found(id: uuid.UUID) -> Reminder:
    found: Reminder = not_found_unless(db.session.scalar(select(Reminder).where(Reminder.id == id)))
    return found


def init_app(app: Flask) -> None:
    words.init_app(app)
    app.register_blueprint(reminders)
    showing.BESIDE["promises"] = lambda customer: list(db.session.scalars(Reminder.promised(customer.id)))
