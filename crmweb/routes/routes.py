"""Routes on the screen: the week at a glance, and each route with its stops."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.colleagues import Colleague, colleagues
from crmweb.accounts.models import User
from crmweb.customers.faces import faces
from crmweb.customers.finding import found_customer, named_id
from crmweb.db import db, writing
from crmweb.idempotency import acknowledged, keep, minted_id, once, refuse_taken, written
from crmweb.languages import gettext as _
from crmweb.routes import words
from crmweb.routes.candidates import candidates, may_be_led_to
from crmweb.routes.cover import covers_by, covers_of
from crmweb.routes.forms import CoverForm, RouteForm
from crmweb.routes.models import Route, may_plan
from crmweb.routes.week import week_of
from crmweb.web import NOTICES, Notice, needs, not_found_unless, page, undo_at, wants_fragment

routes = Blueprint("routes", __name__)

MOST_STOPS = 500
LONGEST_SEARCH = 80
MOST_OFFERED = 30
"""Colleagues up to whom each is offered as a stand-in."""


NOTICES["route_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["route_ended"] = lambda about: Notice(_("Route ended"), undo_at("/routes/{0}/restore", about))
NOTICES["stop_left_out"] = lambda about: Notice(
    _("Taken off the route"), undo_at("/routes/{0}/stops/{1}/restore", about)
)


@routes.get("/routes")
@needs("customers:read:own")
def index() -> ResponseReturnValue:
    return show_week(whose(request.args.get("person")))


@routes.post("/routes")
@needs("visits:write")
@once(shows="routes.show")
def create() -> ResponseReturnValue:
    """A route without stops; the page that follows asks for them."""
    person = whose(request.form.get("person"))
    minted, form = minted_id(request.form.get("id")), RouteForm(request.form)
    if not form.validate():
        return show_week(person, status=422, route_form=form)
    refuse_taken(Route, minted)
    with writing():
        route_id = Route.lay(whose(str(person.id)), at=clock.now(), id=minted, **form.facts).id
        keep(route_id)
    return written(route_id)


@routes.get("/routes/<uuid:id>")
@needs("customers:read:own")
def show(id: uuid.UUID) -> ResponseReturnValue:
    return _show(_found(id))


@routes.post("/routes/<uuid:id>")
@needs("visits:write")
def change(id: uuid.UUID) -> ResponseReturnValue:
    form = RouteForm(request.form)
    if not form.validate():
        return _show(_found(id), status=422, form=form)
    with writing():
        _found(id).change(at=clock.now(), **form.facts)
    return acknowledged(f"/routes/{id}", notice="route_saved")


@routes.post("/routes/<uuid:id>/stops")
@needs("visits:write")
def add_stop(id: uuid.UUID) -> ResponseReturnValue:
    """Lead there too, last."""
    _found(id)
    customer = found_customer(named_id(request.form.get("customer", "")))
    with writing():
        route = _found(id)
        not_found_unless(may_be_led_to(route, customer.id) or customer.id in route.customer_ids or None)
        route.lead_to(customer, at=clock.now())
    return _changed(id)


@routes.post("/routes/<uuid:id>/stops/<uuid:customer_id>/remove")
@needs("visits:write")
def remove_stop(id: uuid.UUID, customer_id: uuid.UUID) -> ResponseReturnValue:
    _found(id)
    with writing():
        _found(id).leave_out(customer_id, at=clock.now())
    return acknowledged(f"/routes/{id}", notice="stop_left_out", about=f"{id} {customer_id}")


@routes.post("/routes/<uuid:id>/stops/<uuid:customer_id>/restore")
@needs("visits:write")
def restore_stop(id: uuid.UUID, customer_id: uuid.UUID) -> ResponseReturnValue:
    """Where it stood."""
    _found(id)
    found_customer(customer_id)
    with writing():
        _found(id).bring_back(customer_id, at=clock.now())
    return acknowledged(f"/routes/{id}")


@routes.post("/routes/<uuid:id>/order")
@needs("visits:write")
def order(id: uuid.UUID) -> ResponseReturnValue:
    """All at once, as they were dragged (`customer`, several); or one a place on (`later`) or back (`earlier`)."""
    _found(id)
    wanted = [named_id(text) for text in request.form.getlist("customer")[:MOST_STOPS]]
    steps = [
        (named_id(text), by)
        for name, by in (("earlier", -1), ("later", 1))
        if (text := request.form.get(name, ""))
    ]
    with writing():
        route = _found(id)
        if wanted:
            route.order(wanted, at=clock.now())
        for customer_id, by in steps:
            route.move(customer_id, by, at=clock.now())
    return _changed(id)


@routes.post("/routes/<uuid:id>/end")
@needs("visits:write")
def end(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        route = _found(id)
        route.end(at=clock.now())
        person_id = route.person_id
    return acknowledged(f"/routes?person={person_id}", notice="route_ended", about=id)


@routes.post("/routes/<uuid:id>/restore")
@needs("visits:write")
def restore(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        _found(id).restore(at=clock.now())
    return acknowledged(f"/routes/{id}")


def whose(text: str | None) -> Actor:
    """The person whose routes are asked for: oneself, or somebody of one's team. 404 for anybody else."""
    if not text:
        return Actor.of(db.session.get_one(User, current_user.id))
    person = db.session.get(User, named_id(text))
    if person is None or not may_plan(current_user, person.id):
        abort(404)
    return Actor.of(person)


