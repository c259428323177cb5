"""The one page that asks somebody who is new what makes the account theirs: language, zone, password."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms.validators import InputRequired

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.forms import WelcomeForm
from crmweb.accounts.links import INVITATION, OneTimeLink
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import language
from crmweb.web import NOTICES, Notice, go, needs, page

welcoming = Blueprint("welcoming", __name__)

NOTICES["welcomed"] = lambda _about: Notice(_("You are all set"))


@welcoming.get("/settings/welcome")
@needs("own:settings")
def show() -> ResponseReturnValue:
    user = db.session.get_one(User, current_user.id)
    return _shown(WelcomeForm(data={"locale": user.locale or language(), "zone": user.zone}), user)


@welcoming.post("/settings/welcome")
@needs("own:settings")
def save() -> ResponseReturnValue:
    """A password is only the first one here: who has one changes it where the old one is asked for."""
    form, user = WelcomeForm(request.form), db.session.get_one(User, current_user.id)
    if not form.validate(_asked_of(user)):
        return _shown(form, user, status=422)
    chosen = form.password.data if takes_password(user) else None
    fresh = passwords.hash_password(chosen) if chosen else None
    with writing():
        user = db.session.get_one(User, current_user.id)
        user.locale, user.zone = form.locale.data, form.zone.data
        if fresh and takes_password(user):
            user.set_password(fresh, by=current_user, at=clock.now(), staying=current_user.session_id)
    return go("/", notice="welcomed")


def may_skip(user: User) -> bool:
    """Whoever was invited to an email signs in with it later; who holds a card needs nothing but the phone."""
    return not takes_password(user) or OneTimeLink.brought_in(user.id) != INVITATION


def _asked_of(user: User) -> dict[str, list[Any]]:
    return {} if may_skip(user) else {"password": [InputRequired(_("Type a password."))]}


def takes_password(user: User) -> bool:
    """Whether a first password would let them in: it is typed beside an email."""
    return user.email is not None and user.password_hash is None


def _shown(form: WelcomeForm, user: User, *, status: int = 200) -> ResponseReturnValue:
    return page(
        "accounts/welcome.html", status=status, form=form, user=user, takes_password=takes_password(user),
        may_skip=may_skip(user),
    )  # fmt: skip


def init_app(app: Flask) -> None:
    app.register_blueprint(welcoming)
