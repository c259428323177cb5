"""The second step at sign-in, set up and turned off: an app with codes, recovery codes; passkeys stand beside."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import audit, clock
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.forms import CodeForm
from crmweb.accounts.models import User
from crmweb.accounts.proof import SET_UP, before_second_factor, freshly_signed_in
from crmweb.accounts.qr import qr_picture
from crmweb.accounts.second_factors import SecondFactors, mfa_needed, recovery_codes, turn_totp_off
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.totp import TotpSecret
from crmweb.accounts.tries import code_account
from crmweb.browser import shows_a_secret
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

security = Blueprint("security", __name__)

NOTICES["totp_on"] = lambda _about: Notice(_("The app is asked for from now on"))
NOTICES["totp_off"] = lambda _about: Notice(_("The app is not asked for any more"))

APP = f"{SET_UP}/app"


@security.get(SET_UP)
@needs("own:settings")
@before_second_factor
def show() -> ResponseReturnValue:
    factors = SecondFactors.of(current_user.id)
    needed = mfa_needed() and not factors.on
    return page("accounts/security.html", factors=factors, needed=needed)


@security.post(APP)
@needs("own:settings")
@before_second_factor
@freshly_signed_in
def begin() -> ResponseReturnValue:
    with writing():
        TotpSecret.begin(current_user.id, at=clock.now())
    return go(APP)


@security.get(APP)
@needs("own:settings")
@before_second_factor
@freshly_signed_in
def set_up() -> ResponseReturnValue:
    return _set_up(CodeForm())


@security.post(f"{APP}/confirmation")
@needs("own:settings")
@before_second_factor
@freshly_signed_in
def confirm() -> ResponseReturnValue:
    """One code shows that the app has it right; the recovery codes are shown here and never again."""
    form = CodeForm(request.form)
    if not form.validate():
        return _set_up(form, status=422)
    at, account = clock.now(), code_account(current_user.id)
    with writing():
        SignInAttempt.wait_for_turn(account)
        begun = db.session.get(TotpSecret, current_user.id)
        if begun is None or begun.confirmed_at:
            return go(SET_UP)
        tired = SignInAttempt.too_many(account, request.remote_addr or "", at=at)
        if not tired and begun.confirm("".join((form.code.data or "").split()), at=at):
            return _turned_on()
        SignInAttempt.failed(account, request.remote_addr or "", at=at)
    form.code.errors = [_refusal(tired=tired)]
    return _set_up(form, status=429 if tired else 422)


def _refusal(*, tired: bool) -> str:
    if tired:
        return _("Too many tries. Wait a quarter of an hour, or ask your admin for a link.")
    return _(
        "That is not the code of now. Check that the clock of your phone sets itself, and type the next one."
    )


def _turned_on() -> ResponseReturnValue:
    at, user = clock.now(), db.session.get_one(User, current_user.id)
    audit.record("mfa.enabled", by=current_user, at=at, about=user.reference, after={"kind": "totp"})
    DeviceSession.prove(current_user.session_id, at=at, second=True)
    codes = recovery_codes(user, by=current_user, at=at)
    return show_codes(codes) if codes else go(SET_UP, notice="totp_on")


def _set_up(form: CodeForm, *, status: int = 200) -> ResponseReturnValue:
    user = not_found_unless(db.session.get(User, current_user.id))
    begun = db.session.get(TotpSecret, user.id)
    if begun is None or begun.confirmed_at or (key := begun.key) is None:
        return go(SET_UP)
    address = begun.address(user.email or user.name)
    shown = {"address": address, "qr": qr_picture(address), "key": key}
    return shows_a_secret(page("accounts/app.html", status=status, form=form, user=user, **shown))


@security.post(f"{APP}/end")
@needs("own:settings")
@freshly_signed_in
def end() -> ResponseReturnValue:
    with writing():
        turn_totp_off(db.session.get_one(User, current_user.id), by=current_user, at=clock.now())
    return go(SET_UP, notice="totp_off")


@security.post(f"{SET_UP}/recovery-codes")
@needs("own:settings")
@freshly_signed_in
def renew_codes() -> ResponseReturnValue:
    with writing():
        user = db.session.get_one(User, current_user.id)
        if not SecondFactors.of(user.id).on:
            return go(SET_UP)
        return show_codes(recovery_codes(user, by=current_user, at=clock.now(), anew=True))


def show_codes(codes: list[str]) -> ResponseReturnValue:
    """The one time that they can be read."""
    return shows_a_secret(page("accounts/recovery_codes.html", codes=codes))


def init_app(app: Flask) -> None:
    app.register_blueprint(security)
