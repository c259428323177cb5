"""One's own settings: language, look, password."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts import passwords
from crmweb.accounts.forms import LookForm, PasswordForm, words_for
from crmweb.accounts.models import User
from crmweb.accounts.second_factors import SecondFactors
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.tries import Verdict, try_password
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

own_settings = Blueprint("settings", __name__)

NOTICES["settings_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["password_changed"] = lambda _about: Notice(_("Password changed. Other devices are signed out."))


@own_settings.get("/settings")
@needs("own:settings")
def show() -> ResponseReturnValue:
    return _settings()


def _settings(
    status: int = 200, *, look: LookForm | None = None, password: PasswordForm | None = None
) -> ResponseReturnValue:
    user = not_found_unless(db.session.get(User, current_user.id))
    return page(
        "accounts/settings.html",
        status=status,
        user=user,
        look=look or LookForm(data={"locale": user.locale or "", "theme": user.theme or ""}),
        password=password or PasswordForm(),
        devices=len(DeviceSession.of(user.id, at=clock.now())),
        factors=SecondFactors.of(user.id),
    )


@own_settings.post("/settings/look")
@needs("own:settings")
def save_look() -> ResponseReturnValue:
    form = LookForm(request.form)
    if not form.validate():
        return _settings(422, look=form)
    with writing():
        user = not_found_unless(db.session.get(User, current_user.id))
        user.locale, user.theme = form.locale.data or None, form.theme.data or None
    return go("/settings", notice="settings_saved")


@own_settings.post("/settings/password")
@needs("own:settings")
def save_password() -> ResponseReturnValue:
    form = PasswordForm(request.form)
    user = not_found_unless(db.session.get(User, current_user.id))
    if not form.validate() or not _knows_password(user, form):
        return _settings(422, password=form)
    fresh = passwords.hash_password(form.password.data or "")
    with writing():
        user = not_found_unless(db.session.get(User, current_user.id))
        user.set_password(fresh, by=current_user, at=clock.now(), staying=current_user.session_id)
    return go("/settings", notice="password_changed")


def _knows_password(user: User, form: PasswordForm) -> bool:
    """Tried as often as at the door: whoever finds a phone unlocked could guess here, too."""
    if user.password_hash is None:
        return True
    address = request.remote_addr or ""
    verdict = try_password(user, form.current.data or "", address=address, at=clock.now())
    form.current.errors = words_for(verdict, _("That is not your password now."))
    return verdict is Verdict.RIGHT


def init_app(app: Flask) -> None:
    app.register_blueprint(own_settings)
