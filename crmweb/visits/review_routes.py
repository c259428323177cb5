"""One doubtful check-in on its way between a manager and the visitor: accepted, asked about, answered."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.customers.beyond import narrow, sees, widen
from crmweb.customers.fields import lines
from crmweb.db import db, writing
from crmweb.idempotency import acknowledged, keep, once, written
from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.visits import doubt_words
from crmweb.visits.doubts import Doubt, photos_of
from crmweb.visits.meeting import own_visit
from crmweb.visits.models import Visit
from crmweb.visits.reviews import Review, may_object, may_review, review_of
from crmweb.visits.showing import seen_own
from crmweb.web import NOTICES, Notice, local_path, needs, not_found_unless, page, undo_at, wants_fragment

reviews = Blueprint("reviews", __name__)

LONGEST = 1000
"""Characters of a question or an answer: they are read on a phone."""
MOST_AT_ONCE = 500
"""Check-ins that are accepted in one go."""
LONGEST_NUMBER = 18
"""Digits up to which a number in an address is one."""


NOTICES["review_accepted"] = lambda about: Notice(_("Accepted"), undo_at("/visits/{}/review/undo", about))
NOTICES["review_asked"] = lambda _about: Notice(_("Asked"))
NOTICES["review_undone"] = lambda _about: Notice(_("Not accepted after all"))
NOTICES["review_answered"] = lambda _about: Notice(_("Answered"))
NOTICES["reviews_undone"] = lambda _about: Notice(_("Not accepted after all"))


def _together_accepted(about: str) -> Notice:
    """How many were accepted in one go, and the way back by their moment; the browser names both."""
    count, _space, moment = about.partition(" ")
    if not (about.isascii() and count.isdigit() and moment.isdigit()):
        return Notice(_("Accepted"))
    many = int(count[:LONGEST_NUMBER])
    words = ngettext("%(num)s check-in accepted", "%(num)s check-ins accepted", many)
    return Notice(words, undo=f"/review/undo/{moment[:LONGEST_NUMBER]}", stays=10)


NOTICES["reviews_accepted"] = _together_accepted


@reviews.post("/visits/<uuid:id>/review/accept")
@needs("visits:review")
def accept(id: uuid.UUID) -> ResponseReturnValue:
    _reviewed(id)
    with writing():
        Review.of(_reviewed(id), by=current_user).accept(by=current_user, at=clock.now())
    return _answered(id, "visits/review/_accepted.html", "review_accepted")


@reviews.post("/visits/<uuid:id>/review/undo")
@needs("visits:review")
def undo(id: uuid.UUID) -> ResponseReturnValue:
    """It was accepted by a slip; what was never accepted stays as it is."""
    _reviewed(id)
    with writing():
        if review := review_of(_reviewed(id)):
            review.take_back()
    return _answered(id, "visits/review/_doubt.html", "review_undone")


@reviews.post("/visits/<uuid:id>/review/ask")
@needs("visits:review")
def ask(id: uuid.UUID) -> ResponseReturnValue:
    _reviewed(id)
    question = lines(request.form.get("question"))
    if wrong := _wrong(question, _("Write what you want to know.")):
        fragment = "visits/review/_doubt.html"
        return page(
            "visits/review.html", fragment=fragment, status=422, doubt=_doubt(id), wrong=wrong, typed=question,
            here=_here(),
        )  # fmt: skip
    with writing():
        Review.of(_reviewed(id), by=current_user).ask(question, by=current_user, at=clock.now())
    return _answered(id, "visits/review/_asked.html", "review_asked")


@reviews.post("/visits/<uuid:id>/review/answer")
@needs("visits:write")
@once(shows="visits.show")
def answer(id: uuid.UUID) -> ResponseReturnValue:
    """What the visitor says: to a question, or against a verdict, which stays as it is."""
    visit, words = own_visit(id, by=current_user), lines(request.form.get("answer"))
    wrong = _wrong(words, _("Write your answer."))
    if not may_object(visit, review_of(visit), by=current_user):
        wrong = _("Nothing was asked about this visit, and nobody doubts it.")
    if wrong:
        visit = seen_own(id).visit
        return page(
            "visits/answer.html", status=422, visit=visit, review=review_of(visit), wrong=wrong, typed=words
        )
    with writing():
        Review.of(own_visit(id, by=current_user), by=current_user).reply(words, at=clock.now())
        keep(id, status=200)
    return written(id, status=200, notice="review_answered")


@reviews.post("/review/accept")
@needs("visits:review")
def accept_all() -> ResponseReturnValue:
    """Several in one go (`visit`, repeated, or ids with spaces between): all of them or, where one is not to be
    reviewed, none.
    """
    ids, at = _chosen(), clock.now()
    _all_reviewed(ids)
    with writing():
        Review.accept_all(_all_reviewed(ids), by=current_user, at=at)
    return _back("reviews_accepted", about=f"{len(ids)} {clock.to_micros(at)}")


@reviews.post("/review/undo/<int:moment>")
@needs("visits:review")
def undo_all(moment: int) -> ResponseReturnValue:
    """They were accepted together, by a slip. `moment`: when, in microseconds since 1970. 404 once none is left."""
    at: datetime = not_found_unless(clock.from_micros(moment))
    widen(current_user, "taking back one's own reviews")
    with writing():
        together = not_found_unless(Review.accepted_together(at, by=current_user) or None)
        if not may_review([review.visit for review in together], by=current_user):
            abort(403)
        for review in together:
            review.take_back()
    return _back("reviews_undone")


def _chosen() -> list[uuid.UUID]:
    try:
        ids = {uuid.UUID(each) for sent in request.form.getlist("visit") for each in sent.split()}
    except ValueError:
        raise UnprocessableEntity(_("That is not the id of a visit.")) from None
    if not ids:
        raise UnprocessableEntity(_("Choose at least one check-in."))
    if len(ids) > MOST_AT_ONCE:
        raise UnprocessableEntity(_("At most %(most)s check-ins are accepted in one go.", most=MOST_AT_ONCE))
    return list(ids)


def _all_reviewed(ids: Collection[uuid.UUID]) -> Sequence[Visit]:
    """Visits that the actor may all review, and write to."""
    narrow(current_user)
    named = select(Visit).where(Visit.id.in_(ids))
    found = db.session.scalars(named).all()
    not_found_unless(True if len(found) == len(ids) else None)
    if not may_review(found, by=current_user):
        abort(403)
    widen(current_user, "reviews of visits, also to customers who went elsewhere")
    return db.session.scalars(named).all()


def _reviewed(id: uuid.UUID) -> Visit:
    """A visit that the actor may review, and write to."""
    visit = _reviewable(id)
    if not sees(visit.customer_id, current_user):
        widen(current_user, "a review of a visit to a customer who went elsewhere")
    return db.session.get_one(Visit, id)


def _reviewable(id: uuid.UUID) -> Visit:
    """404 where it is not in sight, 403 for one's own and those of other teams."""
    visit: Visit = not_found_unless(db.session.scalar(select(Visit).where(Visit.id == id)))
    if not may_review([visit], by=current_user):
        abort(403)
    return visit


