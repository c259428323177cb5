"""Changing the day: add a stop, take one out, change their order. Each comes to the same when it is sent twice."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.customers.finding import found_customer, named_id
from crmweb.db import writing
from crmweb.errors import TooLate
from crmweb.idempotency import acknowledged
from crmweb.languages import gettext as _
from crmweb.routes.plans import Day
from crmweb.web import NOTICES, Notice, local_path, needs

stops = Blueprint("stops", __name__)

FARTHEST = timedelta(days=366)
MOST_STOPS = 200


def _taken_out(about: str) -> Notice:
    """`about` is the customer and where they stood; the browser says it, so it is not believed blindly."""
    customer_id, _space, position = about.partition(" ")
    try:
        undo = f"/stops/{uuid.UUID(customer_id)}/back?position={int(position)}"
    except ValueError:
        undo = None
    return Notice(_("Taken out of today"), undo)


NOTICES["stop_added"] = lambda _about: Notice(_("Added to today"))
NOTICES["stop_taken_out"] = _taken_out


@stops.post("/stops")
@needs("visits:write")
def add() -> ResponseReturnValue:
    """Go there too, today or on the day that is named."""
    customer = found_customer(named_id(request.form.get("customer", "")))
    day = _day(request.form.get("day", ""))
    if customer.archived_at is not None:
        raise TooLate(_("This customer is put away. Bring them back first."))
    with writing():
        Day(current_user.id, day).add(customer.id, at=clock.now())
    return acknowledged(local_path(request.form.get("next")), notice="stop_added")


@stops.post("/stops/<uuid:customer_id>/out")
@needs("visits:write")
def take_out(customer_id: uuid.UUID) -> ResponseReturnValue:
    found_customer(customer_id)
    with writing():
        stood = _today().take_out(customer_id, at=clock.now())
    if stood is None:
        return acknowledged(_back())
    return acknowledged(_back(), notice="stop_taken_out", about=f"{customer_id} {stood}")


@stops.post("/stops/<uuid:customer_id>/back")
@needs("visits:write")
def put_back(customer_id: uuid.UUID) -> ResponseReturnValue:
    """Where it stood, if the address says so."""
    found_customer(customer_id)
    position = request.args.get("position", type=int)
    with writing():
        _today().add(customer_id, at=clock.now(), position=position)
    return acknowledged(_back())


@stops.post("/stops/<uuid:customer_id>/position")
@needs("visits:write")
def move(customer_id: uuid.UUID) -> ResponseReturnValue:
    """To this place in the day; the first is 0."""
    found_customer(customer_id)
    position = request.form.get("position", type=int)
    if position is None:
        raise UnprocessableEntity(_("A place in the day is a whole number."))
    with writing():
        _today().put(customer_id, position, at=clock.now())
    return acknowledged(_back())


@stops.post("/stops/order")
@needs("visits:write")
def order() -> ResponseReturnValue:
    """All at once, as they were dragged."""
    wanted = [named_id(text) for text in request.form.getlist("customer")[:MOST_STOPS]]
    with writing():
        _today().order(wanted, at=clock.now())
    return acknowledged(_back())


def _today() -> Day:
    return Day(current_user.id, current_user.today(clock.now()))


def _back() -> str:
    return local_path(request.form.get("next") or "/?edit=1")


def _day(text: str) -> date:
    today: date = current_user.today(clock.now())
    if not text:
        return today
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise UnprocessableEntity(_("A day looks like 2026-11-27.")) from None
    if not today <= day <= today + FARTHEST:
        raise UnprocessableEntity(_("The next step lies between today and a year from now."))
    return day
