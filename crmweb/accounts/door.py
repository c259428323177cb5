"""The cookie, and who stands behind it."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, Request, Response, g, request
from flask_login import AnonymousUserMixin, LoginManager, current_user
from sqlalchemy.exc import OperationalError

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import CARD, INVITATION, PHONE, RESET, OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.sessions import ABSOLUTE, TOUCH_EVERY, DeviceSession
from crmweb.browser import on_https
from crmweb.db import Busy, writing
from crmweb.scope import act_for


def cookie_name() -> str:
    """`__Host-` binds the cookie to our host and to https; on loopback http it could not be set."""
    return "__Host-session" if on_https() else "session"


def let_in(user: User, answer: Response) -> Response:
    """Sign this person in on the device that asks, and whoever was signed in there out.

    What else would let them in is over: who is in needs no card that lies about. Call it inside the write transaction.
    """
    OneTimeLink.withdraw(user.id, at=clock.now(), purposes=(INVITATION, CARD, PHONE, RESET))
    if held := request.cookies.get(cookie_name()):
        DeviceSession.end_held(held, at=clock.now())
    token = DeviceSession.start(
        user, at=clock.now(), device=request.user_agent.string, address=request.remote_addr or ""
    )
    answer.set_cookie(
        cookie_name(),
        token,
        max_age=int(ABSOLUTE.total_seconds()),
        path="/",
        httponly=True,
        samesite="Lax",
        secure=on_https(),
    )
    return answer


def forget(answer: Response) -> Response:
    answer.delete_cookie(cookie_name(), path="/", httponly=True, samesite="Lax", secure=on_https())
    return answer


def _who(asking: Request) -> Actor | None:
    token = asking.cookies.get(cookie_name())
    found = DeviceSession.actor(token, at=clock.now()) if token else None
    if found is None:
        return None
    actor, g.seen_at = found
    act_for(actor.principal)
    return actor


def _touch(answer: Response) -> Response:
    """Remember that the device was here, once in a while: the one thing that a GET writes."""
    seen_at: datetime | None = g.get("seen_at")
    if seen_at and current_user.is_authenticated and clock.now() - seen_at > TOUCH_EVERY:
        try:
            with writing(patience=0):
                DeviceSession.touch(current_user.session_id, at=clock.now())
        except (Busy, OperationalError):
            pass  # another request will; this one has its answer
    return answer


class Stranger(AnonymousUserMixin):  # type: ignore[misc]
    """Nobody that we know."""

    id = None
    locale = None
    theme = None

    def may(self, permission: str) -> bool:
        return False


def init_app(app: Flask) -> None:
    manager = LoginManager(app)
    manager.anonymous_user = Stranger
    manager.session_protection = None
    app.config["REMEMBER_COOKIE_NAME"] = "="  # no cookie has that name, so that nobody's can shut out ours
    manager.request_loader(_who)
    app.after_request(_touch)
