"""Handing customers over on the screen: some of a person's, or all, to a colleague."""

from __future__ import annotations

import uuid
from datetime import datetime

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.accounts.models import User
from crmweb.customers.assignments.handing import handed_over_at
from crmweb.customers.beyond import widen
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.names import nfc
from crmweb.routes.models import Route
from crmweb.team.asking import asked_number
from crmweb.team.handing import A_PAGE, NEEDED, Book, hand_over
from crmweb.team.people import Member, member
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

handing_customers = Blueprint("handing_customers", __name__)

WHY = "customers are handed over"
LONGEST_SEARCH = 80
MOST_AT_ONCE = 5000


def _handed(about: str) -> Notice:
    """How many went, and the way back; the browser names both people and the moment."""
    parts = about.split(" ")
    if len(parts) != 4 or not (parts[0].isdecimal() and parts[3].isdecimal() and about.isascii()):
        return Notice(_("Handed over"))
    count, person, to, moment = parts
    words = ngettext("%(num)s customer handed over", "%(num)s customers handed over", int(count[:6]))
    try:
        undo = f"/team/{uuid.UUID(person)}/customers/back/{uuid.UUID(to)}/{moment[: clock.LONGEST_MICROS]}"
    except ValueError:
        return Notice(words)
    return Notice(words, undo=undo, stays=10)


NOTICES["customers_handed"] = _handed
NOTICES["customers_back"] = lambda _about: Notice(_("The customers are back"))


@handing_customers.get("/team/<uuid:person_id>/customers")
@needs("customers:assign")
def choose(person_id: uuid.UUID) -> ResponseReturnValue:
    return _show(_member(person_id))


@handing_customers.post("/team/<uuid:person_id>/customers")
@needs("customers:assign")
def hand(person_id: uuid.UUID) -> ResponseReturnValue:
    """Those that are chosen (`customer`, several) or `all` that the words and the route leave over, to one person."""
    who, takers = _member(person_id), _takers(person_id)
    to_id = next((each.id for each in takers if str(each.id) == request.form.get("to")), None)
    if to_id is None:
        return _show(who, wrong=_("Choose who gets them."), at="to")
    ids = _chosen(_book(person_id))
    if not ids:
        return _show(who, wrong=_("Choose at least one customer."), at="customers")
    now = clock.now()
    widen(current_user, WHY)
    with writing():
        person, to = db.session.get_one(User, person_id), db.session.get_one(User, to_id)
        fit = to.active and to.permissions >= NEEDED
        count = hand_over(ids, person, to, by=current_user, at=now) if fit else 0
    if not fit:
        raise UnprocessableEntity(_("The role of %(name)s does not visit customers.", name=to.name))
    return go(
        f"/team/{person_id}/customers", notice="customers_handed",
        about=f"{count} {person_id} {to_id} {clock.to_micros(now)}",
    )  # fmt: skip


@handing_customers.post("/team/<uuid:person_id>/customers/back/<uuid:to_id>/<int:moment>")
@needs("customers:assign")
def take_back(person_id: uuid.UUID, to_id: uuid.UUID, moment: int) -> ResponseReturnValue:
    """Handing them over was a slip: who went then and is there still comes back."""
    _member(person_id)
    _member(to_id)
    at: datetime = not_found_unless(clock.from_micros(moment))
    widen(current_user, WHY)
    with writing():
        person, to = db.session.get_one(User, person_id), db.session.get_one(User, to_id)
        if person.active:
            ids = handed_over_at(at, person_id, to_id)
            hand_over(ids, to, person, by=current_user, at=clock.now(), back=True)
    return go(f"/team/{person_id}/customers", notice="customers_back")


def _member(person_id: uuid.UUID) -> Member:
    """Somebody whose work the actor sees; 404 for anybody else."""
    found: Member = not_found_unless(member(current_user, person_id))
    return found


def _takers(person_id: uuid.UUID) -> list[Colleague]:
    return [each for each in colleagues(current_user) if each.id != person_id]


def _book(person_id: uuid.UUID) -> Book:
    asked = nfc(request.values.get("q", "").replace("\0", ""))[:LONGEST_SEARCH].strip()
    return Book(person_id, asked, request.values.get("route", type=uuid.UUID))


def _chosen(book: Book) -> list[uuid.UUID]:
    """Only customers of that person whom the actor sees, whatever the form names."""
    theirs = book.ids() if "all" in request.form else Book(book.person_id).ids()
    named = {str(each) for each in request.form.getlist("customer")}
    return [each for each in theirs if "all" in request.form or str(each) in named][:MOST_AT_ONCE]


def _show(who: Member, *, wrong: str = "", at: str = "") -> ResponseReturnValue:
    """`wrong` is said of the part of the form that `at` names."""
    book, number = _book(who.id), max(asked_number("page"), 1)
    count = book.count()
    return page(
        "team/customers.html", status=422 if wrong else 200, person=who, book=book, count=count,
        customers=book.page(number), number=number, more=count > number * A_PAGE, takers=_takers(who.id),
        routes=Route.of(who.id), wrong=wrong, wrong_at=at, chosen=set(request.form.getlist("customer")),
        to=request.form.get("to", ""),
    )  # fmt: skip
