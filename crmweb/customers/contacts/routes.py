"""The people at a customer, on the screen."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.customers.contacts.forms import ContactForm
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.contacts.stakeholders import Known, forget_if_nowhere, known_contacts, refile_all
from crmweb.customers.fields import one_line
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.scope import system_access
from crmweb.web import NOTICES, Notice, needs, not_found_unless, page

contacts = Blueprint("contacts", __name__)

NOTICES["contact_added"] = lambda _about: Notice(_("Contact added"))
NOTICES["contact_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["contact_removed"] = lambda _about: Notice(_("Contact removed"))


@contacts.get("/customers/<uuid:customer_id>/contacts/new")
@needs("customers:write")
def new(customer_id: uuid.UUID) -> ResponseReturnValue:
    customer, q = found_customer(customer_id), request.args.get("q", "").strip()
    found = known_contacts(q, but=customer.id) if q else []
    return _form(ContactForm(today=_today(), data={"name": q}), customer, q=q, found=found)


@contacts.post("/customers/<uuid:customer_id>/contacts")
@needs("customers:write")
@once(shows="customers.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    """A new person; or, with `contact`, one who is known from another customer."""
    customer, known = found_customer(customer_id), request.form.get("contact")
    contact_id = _known_id(known) if known else minted_id(request.form.get("id"))
    form = ContactForm(request.form, today=_today())
    if not known and not form.validate():
        return _form(form, customer, status=422)
    if not known:
        with system_access("is this id taken"):
            refuse_taken(Contact, contact_id)
    role = one_line(form.role.data)[:60] or "other"
    with writing():
        contact = _found_contact(contact_id) if known else _added(contact_id, form)
        found_customer(customer_id).name_contact(contact, role, by=current_user, at=clock.now())
        keep(customer_id)
    return written(customer_id, notice="contact_added")


@contacts.get("/contacts/<uuid:id>/edit")
@needs("customers:write")
def edit(id: uuid.UUID) -> ResponseReturnValue:
    place = _found_place(id, request.args.get("customer"))
    form = ContactForm.of(place.contact, place.role, today=_today())
    return _form(form, found_customer(place.customer_id), contact=place.contact)


@contacts.post("/contacts/<uuid:id>")
@needs("customers:write")
@once(shows="customers.show")
def update(id: uuid.UUID) -> ResponseReturnValue:
    place = _found_place(id, request.form.get("customer"))
    customer_id = place.customer_id
    form = ContactForm.changing(request.form, place.contact, place.role, today=_today())
    if not form.validate():
        return _form(form, found_customer(customer_id), status=422, contact=place.contact)
    with writing():
        contact = _found_contact(id)
        form.fill(contact)
        role = form.role.data or "other"
        found_customer(customer_id).name_contact(contact, role, by=current_user, at=clock.now())
        refile_all(contact)
        keep(customer_id, status=200)
    return written(customer_id, status=200, notice="contact_saved")


@contacts.post("/contacts/<uuid:id>/remove")
@needs("customers:write")
@once(shows="customers.show")
def remove(id: uuid.UUID) -> ResponseReturnValue:
    """They stand at this customer no longer; who stands nowhere any more is forgotten."""
    customer_id = _found_place(id, request.form.get("customer")).customer_id
    with writing():
        contact = _found_contact(id)
        found_customer(customer_id).drop_contact(id, by=current_user, at=clock.now())
        forget_if_nowhere(contact)
        keep(customer_id, status=200)
    return written(customer_id, status=200, notice="contact_removed")


def _added(id: uuid.UUID | None, form: ContactForm) -> Contact:
    contact = Contact.named(form.name.data or "", at=clock.now(), id=id)
    form.fill(contact)
    # Before the customer is asked who stands there: one of the same id, added a moment ago, would pass for this one.
    db.session.add(contact)
    db.session.flush()
    return contact


def _found_contact(id: uuid.UUID | None) -> Contact:
    contact: Contact = not_found_unless(db.session.scalar(select(Contact).where(Contact.id == id)))
    return contact


def _found_place(id: uuid.UUID, customer: str | None) -> CustomerContact:
    """Where the contact stands: at this customer, else at the first one whom the person may see."""
    places = select(CustomerContact).where(CustomerContact.contact_id == id)
    if customer:
        places = places.where(CustomerContact.customer_id == _known_id(customer))
    place: CustomerContact = not_found_unless(db.session.scalar(places.limit(1)))
    return place


def _known_id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        abort(404)


def _today() -> date:
    today: date = current_user.today(clock.now())
    return today


def _form(
    form: ContactForm,
    customer: Customer,
    *,
    status: int = 200,
    contact: Contact | None = None,
    q: str = "",
    found: list[Known] | None = None,
) -> ResponseReturnValue:
    return page(
        "customers/contact.html",
        status=status,
        form=form,
        customer=customer,
        contact=contact,
        q=q,
        found=found,
    )
