"""Visits on the phone: check in, tell the place when it comes, finish, take it back."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.handing_in import after_leaving
from crmweb.accounts.location import shares_place
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers import showing
from crmweb.customers.models import Customer
from crmweb.customers.proposals import GONE, Proposal
from crmweb.db import db, writing
from crmweb.errors import TooLate, sent_by_script
from crmweb.followups.outcome_names import offer_outcomes
from crmweb.idempotency import keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.late import came_at, done_at, has_come, is_applied, kept_by_phones
from crmweb.visits import words
from crmweb.visits.forms import BadVisit, CheckIn, Finish, read_fix, read_why
from crmweb.visits.helping import tell_its_people
from crmweb.visits.meeting import (
    ask_what_is_owed,
    end_visit,
    may_visit,
    own_visit,
    reach_what_is_open,
    reopen_visit,
)
from crmweb.visits.met import last_met
from crmweb.visits.models import Visit
from crmweb.visits.openings import open_visit_at
from crmweb.visits.outcomes import Outcome
from crmweb.visits.showing import seen, seen_own, show_finish, show_visit
from crmweb.web import NOTICES, Notice, needs, undo_at

visits = Blueprint("visits", __name__)

UNDO_S = 10
"""Seconds in which a result can be taken back with one tap."""

NOTICES["visit_finished"] = lambda about: Notice(_("Finished"), undo_at("/visits/{}/reopen", about), UNDO_S)


@visits.post("/customers/<uuid:customer_id>/visits")
@needs("visits:write")
@after_leaving
@kept_by_phones("check_in", customer="customer_id")
@once(shows="visits.show")
def check_in(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Saved first; the place comes when it comes."""
    return check_in_at(customer_id)


def check_in_at(customer_id: uuid.UUID) -> ResponseReturnValue:
    """The verb of every check-in, whichever page it comes from; the view around it is one that happens once."""
    minted, sent = minted_id(request.form.get("id")), CheckIn.read(request.form)
    helper = may_visit(customer_id, by=current_user, at=sent.client_at or clock.now())
    reach_what_is_open(current_user)
    refuse_taken(Visit, minted)
    with writing():
        customer = db.session.get_one(Customer, customer_id)
        visit = Visit.check_in(
            customer, by=current_user, at=clock.now(), id=minted, kind=sent.kind, client_at=sent.client_at,
            fix=sent.fix, outcome=sent.outcome, helper=helper, shared=shares_place(current_user.id),
        )  # fmt: skip
        if visit.outcome == "gone":
            Proposal.make(customer, GONE, by=current_user, at=clock.now(), cause_id=visit.id)
        if current_user.left_at:
            Visit.leave_all(current_user.id, at=current_user.left_at)
        if helper:
            tell_its_people(visit, by=current_user, at=clock.now())
        visit_id, over = visit.id, visit.ended_at is not None
        keep(visit_id)
    has_come(visit_id)
    return written(visit_id, notice="visit_finished" if over else None)


@visits.get("/visits/<uuid:id>")
@needs("customers:read:own")
def show(id: uuid.UUID) -> ResponseReturnValue:
    return show_visit(seen(id))


@visits.post("/visits/<uuid:id>/place")
@needs("visits:write")
@after_leaving
@kept_by_phones("place", visit="id")
@once(shows="visits.show")
def place(id: uuid.UUID) -> ResponseReturnValue:
    """The phone found where it is. The first fix that was taken in time counts, later ones change nothing.

    Nor does any of somebody who does not share their place.
    """
    _own(id)
    fix = read_fix(request.form)
    if fix is None:
        raise BadVisit("lat", _("A place needs both numbers: latitude and longitude."))
    with writing():
        if shares_place(current_user.id):
            _own_alone(id).place(fix, by=current_user, at=came_at())
        keep(id, status=200)
    return written(id, status=200)


@visits.post("/visits/<uuid:id>/why")
@needs("visits:write")
@kept_by_phones("why", visit="id")
@once(shows="visits.show")
def explain(id: uuid.UUID) -> ResponseReturnValue:
    """Why the place is doubtful, in one tap; a second one on the same takes it back."""
    _own(id)
    why = read_why(request.form)
    with writing():
        _own_alone(id).explain(why)
        keep(id, status=200)
    return written(id, status=200)


@visits.get("/visits/<uuid:id>/finish")
@needs("visits:write")
def result(id: uuid.UUID) -> ResponseReturnValue:
    """The sheet on which the visitor says what came of it."""
    found = seen_own(id)
    return redirect(f"/visits/{id}", 303) if found.visit.outcome else show_finish(found)


@visits.post("/visits/<uuid:id>/finish")
@needs("visits:write")
@after_leaving
@kept_by_phones("finish", visit="id")
@once(shows="visits.show")
def finish(id: uuid.UUID) -> ResponseReturnValue:
    visit = _own(id)
    try:
        # What a phone kept was agreed on its own day, and there is nobody left to be asked.
        sent = Finish.read(
            request.form, today=current_user.today(done_at() if sent_by_script() else clock.now())
        )
        if not is_applied() and not (sent_by_script() and sent.was_queued(clock.now())):
            ask_what_is_owed(visit, sent)
    except BadVisit as wrong:
        if sent_by_script():
            raise
        return show_finish(seen_own(id), status=422, wrong=wrong)
    with writing():
        end_visit(_unsettled(id), sent, by=current_user, at=came_at())
        keep(id, status=200)
    return written(id, status=200, notice="visit_finished")


@visits.post("/visits/<uuid:id>/reopen")
@needs("visits:write")
@once(shows="visits.show")
def reopen(id: uuid.UUID) -> ResponseReturnValue:
    """The result was a slip."""
    _own(id)
    with writing():
        reopen_visit(_unsettled(id), by=current_user, at=clock.now())
        keep(id, status=200)
    return written(id, status=200)


def _own(id: uuid.UUID) -> Visit:
    return own_visit(id, by=current_user)


def _own_alone(id: uuid.UUID) -> Visit:
    """The same, as it stands once no other phone of the visitor's changes it; for the write alone."""
    wait_for_turn(current_user.id)
    return _own(id)


def _unsettled(id: uuid.UUID) -> Visit:
    """The same, while its result may still be said otherwise; 409 after that."""
    visit = _own_alone(id)
    if visit.is_settled(clock.now()):
        raise TooLate(_("This result is more than a day old and stays. Write a note if something was wrong."))
    return visit


def init_app(app: Flask) -> None:
    from crmweb.visits import helping
    from crmweb.visits.photo_routes import photos

    helping.listen()
    offer_outcomes(lambda: [(each.name, words.outcome_words(each.name)) for each in Outcome.offered()])
    app.register_blueprint(visits)
    app.register_blueprint(photos)
    words.init_app(app)
    showing.BESIDE["met"] = lambda customer: last_met(customer.id)
    showing.BESIDE["open_visit"] = lambda customer: open_visit_at(customer.id, current_user.id)
