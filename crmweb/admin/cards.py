"""Cards for people without an email, and the new phone of somebody who lost theirs. Each secret is shown once."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final, NamedTuple

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import audit, clock
from crmweb.accounts import second_factors
from crmweb.accounts.links import CARD, PHONE, OneTimeLink, may_let_in
from crmweb.accounts.models import User
from crmweb.accounts.proof import freshly_signed_in
from crmweb.accounts.qr import qr_picture
from crmweb.accounts.sessions import DeviceSession, sign_out
from crmweb.admin.invitations import let_in_by_me
from crmweb.browser import shows_a_secret
from crmweb.config import current_settings
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import needs, not_found_unless, page

cards = Blueprint("cards", __name__)

HERE: Final = "/admin/users/cards"
MOST: Final = 200
"""Cards printed at once: 20 sheets."""


class Printed(NamedTuple):
    """One card as it is printed."""

    person: User
    code: str
    picture: str
    until: datetime


@cards.get(HERE)
@needs("users:manage")
@freshly_signed_in
def choose() -> ResponseReturnValue:
    return _choosing()


def _choosing(status: int = 200, *, wrong: str = "") -> ResponseReturnValue:
    people = db.session.scalars(select(User).where(User.active).order_by(User.name))
    mine = [person for person in people if may_let_in(current_user.permissions, person)]
    return page(
        "admin/ways_in/cards.html", status=status, people=mine, needing=_needing(mine), wrong=wrong, most=MOST
    )


def _needing(people: list[User]) -> set[uuid.UUID]:
    """Who gets one unless the admin chooses otherwise: no email, and never signed in."""
    return {person.id for person in people if not person.email and person.first_in_at is None}


@cards.post(HERE)
@needs("users:manage")
@freshly_signed_in
def print_cards() -> ResponseReturnValue:
    """New ones for everybody chosen, whose earlier ones open nothing any more."""
    chosen = _chosen()
    if not chosen or len(chosen) > MOST:
        wrong = _("Choose at most %(most)s people.", most=MOST) if chosen else _("Choose somebody.")
        return _choosing(422, wrong=wrong)
    for person_id in chosen:
        let_in_by_me(person_id)
    with writing():
        printed = [_printed(let_in_by_me(person_id), CARD) for person_id in chosen]
    return shows_a_secret(page("admin/ways_in/print.html", cards=printed, address=current_settings().address))


def _chosen() -> list[uuid.UUID]:
    """The people that the form names, each once."""
    try:
        return list({uuid.UUID(typed): None for typed in request.form.getlist("person")})
    except ValueError:
        abort(400)


@cards.post("/admin/users/<uuid:id>/lost-phone")
@needs("users:manage")
@freshly_signed_in
def replace_phone(id: uuid.UUID) -> ResponseReturnValue:
    """Sign the lost one out, or all of theirs, and show what signs a new one in, with no second step if wished."""
    let_in_by_me(id)
    with writing():
        person, at = let_in_by_me(id), clock.now()
        sign_out(person, device=_lost(person), by=current_user, at=at)
        if request.form.get("second_step"):
            second_factors.reset(person, by=current_user, at=at)
        card = _printed(person, PHONE)
    return shows_a_secret(page("admin/ways_in/new_phone.html", card=card, address=current_settings().address))


def _lost(person: User) -> DeviceSession | None:
    """The one of their devices that the form names; None for all."""
    named = request.form.get("session", "")
    if not named:
        return None
    try:
        device = db.session.get(DeviceSession, uuid.UUID(named))
    except ValueError:
        abort(400)
    found: DeviceSession = not_found_unless(device if device and device.user_id == person.id else None)
    return found


def _printed(person: User, purpose: str) -> Printed:
    """Inside the write transaction."""
    at = clock.now()
    made = OneTimeLink.card(person, by=current_user, at=at, purpose=purpose)
    told = {"role": person.role, "until": made.link.expires_at}
    done = "user.card_printed" if purpose == CARD else "user.phone_replaced"
    audit.record(done, by=current_user, at=at, about=person.reference, after=told)
    picture = qr_picture(f"{current_settings().address}/join/{made.token}")
    return Printed(person, made.code, picture, made.link.expires_at)


def devices_of(person: User) -> list[DeviceSession]:
    """Where somebody is signed in, for their page."""
    return DeviceSession.of(person.id, at=clock.now())


def init_app(app: Flask) -> None:
    app.jinja_env.filters["devices_of"] = devices_of
    app.jinja_env.tests["with_second_step"] = lambda person: second_factors.has_second_factor(person.id)
    app.register_blueprint(cards)
