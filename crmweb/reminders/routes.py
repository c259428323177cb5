"""Reminders: set, changed, ticked, put off. Whoever sees one may tick it; the rest is for its person and leads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime
from urllib.parse import urlsplit

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.handing_in import after_leaving
from crmweb.customers import showing
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.beyond import narrow, open_way, sees, widen
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.idempotency import keep, minted_id, once, refuse_taken, taken, written
from crmweb.languages import gettext as _
from crmweb.late import kept_by_phones
from crmweb.outbox_answers import wants_record
from crmweb.reminders import telling, words
from crmweb.reminders.finding import asked_back, found_reminder, may_change, own_reminder
from crmweb.reminders.forms import LONGEST, Sent, said, snoozed
from crmweb.reminders.handing import handing, takers
from crmweb.reminders.leaving import hand_on
from crmweb.reminders.lists import lists
from crmweb.reminders.models import Reminder
from crmweb.reminders.moments import VISIT, BadMoment
from crmweb.timeline import Event
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

NOTICES["reminder_set"] = lambda about: Notice(
    _("You will be reminded"), undo_at("/reminders/{}/drop", about)
)
NOTICES["reminder_changed"] = lambda _about: Notice(_("Saved"))
NOTICES["reminder_done"] = lambda about: Notice(_("Done"), undo_at("/reminders/{}/undone", about))
NOTICES["reminder_undone"] = lambda _about: Notice(_("Still to do"))
NOTICES["reminder_snoozed"] = lambda _about: Notice(_("Put off"))
NOTICES["reminder_dropped"] = lambda about: Notice(_("Taken away"), undo_at("/reminders/{}/restore", about))
NOTICES["reminder_restored"] = lambda _about: Notice(_("Brought back"))


@reminders.get("/reminders/new")
@needs("visits:write")
def new() -> ResponseReturnValue:
    return _form(Sent(), customer=None, act="/reminders")


@reminders.post("/reminders")
@needs("visits:write")
@after_leaving
@kept_by_phones("reminder")
@once(shows="reminders.show")
def create_alone() -> ResponseReturnValue:
    """About nobody."""
    return _create(None)


@reminders.get("/customers/<uuid:customer_id>/reminders/new")
@needs("visits:write")
def new_about(customer_id: uuid.UUID) -> ResponseReturnValue:
    customer = found_customer(customer_id)
    return _form(
        Sent(text=_words_of_cause(customer_id)), customer=customer, act=f"/customers/{customer_id}/reminders"
    )


@reminders.post("/customers/<uuid:customer_id>/reminders")
@needs("visits:write")
@after_leaving
@kept_by_phones("reminder", customer="customer_id")
@once(shows="reminders.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Kept by the rights of the moment in which it was written: the customer may be another's by now."""
    at = clock.on_the_phone(request.form.get("client_at"))
    open_way(customer_id, by=current_user, at=at, why="a reminder from before a hand-over")
    return _create(db.session.get_one(Customer, customer_id))


def _create(customer: Customer | None) -> ResponseReturnValue:
    minted, customer_id = minted_id(request.form.get("id")), customer.id if customer else None
    sent = Sent.read(request.form, by=current_user, route_day=_route_day(customer_id))
    if sent.due_at is None or sent.wrong:
        narrow(current_user)
        act = f"/customers/{customer_id}/reminders" if customer_id else "/reminders"
        return _form(sent, customer=customer, act=act, status=422)
    refuse_taken(Reminder, minted)
    with writing():
        made = Reminder.remind(
            sent.text, due_at=sent.due_at, whole_day=sent.whole_day, repeats=sent.repeats or None,
            by=current_user, at=clock.now(), id=minted, cause_id=_cause(),
            customer=db.session.get_one(Customer, customer_id) if customer_id else None,
        ).id  # fmt: skip
        hand_on(current_user, at=clock.now())
        keep(made)
    narrow(current_user)
    if wants_record():
        return written(made)
    return taken(go(_home_of(customer_id), notice="reminder_set", about=made))


def _words_of_cause(customer_id: uuid.UUID) -> str:
    """What was written down there, to begin with."""
    cause = _cause()
    event = cause and db.session.scalar(
        select(Event).where(Event.id == cause, Event.customer_id == customer_id)
    )
    words: str = event.payload.get("text", "") if event else ""
    return " ".join(words.split())[:LONGEST]


def _cause() -> uuid.UUID | None:
    """The visit or the note from which one came."""
    try:
        return uuid.UUID(request.values.get("cause_id", ""))
    except ValueError:
        return None


def _home_of(customer_id: uuid.UUID | None) -> str:
    """The page from which it was set; home, where the customer is no longer theirs."""
    if request.form.get("back"):
        return local_path(request.form["back"])
    if customer_id is None:
        return "/reminders"
    return f"/customers/{customer_id}" if sees(customer_id, current_user) else "/"


@reminders.get("/reminders/<uuid:id>")
@needs("customers:read:own")
def show(id: uuid.UUID) -> ResponseReturnValue:
    return _page(found_reminder(id))


@reminders.get("/reminders/<uuid:id>/edit")
@needs("visits:write")
def edit(id: uuid.UUID) -> ResponseReturnValue:
    reminder = own_reminder(id)
    sent = Sent.of(reminder, zone=current_user.zone)
    return _form(sent, customer=reminder.customer, act=f"/reminders/{id}", reminder=reminder)


