"""Coming in by what an admin gave: the link of an invitation or a card, or the code that a card tells."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Flask, Response, request
from flask.typing import ResponseReturnValue

from crmweb import audit, clock
from crmweb.accounts import door
from crmweb.accounts.actor import Actor
from crmweb.accounts.attempts import SignInAttempt
from crmweb.accounts.codes import LONGEST
from crmweb.accounts.links import SIGN_IN, OneTimeLink
from crmweb.browser import shows_a_secret
from crmweb.config import current_settings
from crmweb.db import writing
from crmweb.web import open_to_all, page

joining = Blueprint("joining", __name__)

CODES: Final = "the codes of cards"
"""Whose account wrong codes are counted on: a code names nobody."""
WRONG_CODES: Final = 400
"""Wrong codes in a quarter of an hour, from everywhere together: of 10^16, and 40 from one address."""

IN_APP: Final = ("Zalo", "FBAN", "FBAV", "Instagram", "Line/")
"""What browsers inside other apps call themselves: they share no cookies with the real one, and cannot install."""


@joining.get("/join")
@open_to_all
def type_code() -> ResponseReturnValue:
    return _at_the_code()


@joining.post("/join")
@open_to_all
def use_code() -> ResponseReturnValue:
    """Counted for each address and for all codes together: of a million guesses none may hit."""
    typed, address, at = request.form.get("code", "")[: LONGEST + 1], request.remote_addr or "", clock.now()
    with writing():
        SignInAttempt.wait_for_turn(CODES)
        tired = SignInAttempt.too_many(CODES, address, at=at, most=WRONG_CODES)
        if not tired and (link := OneTimeLink.spend_code(typed, at=at)):
            return _come_in(link)
        if not tired:
            SignInAttempt.failed(CODES, address, at=at)
    return _at_the_code(429 if tired else 422, typed=typed)


def _at_the_code(status: int = 200, *, typed: str = "") -> ResponseReturnValue:
    return shows_a_secret(page("accounts/code.html", status=status, code=status, typed=typed))


@joining.get("/join/<token>")
@open_to_all
def show_link(token: str) -> ResponseReturnValue:
    """One button: whoever only looks at the link, a preview for one, does not spend it."""
    person = OneTimeLink.person(token, at=clock.now())
    here = f"{current_settings().address}/join/{token}" if person and _in_another_app() else ""
    return _at_the_link(200 if person else 410, token, person=person, here=here)


@joining.post("/join/<token>")
@open_to_all
def use_link(token: str) -> ResponseReturnValue:
    with writing():
        if link := OneTimeLink.spend(token, at=clock.now()):
            return _come_in(link)
    return _at_the_link(410, token)


def _at_the_link(status: int, token: str, *, person: object = None, here: str = "") -> ResponseReturnValue:
    return shows_a_secret(page("accounts/join.html", status=status, person=person, token=token, here=here))


def _in_another_app() -> bool:
    return any(mark in request.user_agent.string for mark in IN_APP)


def _come_in(link: OneTimeLink) -> Response:
    """Signed in, and asked once for what makes the account theirs. Inside the write transaction."""
    user = link.user
    if link.purpose != SIGN_IN:
        by = Actor.of(user)
        audit.record("user.joined", by=by, at=clock.now(), about=user.reference, after={"by": link.purpose})
    new = link.purpose != SIGN_IN and user.password_hash is None
    return shows_a_secret(door.admit(user, "/settings/welcome" if new else "/"))


def init_app(app: Flask) -> None:
    app.register_blueprint(joining)
