"""Customers on the screen."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import audit, clock
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.customers import family_routes, parents, touches, words
from crmweb.customers.asking import BadQuestion
from crmweb.customers.assignments import routes as assignment_routes
from crmweb.customers.contacts import routes as contact_routes
from crmweb.customers.duplicates import Twin
from crmweb.customers.finding import found_customer
from crmweb.customers.forms import CustomerForm
from crmweb.customers.listing import COUNTED, Listing, Page
from crmweb.customers.locating import locate_later
from crmweb.customers.models import Customer
from crmweb.customers.proposing import proposals
from crmweb.customers.search import Search
from crmweb.customers.showing import show_customer
from crmweb.customers.tiers import Tier
from crmweb.db import db, writing
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.late import kept_by_phones
from crmweb.outbox_answers import somebody_waits
from crmweb.scope import system_access
from crmweb.timeline import words as timeline_words
from crmweb.timeline.entries import NEWEST, entries
from crmweb.web import NOTICES, Notice, needs, page, undo_at, wants_fragment

customers = Blueprint("customers", __name__)

PREFILLED = ("name", "lat", "lng", "address", "tier", "status", "parent")
"""What the address of a new customer's form may say already."""

NOTICES["customer_added"] = lambda _about: Notice(_("Added"))
NOTICES["customer_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["customer_restored"] = lambda _about: Notice(_("Brought back"))
NOTICES["customer_archived"] = lambda about: Notice(_("Put away"), undo_at("/customers/{}/restore", about))


@customers.get("/customers")
@needs("customers:read:own")
def index() -> ResponseReturnValue:
    today = current_user.today(clock.now())
    try:
        listing = Listing.read(request.args)
        found = listing.page(today)
    except BadQuestion as wrong:
        return page(
            "customers/index.html", status=422, listing=Listing(), found=Page([], None), wrong=str(wrong)
        )
    if wants_fragment():
        fragment = "customers/index/_rows.html" if listing.after else "customers/index/_results.html"
        return page(fragment, listing=listing, found=found)
    return page(
        "customers/index.html",
        listing=listing,
        found=found,
        counts=listing.count(today),
        counted=COUNTED,
        people=colleagues(current_user) if current_user.may("team:read") else [],
    )


@customers.get("/customers/<uuid:id>")
@needs("customers:read:own")
def show(id: uuid.UUID) -> ResponseReturnValue:
    return show_customer(found_customer(id))


@customers.get("/customers/<uuid:id>/timeline")
@needs("customers:read:own")
def show_timeline(id: uuid.UUID) -> ResponseReturnValue:
    customer = found_customer(id)
    most, before = 30, min(max(request.args.get("before", NEWEST, type=int), 0), NEWEST)
    found = entries(customer.id, most=most + 1, before=before)
    older = f"/customers/{id}/timeline?before={found[most - 1].seq}" if len(found) > most else None
    shown: dict[str, Any] = {"customer": customer, "entries": found[:most], "older": older}
    return page("timeline/show.html", fragment="timeline/_events.html", **shown)


@customers.get("/customers/names")
@needs("customers:read:own")
def names() -> ResponseReturnValue:
    """What to choose from while one types the name of a head office."""
    found = [row.id for row in Search(request.args.get("parent") or request.args.get("site", "")).run()[:10]]
    rows = db.session.execute(
        select(Customer.code, Customer.name, Customer.address).where(Customer.id.in_(found))
    )
    return page("customers/_names.html", rows=rows.all())


@customers.get("/customers/new")
@needs("customers:write")
def new() -> ResponseReturnValue:
    asked = {name: request.args.get(name, "") for name in PREFILLED}
    named = parents.named(asked["parent"]) if asked["parent"] else []
    asked["parent"] = parents.spoken_name(named[0]) if named else ""
    data = {name: value for name, value in asked.items() if value}
    return _form(CustomerForm(people=_people(), data={"responsible": str(current_user.id), **data}))


@customers.get("/customers/new/here")
@needs("customers:write")
def new_here() -> ResponseReturnValue:
    """A lead, by its name and where one stands."""
    return _form(CustomerForm(people=_people()), here=True)


@customers.post("/customers")
@needs("customers:write")
@kept_by_phones("lead")
@once(shows="customers.show")
def create() -> ResponseReturnValue:
    minted = minted_id(request.form.get("id"))
    form = CustomerForm(request.form, people=_people())
    if not form.validate():
        return _form(form, status=422)
    # A queued write cannot be asked anything; who may be the same stands on the customer's page.
    asks = somebody_waits() and not request.form.get("anyway")
    if asks and (twins := form.newcomer.twins(by=current_user)):
        return _form(form, status=422, twins=twins)
    _refuse_taken(minted)
    with writing():
        customer = form.add(by=current_user, at=clock.now(), id=minted)
        locate_later(customer, by=current_user, at=clock.now())
        customer_id = customer.id
        keep(customer_id)
    return written(customer_id, notice="customer_added")


@customers.get("/customers/<uuid:id>/edit")
@needs("customers:write")
def edit(id: uuid.UUID) -> ResponseReturnValue:
    return _form(CustomerForm.of(found_customer(id)))


@customers.post("/customers/<uuid:id>")
@needs("customers:write")
@once(shows="customers.show")
def update(id: uuid.UUID) -> ResponseReturnValue:
    form = CustomerForm(request.form, customer=found_customer(id))
    if not form.validate():
        return _form(form, status=422)
    with writing():
        customer = found_customer(id)
        form.change(customer, by=current_user, at=clock.now())
        locate_later(customer, by=current_user, at=clock.now())
        keep(id, status=200)
    return written(id, status=200, notice="customer_saved")


@customers.post("/customers/<uuid:id>/archive")
@needs("customers:write")
@once(shows="customers.show")
def archive(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        customer, at = found_customer(id), clock.now()
        if customer.archive(by=current_user, at=at):
            audit.record("customer.archived", by=current_user, at=at, about=customer.reference)
        keep(id, status=200)
    return written(id, status=200, notice="customer_archived")


@customers.post("/customers/<uuid:id>/restore")
@needs("customers:write")
@once(shows="customers.show")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        customer, at = found_customer(id), clock.now()
        if customer.restore(by=current_user, at=at):
            audit.record("customer.restored", by=current_user, at=at, about=customer.reference)
        keep(id, status=200)
    return written(id, status=200, notice="customer_restored")


def _form(
    form: CustomerForm, *, status: int = 200, twins: list[Twin] | None = None, here: bool = False
) -> ResponseReturnValue:
    return page(
        "customers/here.html" if here or request.form.get("here") else "customers/form.html",
        status=status,
        form=form,
        customer=form.customer,
        twins=twins,
        rhythms={
            tier: ngettext("%(num)s day", "%(num)s days", days) for tier, days in Tier.intervals().items()
        },
        pin_source=request.form.get("pin_source") or ("map" if request.args.get("lat") else ""),
    )


def _people() -> list[Colleague]:
    """Whom one may make responsible; without that right, nobody is asked for."""
    return colleagues(current_user) if current_user.may("customers:assign") else []


def _refuse_taken(id: uuid.UUID | None) -> None:
    """409 for an id that any customer has, also one whom the person may not see."""
    with system_access("is this id taken"):
        refuse_taken(Customer, id)


def init_app(app: Flask) -> None:
    touches.listen()
    words.init_app(app)
    timeline_words.init_app(app)
    for blueprint in (
        customers,
        family_routes.family,
        contact_routes.contacts,
        assignment_routes.assignments,
        proposals,
    ):
        app.register_blueprint(blueprint)
