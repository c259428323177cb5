"""The sheet behind the central button. Two taps on one spot: the drop, then *Confirm*."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Blueprint, Flask, abort, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.handing_in import after_leaving
from crmweb.accounts.location import needs_notice
from crmweb.check_in.choices import Choice, choices
from crmweb.errors import sent_by_script
from crmweb.geo import BadPoint, Point
from crmweb.idempotency import once
from crmweb.languages import gettext as _
from crmweb.late import kept_by_phones
from crmweb.visits.forms import BadVisit
from crmweb.visits.openings import open_visit_at, open_visit_of
from crmweb.visits.outcomes import SHUT
from crmweb.visits.routes import check_in_at
from crmweb.web import needs, page

check_in = Blueprint("check_in", __name__)


@check_in.get("/check-in")
@needs("visits:write")
def show() -> ResponseReturnValue:
    """What is preselected here is what the next tap confirms: no fix that comes later changes it.

    Before the first time, everybody reads once what is recorded of their place, and agrees or not.
    """
    chosen = _id(request.args.get("customer", ""))
    if chosen and (here := open_visit_at(chosen, current_user.id)):
        return redirect(f"/visits/{here.id}", 303)
    if needs_notice(current_user.id):
        back = quote(request.full_path.rstrip("?"), safe="/")
        return redirect(f"/settings/location?next={back}", 303)
    return _sheet(chosen)


@check_in.post("/check-in")
@needs("visits:write")
@after_leaving
@kept_by_phones("check_in", customer="customer")
@once(shows="visits.show")
def create() -> ResponseReturnValue:
    """The same as a check-in at the customer's own address, for the one that was chosen on the sheet."""
    try:
        chosen = _id(request.form.get("customer", ""))
        if chosen is None:
            raise BadVisit("customer", _("Choose where you are."))
        return check_in_at(chosen)
    except BadVisit as wrong:
        if sent_by_script():
            raise
        return _sheet(None, status=422, wrong=wrong.description or "")


def _sheet(chosen: uuid.UUID | None, *, status: int = 200, wrong: str = "") -> ResponseReturnValue:
    at = _place()
    return page(
        "check_in/show.html", status=status, wrong=wrong, rows=_rows(chosen, at), at=at, shut=SHUT,
        open_visit=open_visit_of(current_user.id),
        back=f"/customers/{chosen}" if chosen else "/nearby?" + request.query_string.decode() if at else "/",
    )  # fmt: skip


def _rows(chosen: uuid.UUID | None, at: Point | None) -> list[Choice]:
    try:
        return choices(current_user, current_user.today(clock.now()), customer_id=chosen, at=at)
    except LookupError:
        abort(404)


def _place() -> Point | None:
    """Where Nearby asked from. It chooses nobody else than Nearby shows, and what is no place is none."""
    try:
        return Point.read(request.args.get("lat", ""), request.args.get("lng", ""))
    except BadPoint:
        return None


def _id(text: str) -> uuid.UUID | None:
    """An id as it stands in an address, None where there is none. 404 for what cannot be one."""
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError:
        abort(404)


def init_app(app: Flask) -> None:
    app.register_blueprint(check_in)
