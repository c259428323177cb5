"""The second step of signing in: a code of one's app, or a recovery code. A passkey goes its own way in."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue

from crmweb import clock
from crmweb.accounts import door
from crmweb.accounts.cookies import PENDING, held_cookie
from crmweb.accounts.forms import CodeForm, code_words
from crmweb.accounts.pending import PendingSignIn
from crmweb.accounts.second_factors import SecondFactors
from crmweb.accounts.tries import Verdict, try_code
from crmweb.db import writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, open_to_all, page

second_step = Blueprint("second_step", __name__)

NOTICES["sign_in_anew"] = lambda _about: Notice(_("That took too long. Sign in anew."))


@second_step.get("/session/second")
@open_to_all
def show() -> ResponseReturnValue:
    pending = _pending()
    return _ask(pending, CodeForm()) if pending else go("/session/new")


@second_step.post("/session/second")
@open_to_all
def create() -> ResponseReturnValue:
    form = CodeForm(request.form)
    if (pending := _pending()) is None:
        return go("/session/new", notice="sign_in_anew")
    if not form.validate():
        return _ask(pending, form, status=422)
    with writing():
        if (pending := _pending()) is None:
            return go("/session/new", notice="sign_in_anew")
        at, user, target, shared = clock.now(), pending.user, pending.target, pending.shared
        verdict = try_code(user, form.code.data or "", address=request.remote_addr or "", at=at)
        if verdict is Verdict.RIGHT and pending.spend():
            return door.let_in(user, go(target), shared=shared, second=True)
    return _refuse(form, verdict)


def _refuse(form: CodeForm, verdict: Verdict) -> ResponseReturnValue:
    if (pending := _pending()) is None:
        return go("/session/new", notice="sign_in_anew")
    form.code.errors = code_words(verdict)
    return _ask(pending, form, status=422 if verdict is Verdict.WRONG else 429)


def _pending() -> PendingSignIn | None:
    token = held_cookie(PENDING)
    return PendingSignIn.held(token, at=clock.now()) if token else None


def _ask(pending: PendingSignIn, form: CodeForm, *, status: int = 200) -> ResponseReturnValue:
    factors = SecondFactors.of(pending.user_id)
    return page("accounts/second_step.html", status=status, form=form, pending=pending, factors=factors)


def init_app(app: Flask) -> None:
    app.register_blueprint(second_step)
