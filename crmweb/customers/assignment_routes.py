"""Who looks after whom, on the screen."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.colleagues import colleagues
from crmweb.accounts.models import Oversight
from crmweb.customers.assignment_forms import AssignmentForm
from crmweb.customers.assignments import Assignment
from crmweb.customers.finding import found_customer
from crmweb.customers.showing import show_customer
from crmweb.db import db, writing
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, needs, not_found_unless

assignments = Blueprint("assignments", __name__)

NOTICES["assignment_started"] = lambda _about: Notice(_("Added"))
NOTICES["assignment_ended"] = lambda _about: Notice(_("Ended"))


@assignments.post("/customers/<uuid:customer_id>/assignments")
@needs("customers:assign")
@once(shows="customers.show")
def create(customer_id: uuid.UUID) -> ResponseReturnValue:
    customer = found_customer(customer_id)
    today = current_user.today(clock.now())
    form = AssignmentForm(request.form, people=colleagues(current_user), today=today)
    if not form.validate():
        return show_customer(customer, status=422, assignment=form)
    with writing():
        form.assign(found_customer(customer_id), by=current_user, at=clock.now())
        keep(customer_id)
    return written(customer_id, notice="assignment_started")


@assignments.post("/assignments/<uuid:id>/end")
@needs("customers:assign")
@once(shows="customers.show")
def end(id: uuid.UUID) -> ResponseReturnValue:
    assignment = _found(id)
    customer_id = assignment.customer_id
    if not (current_user.may("customers:all") or Oversight.covers(current_user.id, assignment.person_id)):
        abort(403)
    if assignment.is_last:
        refused = _("Somebody has to look after this customer. Add another person first.")
        return show_customer(found_customer(customer_id), status=422, refused=refused)
    with writing():
        _found(id).end(by=current_user, at=clock.now())
        keep(customer_id, status=200)
    return written(customer_id, status=200, notice="assignment_ended")


def _found(id: uuid.UUID) -> Assignment:
    assignment: Assignment = not_found_unless(
        db.session.scalar(select(Assignment).where(Assignment.id == id))
    )
    return assignment
