"""Who looks after whom, on the screen."""

from __future__ import annotations

import uuid

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import audit, clock
from crmweb.accounts.colleagues import colleagues
from crmweb.accounts.models import Oversight
from crmweb.customers.assignments.forms import AssignmentForm
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.finding import found_customer
from crmweb.customers.models import Customer
from crmweb.customers.showing import show_customer
from crmweb.db import db, writing
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.outbox_answers import wants_record
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless

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
    if not (
        current_user.may("customers:read:all") or Oversight.covers(current_user.id, assignment.person_id)
    ):
        abort(403)
    with writing():
        assignment = _found(id)
        if not (last := assignment.is_last):  # asked under the lock: two may end at once
            _end(assignment)
            keep(customer_id, status=200)
    if last:
        refused = _("Somebody has to look after this customer. Add another person first.")
        return show_customer(found_customer(customer_id), status=422, refused=refused)
    if not wants_record() and not _sees(customer_id):
        return go("/customers", notice="assignment_ended")
    return written(customer_id, status=200, notice="assignment_ended")


def _end(assignment: Assignment) -> None:
    """Written down first: with the end, whoever ends it may lose sight of the customer."""
    now, customer = clock.now(), assignment.customer
    if assignment.ended_at is None:
        audit.record(
            "assignment.ended", by=current_user, at=now, about=customer.reference, before=assignment.terms
        )
    assignment.end(by=current_user, at=now)


def _sees(customer_id: uuid.UUID) -> bool:
    """Whether the person at work still sees the customer: ending an assignment may have been their last sight."""
    return db.session.scalar(select(Customer.id).where(Customer.id == customer_id)) is not None


def _found(id: uuid.UUID) -> Assignment:
    assignment: Assignment = not_found_unless(
        db.session.scalar(select(Assignment).where(Assignment.id == id))
    )
    return assignment
