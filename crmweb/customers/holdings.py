"""What is held about customers and the people there, and of who looks after them."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import aliased

from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, CustomerTag, ExternalId
from crmweb.customers.proposals import Proposal
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.db import db
from crmweb.holdings import Part, Subject, hold, nobodys, of
from crmweb.languages import lazy_gettext as _
from crmweb.notifications.holdings import renamed
from crmweb.timeline import Event

HISTORY = _("It is the customer's history.")


def init() -> None:
    hold(
        Customer, _("Customers"),
        customer=Part(of(Customer.id), None, _free_branches),
        person=Part(
            of(Customer.pin_by_id), _("The pin is the customer's."), columns=("id", "name", "pin_source", "pin_at")
        ),
        beside={"parent_id": "a branch is a customer of its own, and stands alone from then on"},
    )  # fmt: skip
    hold(CustomerPhone, _("Phone numbers"), customer=Part(of(CustomerPhone.customer_id)))
    hold(CustomerEmail, _("Email addresses"), customer=Part(of(CustomerEmail.customer_id)))
    hold(CustomerTag, _("Tags"), customer=Part(of(CustomerTag.customer_id)))
    hold(ExternalId, _("Numbers in other systems"), customer=Part(of(ExternalId.customer_id)))
    hold(Contact, _("Contacts"), customer=Part(_stands_here_alone), contact=Part(of(Contact.id)))
    hold(
        CustomerContact, _("Where they stand"), customer=Part(of(CustomerContact.customer_id)),
        contact=Part(of(CustomerContact.contact_id), None, _leave_everywhere),
    )  # fmt: skip
    hold(
        Assignment, _("Who looks after whom"), customer=Part(of(Assignment.customer_id)),
        person=Part(
            of(Assignment.person_id, Assignment.stands_in_for_id), HISTORY, _unname,
            ("id", "customer_id", "person_id", "stands_in_for_id", "line", "since", "until", "started_at", "ended_at"),
        ),
    )  # fmt: skip
    hold(
        Proposal, _("Proposals"), customer=Part(of(Proposal.customer_id)),
        person=Part(of(Proposal.by_id, Proposal.decided_by_id), HISTORY, _forget_places),
    )  # fmt: skip
    nobodys(tiers="how often customers of a tier are visited")


def _free_branches(subject: Subject) -> None:
    db.session.execute(update(Customer).where(Customer.parent_id == subject.id).values(parent_id=None))


def _stands_here_alone(id: uuid.UUID) -> ColumnElement[bool]:
    """People who stand at this customer and nowhere else: who stands elsewhere too is held there."""
    elsewhere = aliased(CustomerContact)
    here = select(CustomerContact.contact_id).where(CustomerContact.customer_id == id)
    other = exists().where(and_(elsewhere.contact_id == Contact.id, elsewhere.customer_id != id))
    return and_(Contact.id.in_(here), ~other)


def _leave_everywhere(subject: Subject) -> None:
    """A customer's search text names its people."""
    theirs = select(CustomerContact.customer_id).where(CustomerContact.contact_id == subject.id)
    for customer in db.session.scalars(select(Customer).where(Customer.id.in_(theirs))):
        customer.contacts = [place for place in customer.contacts if place.contact_id != subject.id]
        customer.file()


def _unname(subject: Subject) -> None:
    """Timelines say by name who came to look after a customer."""
    user = db.session.get(User, subject.id)
    if user is None:
        return
    either = (Assignment.person_id == subject.id) | (Assignment.stands_in_for_id == subject.id)
    theirs = select(Assignment.customer_id).where(either)
    told = select(Event).where(Event.customer_id.in_(theirs), Event.kind.startswith("assignment."))
    for event in db.session.scalars(told).unique():
        event.payload = renamed(event.payload, user.name, subject.called)


def _forget_places(subject: Subject) -> None:
    """Where they stood when they proposed a pin; one that still waits is where the customer is."""
    over = (Proposal.by_id == subject.id, Proposal.decided_at.is_not(None))
    db.session.execute(update(Proposal).where(*over).values(lat=None, lng=None, accuracy_m=None))