@reminders.post("/reminders/<uuid:id>")
@needs("visits:write")
@once(shows="reminders.show")
def update(id: uuid.UUID) -> ResponseReturnValue:
    reminder = own_reminder(id)
    route_day = _route_day(reminder.customer_id)
    sent = Sent.read(request.form, by=current_user, route_day=route_day, kept=reminder.due_at)
    if sent.due_at is None or sent.wrong:
        return _form(sent, customer=reminder.customer, act=f"/reminders/{id}", reminder=reminder, status=422)
    widen(current_user, "a reminder of one's own, whose customer may be another's")
    with writing():
        not_found_unless(Reminder.to_change(id)).change(
            sent.text, due_at=sent.due_at, whole_day=sent.whole_day, repeats=sent.repeats or None,
            zone=current_user.zone, at=clock.now(),
        )  # fmt: skip
        keep(id, status=200)
    narrow(current_user)
    return written(id, status=200, notice="reminder_changed")


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


@reminders.post("/reminders/<uuid:id>/snooze")
@needs("visits:write")
@once(shows="reminders.show")
def snooze(id: uuid.UUID) -> ResponseReturnValue:
    """To a moment, or to the next visit of its customer."""
    reminder = own_reminder(id)
    route_day, zone = _route_day(reminder.customer_id), current_user.zone
    if request.form.get("to") == VISIT and reminder.customer_id:
        return _change(
            id, lambda each, _by, at: each.snooze_to_visit(route_day, zone=zone, at=at), "reminder_snoozed"
        )
    try:
        until = snoozed(request.form, by=current_user, route_day=route_day)
    except BadMoment as bad:
        return _page(reminder, wrong=said(bad), status=422)
    whole_day = bool(request.form.get("day")) and not request.form.get("time")
    return _change(
        id, lambda each, _by, at: each.snooze(until, at=at, whole_day=whole_day), "reminder_snoozed"
    )


@reminders.post("/reminders/<uuid:id>/drop")
@needs("visits:write")
@once(shows="reminders.show")
def drop(id: uuid.UUID) -> ResponseReturnValue:
    own_reminder(id)
    return _change(id, lambda reminder, by, at: reminder.drop(by=by, at=at), "reminder_dropped")


@reminders.post("/reminders/<uuid:id>/restore")
@needs("visits:write")
@once(shows="reminders.show")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    own_reminder(id)
    return _change(id, lambda reminder, by, at: reminder.restore(by=by, at=at), "reminder_restored")


def _change(id: uuid.UUID, verb: Verb, notice: str) -> ResponseReturnValue:
    """Once it is found it may be changed: its customer may be another's by now, its notices are its person's."""
    found_reminder(id)
    widen(current_user, "a reminder that one sees, with all that hangs on it")
    with writing():
        at = clock.on_the_phone(request.form.get("client_at"))
        verb(not_found_unless(Reminder.to_change(id)), current_user, at)
        keep(id, status=200)
    narrow(current_user)
    return _shown(id, notice)


def _shown(id: uuid.UUID, notice: str) -> ResponseReturnValue:
    """The reminder as it is now, for a script and for htmx; a plain form goes back to the page it stood on."""
    if wants_record():
        return written(id, status=200)
    if not wants_fragment():
        return taken(go(_where_it_stood(id), notice=notice, about=id))
    return say(page("reminders/_reminder.html", reminder=found_reminder(id)), notice, id)


def _where_it_stood(id: uuid.UUID) -> str:
    came_from = urlsplit(request.referrer or "")
    ours = came_from.netloc == request.host
    return local_path(came_from.path) if ours and came_from.path else f"/reminders/{id}"


def _page(reminder: Reminder, *, wrong: str = "", status: int = 200) -> ResponseReturnValue:
    return page(
        "reminders/show.html", fragment="reminders/_reminder.html", status=status, reminder=reminder,
        changes=(changes := reminder.is_open and may_change(reminder)), wrong=wrong,
        takers=takers(reminder, current_user) if changes else [],
    )  # fmt: skip


def _route_day(customer_id: uuid.UUID | None) -> date | None:
    """When this person comes there next by their route."""
    theirs = (
        Assignment.customer_id == customer_id, Assignment.person_id == current_user.id,
        Assignment.ended_at.is_(None), Assignment.next_route_day.is_not(None),
    )  # fmt: skip
    found: date | None = db.session.scalar(
        select(Assignment.next_route_day).where(*theirs).order_by(Assignment.next_route_day).limit(1)
    )
    return found


def _form(
    sent: Sent, *, customer: Customer | None, act: str, reminder: Reminder | None = None, status: int = 200
) -> ResponseReturnValue:
    return page(
        "reminders/new.html", status=status, sent=sent, customer=customer, act=act, reminder=reminder, most=LONGEST,
        route_day=_route_day(customer.id if customer else None), back=asked_back(),
        cause_id=_cause() or "",
    )  # fmt: skip


def init_app(app: Flask) -> None:
    words.init_app(app)
    telling.listen()
    app.register_blueprint(lists)
    app.register_blueprint(handing)
    app.register_blueprint(reminders)
    showing.BESIDE["promises"] = lambda customer: list(db.session.scalars(Reminder.promised(customer.id)))
    showing.BESIDE["reminders"] = lambda customer: list(db.session.scalars(Reminder.to_do_at(customer.id)))