def others(person: Actor) -> list[Colleague]:
    """Who may go in this person's stead, and whose routes one may look at."""
    team = colleagues(current_user) if current_user.may("team:plan") else []
    return [each for each in team if each.id != person.id]


def stand_ins(person: Actor) -> list[Colleague]:
    """Who is offered to go in this person's stead: of a large company those under the same manager, if any are."""
    team = others(person)
    if len(team) <= MOST_OFFERED:
        return team
    head = db.session.scalar(select(User.manager_id).where(User.id == person.id))
    mates = set(db.session.scalars(select(User.id).where(User.manager_id == head)))
    return [each for each in team if each.id in mates] or team


def show_week(
    person: Actor,
    *,
    status: int = 200,
    route_form: RouteForm | None = None,
    cover_form: CoverForm | None = None,
) -> ResponseReturnValue:
    """One person's routes; for who plans a team, with the way to hand them to others."""
    today, laid, team = person.today(clock.now()), Route.of(person.id), others(person)
    covering = covers_by(person.id)
    return page(
        "routes/index.html",
        status=status,
        person=person,
        today=today,
        routes=laid,
        week=week_of(person.id, laid, today),
        team=team,
        covers=covers_of(person.id),
        covering=covering,
        form=route_form or RouteForm(),
        cover=(cover_form or _cover_form(person)) if team and (laid or covering) else None,
        cover_asked="cover" in request.args,
    )


def _cover_form(person: Actor) -> CoverForm:
    return CoverForm(colleagues=stand_ins(person), today=person.today(clock.now()))


def _show(route: Route, *, status: int = 200, form: RouteForm | None = None) -> ResponseReturnValue:
    today = current_user.today(clock.now())
    typed = request.values.get("q", "")[:LONGEST_SEARCH].strip()
    shown: dict[str, Any] = {
        "route": route,
        "person": db.session.get_one(User, route.person_id),
        "stops": faces(route.customer_ids, today),
        "found": candidates(route, typed, today=today),
        "q": typed,
    }
    if wants_fragment():
        searched = request.method == "GET"
        return page("routes/show/_found.html" if searched else "routes/show/_stops.html", **shown)
    return page("routes/show.html", status=status, form=form or RouteForm(route=route), **shown)


def _changed(id: uuid.UUID) -> ResponseReturnValue:
    """The stops as they stand now: swapped in, or on the page again."""
    return _show(_found(id)) if wants_fragment() else acknowledged(f"/routes/{id}#stops")


def _found(id: uuid.UUID) -> Route:
    """The route, or 404 when it is nobody's whose work one may plan."""
    route: Route = not_found_unless(db.session.scalar(select(Route).where(Route.id == id)))
    if not route.editable_by(current_user):
        abort(404)
    return route


def init_app(app: Flask) -> None:
    from crmweb.routes import news
    from crmweb.routes.cover_routes import cover

    news.listen()
    words.init_app(app)
    app.register_blueprint(routes)
    app.register_blueprint(cover)