def _wrong(words: str, nothing: str) -> str:
    if not words:
        return nothing
    if len(words) > LONGEST:
        return _("%(typed)s characters are too many. At most %(most)s fit.", typed=len(words), most=LONGEST)
    return ""


def _here() -> str:
    """The page on which the visit was looked at, and to which a plain form goes back."""
    return local_path(request.form.get("back") or "/review")


def _back(notice: str, about: object = "") -> ResponseReturnValue:
    """To the page on which it was looked at; a script hears its key."""
    return acknowledged(_here(), notice=notice, about=about)


def _answered(id: uuid.UUID, fragment: str, notice: str) -> ResponseReturnValue:
    if not wants_fragment():
        return _back(notice, about=id)
    return page(fragment, doubt=_doubt(id), wrong="", typed="", here=_here())


def _doubt(id: uuid.UUID) -> Doubt:
    """As the manager sees it, whatever was opened to them for the review."""
    narrow(current_user)
    visit = _reviewable(id)
    visitor = db.session.get_one(User, visit.person_id)
    photos = photos_of([visit.id]).get(visit.id, ())
    return Doubt(visit, visitor.name, visitor.zone, review_of(visit), photos)


def init_app(app: Flask) -> None:
    app.register_blueprint(reviews)
    doubt_words.init_app(app)
    app.jinja_env.globals.update(review_of=review_of, may_object=may_object)
