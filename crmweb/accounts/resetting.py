"""A new password for who has forgotten theirs: asked for at the door, sent by mail, chosen behind a one-time link.

What is asked is answered alike for everybody. Who they are, and whether they get a mail, is found out later by whoever
writes the mail, so that neither words nor time tell.
"""

from __future__ import annotations

from typing import Final

from blinker import Signal
from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.accounts import door, passwords
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.forms import NewPasswordForm, ResetForm
from crmweb.accounts.links import RESET, OneTimeLink
from crmweb.accounts.models import User
from crmweb.browser import shows_a_secret
from crmweb.db import writing
from crmweb.languages import language
from crmweb.web import open_to_all, page

resetting = Blueprint("resetting", __name__)

reset_asked = Signal(
    "Somebody wants a new password for an email. Sender: the email as typed; `locale`, `at`."
)

MOST_ASKED: Final = 3
"""Mails to one address in a quarter of an hour."""


@resetting.get("/reset")
@open_to_all
def new() -> ResponseReturnValue:
    return page("accounts/reset.html", form=ResetForm())


@resetting.post("/reset")
@open_to_all
def ask() -> ResponseReturnValue:
    """The same statements, words and status, whoever the email belongs to."""
    form = ResetForm(request.form)
    if not form.validate():
        return page("accounts/reset.html", status=422, form=form)
    email, address, at = form.email.data or "", request.remote_addr or "", clock.now()
    account = f"reset {email}"
    with writing():
        SignInAttempt.wait_for_turn(account)
        tired = SignInAttempt.too_many(account, address, at=at, most=MOST_ASKED)
        if not tired:
            SignInAttempt.failed(account, address, at=at)
            reset_asked.send(email, locale=language(), at=at)
    return page(
        "accounts/reset.html", status=429 if tired else 200, form=ResetForm(), sent=not tired, tired=tired
    )


@resetting.get("/reset/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    person = OneTimeLink.person(token, at=clock.now(), purposes=(RESET,))
    return _at_the_password(token, person, NewPasswordForm())


@resetting.post("/reset/<token>")
@open_to_all
def use(token: str) -> ResponseReturnValue:
    """A new password signs all devices out. Who has a second factor is still asked for it: this was the first."""
    person = OneTimeLink.person(token, at=clock.now(), purposes=(RESET,))
    form = NewPasswordForm(request.form)
    if person is None:
        return _at_the_password(token, None, form)
    form.known_of(person)
    if not form.validate():
        return _at_the_password(token, person, form, status=422)
    fresh = passwords.hash_password(form.password.data or "")
    with writing():
        if link := OneTimeLink.spend(token, at=clock.now(), purposes=(RESET,)):
            user = link.user
            user.set_password(fresh, by=Actor.of(user), at=clock.now())
            SignInAttempt.forgive(user.email or "")
            return shows_a_secret(door.admit(user, "/", notice="password_changed"))
    return _at_the_password(token, None, form)


def _at_the_password(
    token: str, person: User | None, form: NewPasswordForm, *, status: int = 200
) -> ResponseReturnValue:
    code = status if person else 410
    return shows_a_secret(
        page("accounts/new_password.html", status=code, token=token, person=person, form=form)
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(resetting)
