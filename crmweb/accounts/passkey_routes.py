"""Passkeys: added, removed, and shown to come in or to prove that it is you."""

from __future__ import annotations

import uuid
from urllib.parse import quote

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import audit, clock
from crmweb.accounts import door
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.challenges import ADD, ENTER, LIFE, PROVE, Challenge
from crmweb.accounts.cookies import CHALLENGE, hand_over, held_cookie
from crmweb.accounts.forms import PasskeyForm
from crmweb.accounts.models import User
from crmweb.accounts.passkeys import LONGEST_NAME, Passkey, Refused, Site, creation_options, request_options
from crmweb.accounts.proof import PROOF, SET_UP, before_second_factor, freshly_signed_in
from crmweb.accounts.second_factors import recovery_codes, remove_passkey
from crmweb.accounts.security_routes import show_codes
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.words import device_name
from crmweb.browser import site
from crmweb.db import db, new_id, writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, local_path, needs, not_found_unless, open_to_all

passkeys = Blueprint("passkeys", __name__)

NOTICES["passkey_added"] = lambda _about: Notice(_("The passkey signs you in from now on"))
NOTICES["passkey_removed"] = lambda _about: Notice(_("That passkey opens nothing any more"))
NOTICES["passkey_refused"] = lambda _about: Notice(
    _("That passkey was not accepted. Try again, or take another way.")
)
NOTICES["passkey_tired"] = lambda _about: Notice(_("Too many tries. Wait a quarter of an hour."))

KEYS = f"{SET_UP}/passkeys"
NOBODYS = "passkey"
"""Refused ones are of no account: they count by address alone, which a whole office may share."""


def _here() -> Site:
    return Site(*site())


def _asked(options: str, holder: str) -> Response:
    answer = Response(options, mimetype="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return hand_over(answer, CHALLENGE, holder, LIFE)


TOO_MANY = ({"error": "too_many"}, 429)


def _issue(purpose: str, user_id: uuid.UUID | None = None) -> tuple[str, bytes] | None:
    return Challenge.issue(purpose, at=clock.now(), user_id=user_id, address=request.remote_addr or "")


def _spend(purpose: str, user_id: uuid.UUID | None = None) -> bytes:
    """The challenge of this browser. Raises `Refused`."""
    spent = Challenge.spend(held_cookie(CHALLENGE) or "", purpose, at=clock.now(), user_id=user_id)
    if spent is None:
        raise Refused("no such challenge")
    return spent


# Coming in ------------------------------------------------------------------------------------------------


@passkeys.post("/session/passkey/challenge")
@open_to_all
def challenge() -> ResponseReturnValue:
    with writing():
        issued = _issue(ENTER)
    if issued is None:
        return TOO_MANY
    holder, words = issued
    return _asked(request_options(challenge=words, site=_here()), holder)


@passkeys.post("/session/passkey")
@open_to_all
def enter() -> ResponseReturnValue:
    """Both factors at once: the phone is one, the finger that opened it the other."""
    target = local_path(request.form.get("next"))
    address, at = request.remote_addr or "", clock.now()
    with writing():
        if SignInAttempt.too_many(NOBODYS, address, at=at):
            return go("/session/new", notice="passkey_tired")
        if key := _recognised(ENTER):
            user = db.session.get_one(User, key.user_id)
            if user.active:
                return door.let_in(user, go(target), shared=bool(request.form.get("shared")), second=True)
        SignInAttempt.failed(f"{NOBODYS} {new_id()}", address, at=at)
    return go("/session/new", notice="passkey_refused")


def _recognised(purpose: str, user_id: uuid.UUID | None = None) -> Passkey | None:
    try:
        spent, sent = _spend(purpose, user_id), request.form.get("credential", "")
        return Passkey.recognise(sent, challenge=spent, site=_here(), at=clock.now(), owner=user_id)
    except Refused:
        return None


# Proving --------------------------------------------------------------------------------------------------


@passkeys.post(f"{PROOF}/passkey/challenge")
@needs("own:settings")
@before_second_factor
def challenge_to_prove() -> ResponseReturnValue:
    with writing():
        issued = _issue(PROVE, current_user.id)
    if issued is None:
        return TOO_MANY
    holder, words = issued
    return _asked(request_options(challenge=words, site=_here()), holder)


@passkeys.post(f"{PROOF}/passkey")
@needs("own:settings")
@before_second_factor
def prove() -> ResponseReturnValue:
    target = local_path(request.form.get("next"))
    with writing():
        if _recognised(PROVE, current_user.id):
            DeviceSession.prove(current_user.session_id, at=clock.now(), second=True)
            return go(target)
    return go(f"{PROOF}?next={quote(target, safe='/')}", notice="passkey_refused")


# One's own ------------------------------------------------------------------------------------------------


@passkeys.post(f"{KEYS}/challenge")
@needs("own:settings")
@before_second_factor
@freshly_signed_in
def challenge_to_add() -> ResponseReturnValue:
    user = not_found_unless(db.session.get(User, current_user.id))
    with writing():
        issued = _issue(ADD, user.id)
    if issued is None:
        return TOO_MANY
    holder, words = issued
    return _asked(creation_options(user, challenge=words, site=_here()), holder)


@passkeys.post(KEYS)
@needs("own:settings")
@before_second_factor
@freshly_signed_in
def add() -> ResponseReturnValue:
    form = PasskeyForm(request.form)
    if not form.validate():
        return go(SET_UP, notice="passkey_refused")
    typed = "".join(letter for letter in form.name.data or "" if letter.isprintable())
    name = " ".join(typed.split()) or device_name(request.user_agent.string)
    with writing():
        try:
            return _added(name[:LONGEST_NAME], form.credential.data or "")
        except Refused:
            pass  # the challenge is spent all the same
    return go(SET_UP, notice="passkey_refused")


def _added(name: str, credential: str) -> ResponseReturnValue:
    at, user = clock.now(), db.session.get_one(User, current_user.id)
    Passkey.add(user, name, credential, challenge=_spend(ADD, user.id), site=_here(), at=at)
    audit.record("passkey.added", by=current_user, at=at, about=user.reference, after={"name": name})
    DeviceSession.prove(current_user.session_id, at=at, second=True)
    codes = recovery_codes(user, by=current_user, at=at)
    return show_codes(codes) if codes else go(SET_UP, notice="passkey_added")


@passkeys.post(f"{KEYS}/<uuid:id>/end")
@needs("own:settings")
@freshly_signed_in
def end(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        key = db.session.get(Passkey, id)
        key = not_found_unless(key if key and key.user_id == current_user.id else None)
        user = db.session.get_one(User, current_user.id)
        remove_passkey(key, user, by=current_user, at=clock.now())
    return go(SET_UP, notice="passkey_removed")


def init_app(app: Flask) -> None:
    app.register_blueprint(passkeys)
