"""What a visit brings beyond its own row: whom one may visit, who was there, what was promised and written down."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import abort
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.beyond import open_way, sees, widen
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.notes.models import Note
from crmweb.reminders.leaving import hand_on
from crmweb.reminders.models import Reminder
from crmweb.visits.attendance import Attendee
from crmweb.visits.forms import BadVisit, Finish
from crmweb.visits.models import Visit
from crmweb.visits.openings import where_open
from crmweb.web import not_found_unless


def may_visit(customer_id: uuid.UUID, *, by: Actor, at: datetime) -> bool:
    """Open the way for a visit at that moment; returns whether it is a helper's. 404 for a stranger's customer."""
    return open_way(customer_id, by=by, at=at, why="a visit to a colleague's customer", helping=True)


def reach_what_is_open(by: Actor) -> None:
    """Open the way to what a check-in will end: a visit where one helped out, or to a customer who was handed over."""
    for customer_id in where_open(by.id):
        if not sees(customer_id, by):
            widen(by, "ending one's own visit to a customer of somebody else")
            return


def own_visit(id: uuid.UUID, *, by: Actor) -> Visit:
    """This person's visit, whoever looks after the customer meanwhile. 404 for a stranger's, 403 for a colleague's."""
    visit = not_found_unless(db.session.scalar(select(Visit).where(Visit.id == id)))
    if visit.person_id != by.id:
        abort(403)
    if not sees(visit.customer_id, by):
        widen(by, "one's own visit to a customer of somebody else")
    return db.session.get_one(Visit, id)


def ask_what_is_owed(visit: Visit, sent: Finish) -> None:
    """Raises `BadVisit` where the policies ask for more than was sent."""
    if visit.owes_why and not sent.why:
        raise BadVisit("why", _("Say why you were away from the pin."))
    if visit.owes_photo and not sent.no_photo:
        raise BadVisit("no_photo", _("Take a photo, or say in a few words why there is none."))


def end_visit(visit: Visit, sent: Finish, *, by: Actor, at: datetime) -> None:
    """Finish it with all that was told: the note, who was there, and the promises of both sides.

    Said anew, it takes the place of what was said before.
    """
    when = min(sent.client_at or at, at)
    _forget(visit, by=by, at=at)
    if sent.why:
        visit.explain(sent.why)
    visit.no_photo = sent.no_photo or visit.no_photo
    visit.attendees = _met(visit, sent.attendees)
    # A day that passed while the phone had no signal is made up for today.
    next_on = max(sent.next_on, by.today(at)) if sent.next_on else None
    note = _note(visit, sent.note, by, when, at)
    visit.finish(sent.outcome, by=by, at=when, next_on=next_on, no_next=sent.no_next, note=note)
    if sent.outcome == "gone":
        Proposal.make(visit.customer, GONE, by=by, at=at, cause_id=visit.id)
    for promise in sent.promises:
        Reminder.promise(
            visit.customer, promise.text, promised_by=promise.by, until=promise.until, by=by, at=at,
            cause_id=visit.id,
        )  # fmt: skip
    hand_on(by, at=at)


def reopen_visit(visit: Visit, *, by: Actor, at: datetime) -> None:
    """Take the result back with all that followed from it; a note that was written stays written."""
    _forget(visit, by=by, at=at)
    visit.reopen(by=by, at=at)


def _forget(visit: Visit, *, by: Actor, at: datetime) -> None:
    """Promises that were not kept yet, and that the customer is gone, stand and fall with the result."""
    made = (Reminder.cause_id == visit.id, Reminder.promised_by.is_not(None))
    promised = select(Reminder).where(*made, Reminder.done_at.is_(None))
    for reminder in db.session.scalars(promised):
        reminder.drop(by=by, at=at)
    waiting = (Proposal.cause_id == visit.id, Proposal.kind == GONE, Proposal.decided_at.is_(None))
    for proposal in db.session.scalars(select(Proposal).where(*waiting)):
        db.session.delete(proposal)
    db.session.flush()


def _note(visit: Visit, text: str, by: Actor, when: datetime, now: datetime) -> Note | None:
    """What was written down, once: said again word for word, it is the same note."""
    if not text or (visit.note is not None and visit.note.text == text):
        return visit.note
    return Note.write(visit.customer, text, by=by, at=when, now=now)


def _met(visit: Visit, ids: tuple[uuid.UUID, ...]) -> list[Attendee]:
    """Who was there; only contacts of this customer count."""
    contacts = (
        select(Contact.id, Contact.name)
        .join(CustomerContact, CustomerContact.contact_id == Contact.id)
        .where(CustomerContact.customer_id == visit.customer_id, Contact.id.in_(ids))
    )
    known = {attendee.contact_id: attendee for attendee in visit.attendees}
    return [
        known.get(contact.id)
        or Attendee(contact_id=contact.id, customer_id=visit.customer_id, name=contact.name)
        for contact in db.session.execute(contacts)
    ]
