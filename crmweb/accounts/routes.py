"""Signing in and out, and one's own settings."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts import door, passwords
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.forms import LookForm, PasswordForm, SignInForm
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.words import device_name, role_name
from crmweb.browser import on_https
from crmweb.db import db, writing
from crmweb.languages import LOCALES
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, local_path, needs, not_found_unless, open_to_all, page

accounts = Blueprint("accounts", __name__)

NOTICES["settings_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["password_changed"] = lambda _about: Notice(_("Password changed. Other devices are signed out."))
NOTICES["device_ended"] = lambda _about: Notice(_("That device is signed out"))


@accounts.get("/session/new")
@open_to_all
def new_session() -> ResponseReturnValue:
    if current_user.is_authenticated:
        return redirect(local_path(request.args.get("next")), 303)
    return page("accounts/sign_in.html", form=SignInForm(), next=local_path(request.args.get("next")))


@accounts.post("/session")
@open_to_all
def create_session() -> ResponseReturnValue:
    form, target = SignInForm(request.form), local_path(request.form.get("next"))
    if not form.validate():
        return _at_the_door(422, form, target)
    email, address, at = form.email.data or "", request.remote_addr or "", clock.now()
    if SignInAttempt.too_many(email, address, at=at):
        return _at_the_door(429, form, target)
    user_id = _recognised(email, form.password.data or "")
    with writing():
        # Asked again in turn: of many at once, no more get through than one after the other.
        SignInAttempt.wait_for_turn(email)
        tired = SignInAttempt.too_many(email, address, at=at)
        if user_id and not tired:
            SignInAttempt.forgive(email)
            return door.let_in(db.session.get_one(User, user_id), go(target))
        SignInAttempt.failed(email, address, at=at)
    return _at_the_door(429 if tired else 422, form, target, refused=not tired)


def _recognised(email: str, password: str) -> uuid.UUID | None:
    """Whose email and password these are; hashed before the write begins, and for people who are not there."""
    user = User.with_email(email)
    right = passwords.matches(password, user.password_hash if user and user.active else None)
    return user.id if user and right else None


def _at_the_door(status: int, form: SignInForm, target: str, *, refused: bool = False) -> ResponseReturnValue:
    tired = status == 429
    return page("accounts/sign_in.html", status=status, form=form, next=target, tired=tired, refused=refused)


@accounts.post("/session/end")
@needs("own:settings")
def end_session() -> ResponseReturnValue:
    with writing():
        if device := db.session.get(DeviceSession, current_user.session_id):
            device.end(at=clock.now())
    answer = door.forget(go("/session/new"))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@accounts.post("/language")
@open_to_all
def choose_language() -> ResponseReturnValue:
    """At the door nobody is known yet, so the browser remembers."""
    chosen = request.form.get("lang", "")
    answer = make_response(redirect(local_path(request.form.get("next")), 303))
    if chosen in LOCALES:
        answer.set_cookie("lang", chosen, max_age=31536000, samesite="Lax", secure=on_https())
    return answer


@accounts.get("/settings")
@needs("own:settings")
def settings() -> ResponseReturnValue:
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
        devices=DeviceSession.of(user.id, at=clock.now()),
    )


@accounts.post("/settings/look")
@needs("own:settings")
def save_look() -> ResponseReturnValue:
    form = LookForm(request.form)
    if not form.validate():
        return _settings(422, look=form)
    with writing():
        user = not_found_unless(db.session.get(User, current_user.id))
        user.locale, user.theme = form.locale.data or None, form.theme.data or None
    return go("/settings", notice="settings_saved")


@accounts.post("/settings/password")
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
    account, address, at = user.email or str(user.id), request.remote_addr or "", clock.now()
    if SignInAttempt.too_many(account, address, at=at):
        form.current.errors = [_("Too many tries. Wait a quarter of an hour, or ask your admin for a link.")]
        return False
    if passwords.matches(form.current.data or "", user.password_hash):
        return True
    with writing():
        SignInAttempt.failed(account, address, at=at)
    form.current.errors = [_("That is not your password now.")]
    return False


@accounts.post("/settings/devices/<uuid:id>/end")
@needs("own:settings")
def end_device(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        device = db.session.get(DeviceSession, id)
        not_found_unless(device if device and device.user_id == current_user.id else None).end(at=clock.now())
    return go("/settings", notice="device_ended")


def init_app(app: Flask) -> None:
    door.init_app(app)
    app.register_blueprint(accounts)
    app.jinja_env.filters.update(role_name=role_name, device_name=device_name)
