"""Signing in and out."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, make_response, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts import (
    device_routes,
    door,
    passkey_routes,
    passwords,
    proof,
    proof_routes,
    second_step_routes,
    security_routes,
    settings_routes,
)
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.forms import SignInForm
from crmweb.accounts.models import User
from crmweb.accounts.preview_routes import while_looking
from crmweb.accounts.proof import before_second_factor
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.words import device_name, outbox_state, role_name, storage_words
from crmweb.browser import on_https
from crmweb.db import db, writing
from crmweb.languages import LOCALES
from crmweb.web import go, local_path, needs, open_to_all, page

accounts = Blueprint("accounts", __name__)


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
            user = db.session.get_one(User, user_id)
            return door.admit(user, target, shared=bool(form.shared.data))
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
@before_second_factor
@while_looking
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


def init_app(app: Flask) -> None:
    door.init_app(app)
    proof.init_app()
    app.register_blueprint(accounts)
    for routes in (
        second_step_routes,
        proof_routes,
        passkey_routes,
        settings_routes,
        security_routes,
        device_routes,
    ):
        routes.init_app(app)
    words = {"role_name": role_name, "device_name": device_name}
    app.jinja_env.filters.update(words, outbox_state=outbox_state, storage_words=storage_words)
