"""Proposing a pin on the spot, and deciding on what others proposed."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from flask import Blueprint, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.customers.finding import found_customer
from crmweb.customers.place_words import nowhere_words, point_words
from crmweb.customers.proposals import GONE, PIN, Proposal
from crmweb.customers.showing import show_customer
from crmweb.db import db, writing
from crmweb.errors import TooLate
from crmweb.geo import BadPoint, Point, read_accuracy
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, needs, not_found_unless

proposals = Blueprint("proposals", __name__)

COARSEST_M = 100
"""Metres of accuracy up to which a position says where a shop stands, and not only in which block."""
STALE = timedelta(minutes=3)

NOTICES["pin_proposed"] = lambda _about: Notice(_("Proposed. Somebody else approves it."))
NOTICES["pin_approved"] = lambda _about: Notice(_("The pin is there now"))
NOTICES["gone_approved"] = lambda _about: Notice(_("Now a former customer"))
NOTICES["proposal_rejected"] = lambda _about: Notice(_("Left as it was"))


class Spot(NamedTuple):
    """Where a phone stands: a place and metres of accuracy."""

    at: Point
    accuracy_m: float


class BadSpot(ValueError):
    """A position that cannot be proposed; `str()` says why and what to do, to the person."""


@proposals.post("/customers/<uuid:customer_id>/pin-proposals")
@needs("visits:write")
@once(shows="customers.show")
def propose_pin(customer_id: uuid.UUID) -> ResponseReturnValue:
    """The pin should be where the phone stands now."""
    customer = found_customer(customer_id)
    try:
        spot = _read_spot(request.form)
    except BadSpot as wrong:
        return show_customer(customer, status=422, refused=str(wrong))
    with writing():
        place = (spot.at.lat, spot.at.lng, spot.accuracy_m)
        at = clock.on_the_phone(request.form.get("client_at"))
        Proposal.make(found_customer(customer_id), PIN, by=current_user, at=at, place=place)
        keep(customer_id)
    return written(customer_id, notice="pin_proposed")


def _read_spot(sent: Mapping[str, str]) -> Spot:
    """Raises `BadSpot`."""
    try:
        at, accuracy = Point.read(sent.get("lat"), sent.get("lng")), read_accuracy(sent.get("accuracy_m", ""))
    except BadPoint as wrong:
        raise BadSpot(_no_place() if wrong.reason == "missing" else point_words(wrong)) from None
    except ValueError:
        raise BadSpot(_("The accuracy is a number of metres.")) from None
    if at.flaw:
        raise BadSpot(nowhere_words())
    if accuracy is None or accuracy > COARSEST_M:
        raise BadSpot(_too_coarse(accuracy))
    if _is_stale(sent):
        raise BadSpot(_("That position is from earlier. Tap once more where the shop is."))
    return Spot(at, accuracy)


def _no_place() -> str:
    return _("No position came. Tap once more, near a window or outside.")


def _too_coarse(accuracy: float | None) -> str:
    if accuracy is None:
        return _("The phone did not say how sure it is. Go outside and tap once more.")
    return _("Only sure within %(metres)s m. Go outside and tap once more.", metres=round(accuracy))


def _is_stale(sent: Mapping[str, str]) -> bool:
    """By the phone's own clock at both ends; where it tells but one of them, nobody can know."""
    try:
        fixed, told = (clock.read_moment(sent.get(name, "")) for name in ("fixed_at", "client_at"))
    except ValueError:
        return False
    return fixed is not None and told is not None and told - fixed > STALE


@proposals.post("/proposals/<uuid:id>/approve")
@needs("customers:approve")
@once(shows="customers.show")
def approve(id: uuid.UUID) -> ResponseReturnValue:
    kind = _found(id).kind
    notice = "gone_approved" if kind == GONE else "pin_approved"
    return _decide(id, True, notice)


@proposals.post("/proposals/<uuid:id>/reject")
@needs("customers:approve")
@once(shows="customers.show")
def reject(id: uuid.UUID) -> ResponseReturnValue:
    return _decide(id, False, "proposal_rejected")


def _decide(id: uuid.UUID, yes: bool, notice: str) -> ResponseReturnValue:
    with writing():
        proposal = _undecided(id, unless=yes)
        verb = proposal.approve if yes else proposal.reject
        verb(by=current_user, at=clock.now())
        customer_id = proposal.customer_id
        keep(customer_id, status=200)
    return written(customer_id, status=200, notice=notice)


def _undecided(id: uuid.UUID, *, unless: bool) -> Proposal:
    """The one to decide on, or one that was decided just so; 409 with what stands now."""
    proposal: Proposal = not_found_unless(Proposal.alone(id))
    if not proposal.may_be_decided_by(current_user):
        abort(403)
    if proposal.is_past:
        raise TooLate(_("Somebody proposed something else since. Open the customer and look at that."))
    if proposal.approved not in (None, unless):
        raise TooLate(_("It was decided the other way before. Open the customer to see what stands."))
    return proposal


def _found(id: uuid.UUID) -> Proposal:
    found: Proposal = not_found_unless(db.session.scalar(select(Proposal).where(Proposal.id == id)))
    return found
