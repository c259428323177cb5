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
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.visits.attendance import Attendee
from crmweb.visits.forms import Finish
from crmweb.visits.models import Visit
from crmweb.web import not_found_unless


def may_visit(customer_id: uuid.UUID, *, by: Actor, at: datetime) -> bool:
    """Open the way for a visit at that moment; returns whether it is a helper's. 404 for a stranger's customer."""
    return open_way(customer_id, by=by, at=at, why="a visit to a colleague's customer", helping=True)


def own_visit(id: uuid.UUID, *, by: Actor) -> Visit:
    """This person's visit, whoever looks after the customer meanwhile. 404 for a stranger's, 403 for a colleague's."""
    visit = not_found_unless(db.session.scalar(select(Visit).where(Visit.id == id)))
    if visit.person_id != by.id:
        abort(403)
    if not sees(visit.customer_id, by):
        widen(by, "one's own visit to a customer of somebody else")
    return db.session.get_one(Visit, id)


def end_visit(visit: Visit, sent: Finish, *, by: Actor, at: datetime) -> None:
    """Finish it with all that was told: the note, who was there, and the promises of both sides."""
    when = min(sent.client_at or at, at)
    customer, note = visit.customer, None
    if sent.note:
        note = Note.write(customer, sent.note, by=by, at=when, now=at)
    names = _meet(visit, sent)
    visit.finish(sent.outcome, by=by, at=when, next_on=sent.next_on, note=note, attendees=names)
    if sent.outcome == "gone":
        Proposal.make(customer, GONE, by=by, at=at, cause_id=visit.id)
    for promise in sent.promises:
        Reminder.promise(
            customer,
            promise.text,
            promised_by=promise.by,
            until=promise.until,
            by=by,
            at=at,
            cause_id=visit.id,
        )


def _meet(visit: Visit, sent: Finish) -> list[str]:
    """Write down who was there; only contacts of this customer count."""
    known = db.session.execute(
        select(Contact.id, Contact.name)
        .join(CustomerContact, CustomerContact.contact_id == Contact.id)
        .where(CustomerContact.customer_id == visit.customer_id, Contact.id.in_(sent.attendees))
    ).all()
    for contact in known:
        if db.session.get(Attendee, (visit.id, contact.id)) is None:
            db.session.add(
                Attendee(
                    visit_id=visit.id, contact_id=contact.id, customer_id=visit.customer_id, name=contact.name
                )
            )
    return [contact.name for contact in known]
