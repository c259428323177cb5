"""Several sites of one account: another one is added, or a customer moves to another head office."""

from __future__ import annotations

import uuid

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import MultiDict

from crmweb import clock
from crmweb.customers import parents
from crmweb.customers.fields import one_line
from crmweb.customers.finding import found_customer
from crmweb.customers.forms import CustomerForm
from crmweb.customers.models import Customer
from crmweb.db import writing
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, needs, page

family = Blueprint("family", __name__)

LONGEST = 300

NOTICES["site_added"] = lambda _about: Notice(_("The site stands with this account now"))
NOTICES["head_office_changed"] = lambda _about: Notice(_("The head office is saved"))


@family.get("/customers/<uuid:id>/sites/new")
@needs("customers:write")
def new_site(id: uuid.UUID) -> ResponseReturnValue:
    return page("customers/site.html", customer=found_customer(id), typed="", wrong="")


@family.post("/customers/<uuid:id>/sites")
@needs("customers:write")
@once(shows="customers.show")
def add_site(id: uuid.UUID) -> ResponseReturnValue:
    """A customer whom one knows is a site of this one from now on, wherever it stood before."""
    customer, typed = found_customer(id), one_line(request.form.get("site"))[:LONGEST]
    site_id, wrong = _named(typed)
    form = _moving(found_customer(site_id), str(id)) if site_id else None
    if form is None or site_id is None or not form.validate():
        return page(
            "customers/site.html",
            status=422,
            customer=customer,
            typed=typed,
            wrong=wrong or _first_error(form),
        )
    with writing():
        form.change(found_customer(site_id), by=current_user, at=clock.now())
        keep(id)
    return written(id, notice="site_added")


@family.get("/customers/<uuid:id>/head-office")
@needs("customers:write")
def head_office(id: uuid.UUID) -> ResponseReturnValue:
    customer = found_customer(id)
    return page(
        "customers/head_office.html",
        customer=customer,
        typed=parents.spoken_name(customer.parent_id),
        wrong="",
    )


@family.post("/customers/<uuid:id>/head-office")
@needs("customers:write")
@once(shows="customers.show")
def move(id: uuid.UUID) -> ResponseReturnValue:
    """To another head office; without a name it stands for itself."""
    customer, typed = found_customer(id), one_line(request.form.get("parent"))[:LONGEST]
    form = _moving(customer, typed)
    if not form.validate():
        return page(
            "customers/head_office.html", status=422, customer=customer, typed=typed, wrong=_first_error(form)
        )
    with writing():
        form.change(found_customer(id), by=current_user, at=clock.now())
        keep(id, status=200)
    return written(id, status=200, notice="head_office_changed")


def _moving(customer: Customer, head_office: str) -> CustomerForm:
    """The form of a customer of which only the head office was sent."""
    return CustomerForm(MultiDict({"parent": head_office}), customer=customer)


def _named(typed: str) -> tuple[uuid.UUID | None, str]:
    """The customer whom these words name, else why there is none."""
    found = parents.named(typed) if typed else []
    if len(found) == 1:
        return found[0], ""
    if found:
        return None, _("Several customers are called so. Type the code instead.")
    return None, _("None of your customers has this code or name.")


def _first_error(form: CustomerForm | None) -> str:
    errors = form.parent.errors if form is not None else []
    return str(next(iter(errors), ""))
