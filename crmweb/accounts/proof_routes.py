"""Confirming that it is you, and back to what you came for."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.forms import ProofForm, code_words, words_for
from crmweb.accounts.models import User
from crmweb.accounts.proof import PROOF, before_second_factor
from crmweb.accounts.second_factors import SecondFactors
from crmweb.accounts.sessions import DeviceSession
from crmweb.accounts.tries import Verdict, try_code, try_password
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import go, local_path, needs, not_found_unless, page

proofs = Blueprint("proofs", __name__)


@proofs.get(PROOF)
@needs("own:settings")
@before_second_factor
def show() -> ResponseReturnValue:
    return _ask(ProofForm(), local_path(request.args.get("next")))


@proofs.post(PROOF)
@needs("own:settings")
@before_second_factor
def create() -> ResponseReturnValue:
    """As much as to sign in: the password, where there is one, and a code, where a second step is on."""
    form, target = ProofForm(request.form), local_path(request.form.get("next"))
    user = not_found_unless(db.session.get(User, current_user.id))
    with_code = SecondFactors.of(user.id).on
    if not (user.password_hash or with_code):
        return _ask(form, target, status=422)
    if not (form.validate() and _knows_password(user, form)):
        return _ask(form, target, status=422)
    with writing():
        verdict = _try_code(form) if with_code else Verdict.RIGHT
        if verdict is Verdict.RIGHT:
            DeviceSession.prove(current_user.session_id, at=clock.now(), second=with_code)
            return go(target)
    form.code.errors = code_words(verdict)
    return _ask(form, target, status=422 if verdict is Verdict.WRONG else 429)


def _knows_password(user: User, form: ProofForm) -> bool:
    if not user.password_hash:
        return True
    address = request.remote_addr or ""
    verdict = try_password(user, form.password.data or "", address=address, at=clock.now())
    form.password.errors = words_for(verdict, _("That is not your password."))
    return verdict is Verdict.RIGHT


def _try_code(form: ProofForm) -> Verdict:
    user, address = db.session.get_one(User, current_user.id), request.remote_addr or ""
    return try_code(user, form.code.data or "", address=address, at=clock.now())


def _ask(form: ProofForm, target: str, *, status: int = 200) -> ResponseReturnValue:
    user = not_found_unless(db.session.get(User, current_user.id))
    factors = SecondFactors.of(user.id)
    return page(
        "accounts/proof.html", status=status, form=form, next=target, has_password=bool(user.password_hash),
        factors=factors,
    )  # fmt: skip


def init_app(app: Flask) -> None:
    app.register_blueprint(proofs)
