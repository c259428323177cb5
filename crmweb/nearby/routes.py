"""Nearby as a list and on the map: the same rows, asked by the same address."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from flask import Blueprint, Flask, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.config import current_settings
from crmweb.db import db, writing
from crmweb.geo import Point
from crmweb.nearby.forms import MOST, BadQuestion, Question
from crmweb.nearby.home import home_ground
from crmweb.nearby.nearest import Search
from crmweb.nearby.places import PlaceSearch
from crmweb.nearby.results import Frame, People, results
from crmweb.nearby.rows import Sight, in_a_list
from crmweb.places.models import LONGEST, Lookup, TooMany
from crmweb.web import needs, page, wants_fragment

nearby = Blueprint("nearby", __name__)


@nearby.get("/nearby")
@needs("customers:read:own")
def index() -> ResponseReturnValue:
    return _show("nearby/index.html")


@nearby.get("/nearby/map")
@needs("customers:read:own")
def on_the_map() -> ResponseReturnValue:
    """The same on a map. Without a place it begins where most of one's customers are."""
    return _show("nearby/map.html")


@nearby.get("/nearby/places")
@needs("customers:read:own")
def places() -> ResponseReturnValue:
    """Whatever one typed as a place: coordinates lead on at once, the rest is offered."""
    search = PlaceSearch(request.args.get("q", "")[:LONGEST])
    if search.point:
        return redirect(Question(search.point).address(), 303)
    return _show_places(search)


@nearby.post("/nearby/places")
@needs("customers:read:own")
def ask_for_place() -> ResponseReturnValue:
    """Have the worker ask the geocoder; the page that follows waits for the answer."""
    search = PlaceSearch(request.form.get("q", "")[:LONGEST])
    if search.can_be_looked_up and not search.point:
        try:
            with writing():
                Lookup.ask(search.typed, by=current_user, at=clock.now())
        except TooMany:
            return _show_places(search, status=429)
    return redirect(f"/nearby/places?{urlencode({'q': search.typed})}", 303)


def _show_places(search: PlaceSearch, *, status: int = 200) -> ResponseReturnValue:
    return page(
        "nearby/places.html",
        fragment="nearby/_lookup.html",
        status=status,
        search=search,
        customers=search.customers(),
        lookup=search.lookup(),
        too_many=status == 429,
    )


def _show(template: str) -> ResponseReturnValue:
    try:
        question = Question.read(request.args)
    except BadQuestion as wrong:
        return page("nearby/index.html", status=422, wrong=str(wrong), question=Question(at=None))
    on_map = template == "nearby/map.html"
    if question.at is not None:
        return _answer(template, question, question.at, on_map=on_map)
    if on_map and (home := home_ground()):
        return redirect(replace(question, at=home).address("/nearby/map"), 303)
    return page("nearby/index.html", question=question)


def _answer(template: str, question: Question, at: Point, *, on_map: bool) -> ResponseReturnValue:
    who: Actor = current_user._get_current_object()
    today = who.today(clock.now())
    search = Search(at, today=today, k=question.k, filters=question.filters)
    counts, found = search.due_counts(), search.run()
    people, sight = _people(who), Sight.of(who, today, search.late)
    if on_map:
        rows = _drawn(in_a_list(found, sight))
        return page(template, question=question, rows=rows, counts=counts, people=people)
    settings, more = current_settings(), len(found) == question.k < MOST
    frame = Frame(
        question.k, question.filters, len(found), more, counts, people, who.may("customers:write"),
        settings.tile_url, settings.tile_credit,
    )  # fmt: skip
    shown = results(question, found, sight, frame)
    if wants_fragment():
        return make_response(shown)
    return page(template, question=question, results=_drawn(shown))


def _drawn(fragment: bytes) -> Markup:
    return Markup(fragment.decode())  # nosec B704  # noqa: S704 - a template's words


def _people(who: Actor) -> People:
    """Whose customers one may pick out: those of one's team, or of everyone."""
    if not who.may("team:read"):
        return ()
    people = select(User.id, User.name).where(User.deactivated_at.is_(None)).order_by(User.name)
    if not who.may("customers:read:all"):
        people = people.join(Oversight, Oversight.person_id == User.id).where(Oversight.viewer_id == who.id)
    return tuple((person.id, person.name) for person in db.session.execute(people))


def init_app(app: Flask) -> None:
    app.register_blueprint(nearby)
