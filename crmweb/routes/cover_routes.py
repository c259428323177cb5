"""Cover on the screen: a sick colleague's routes go to others in a few taps, and come back with one."""

from __future__ import annotations

import uuid
from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.idempotency import acknowledged
from crmweb.languages import gettext as _
from crmweb.routes.cover import Cover, end_cover
from crmweb.routes.forms import CoverForm
from crmweb.routes.routes import others, show_week, whose
from crmweb.web import NOTICES, Notice, needs

cover = Blueprint("cover", __name__)

NOTICES["cover_made"] = lambda _about: Notice(_("Handed over for these days"))
NOTICES["cover_empty"] = lambda _about: Notice(_("Nothing is left to hand over on these days"))
NOTICES["cover_ended"] = lambda _about: Notice(_("The customers are back"))


@cover.post("/routes/cover")
@needs("team:plan")
def make() -> ResponseReturnValue:
    """Hand the routes of one person to others for some dates. Sent twice, it finds nothing more to hand over."""
    person = whose(request.form.get("person"))
    form = CoverForm(request.form, colleagues=others(person), today=person.today(clock.now()))
    if not form.validate():
        return show_week(person, status=422, cover_form=form)
    with writing():
        stand_ins = [db.session.get_one(User, each) for each in form.people_ids]
        absent = Cover(db.session.get_one(User, person.id), *form.dates)
        handed = absent.hand_to(stand_ins, by=current_user, at=clock.now())
    return acknowledged(f"/routes?person={person.id}", notice="cover_made" if handed else "cover_empty")


@cover.post("/routes/cover/end")
@needs("team:plan")
def end() -> ResponseReturnValue:
    """They are back early."""
    person = whose(request.form.get("person"))
    stand_in, since, until = _named()
    with writing():
        end_cover(person.id, stand_in, since, until, by=current_user, at=clock.now())
    return acknowledged(f"/routes?person={person.id}", notice="cover_ended")


def _named() -> tuple[uuid.UUID, date, date]:
    sent = request.form.get
    try:
        since, until = (date.fromisoformat(sent(name, "")) for name in ("since", "until"))
        return uuid.UUID(sent("stand_in", "")), since, until
    except ValueError:
        raise UnprocessableEntity(_("Nobody is known by that id.")) from None
