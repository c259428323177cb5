"""The cookie, and who stands behind it."""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import Flask, Request, Response, g, request
from flask_login import AnonymousUserMixin, LoginManager, current_user
from sqlalchemy.exc import OperationalError

from crmweb import audit, clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.alarms import device_joined, theft_noticed
from crmweb.accounts.cookies import DEVICE, PENDING, SESSION, cookie_name, hand_over, held_cookie, take_back
from crmweb.accounts.handing_in import leaver, say_no_more
from crmweb.accounts.held import Held
from crmweb.accounts.known_devices import KNOWN, NEW, KnownDevice
from crmweb.accounts.limits import session_limits
from crmweb.accounts.links import CARD, INVITATION, PHONE, RESET, OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.opening import held_by
from crmweb.accounts.pending import LIFE, PendingSignIn
from crmweb.accounts.previews import seen_as
from crmweb.accounts.second_factors import has_second_factor
from crmweb.accounts.sessions import DeviceSession, token_hash
from crmweb.db import Busy, db, writing
from crmweb.scope import act_for, system_access
from crmweb.web import go

A_BROWSERS_LIFE = timedelta(days=400)
"""The longest that browsers keep a cookie (RFC 6265bis, 5.5)."""


# Coming in ------------------------------------------------------------------------------------------------


def admit(user: User, target: str, *, shared: bool = False, notice: str | None = None) -> Response:
    """After the first factor: in, or on to the second step where the person has one.

    Call it, like all that let somebody in, inside the write transaction.
    """
    if not has_second_factor(user.id):
        return let_in(user, go(target, notice=notice), shared=shared)
    token = PendingSignIn.begin(user, target, shared=shared, at=clock.now())
    return hand_over(go("/session/second"), PENDING, token, LIFE)


def let_in(user: User, answer: Response, *, shared: bool = False, second: bool = False) -> Response:
    """Sign this person in on the device that asks, and whoever was signed in there out.

    What else would let them in is over: who is in needs no card that lies about.
    """
    at, device, address = clock.now(), request.user_agent.string, request.remote_addr or ""
    db.session.flush()
    act_for(Actor.of(user).principal)
    user = db.session.get_one(User, user.id)
    OneTimeLink.withdraw(user.id, at=at, purposes=(INVITATION, CARD, PHONE, RESET))
    if held := held_cookie(SESSION):
        DeviceSession.end_held(held, at=at)
    token = DeviceSession.start(user, at=at, device=device, address=address, shared=shared, second=second)
    hand_over(answer, SESSION, token, None if shared else session_limits().absolute)
    _meet_device(user, answer, token)
    return take_back(answer, PENDING)


def _meet_device(user: User, answer: Response, token: str) -> None:
    """Write down a browser that is new to this person, and have them told if they came by another one before."""
    at = clock.now()
    mark = held_cookie(DEVICE) or secrets.token_urlsafe(32)
    met = KnownDevice.meet(user.id, token_hash(mark), at=at)
    hand_over(answer, DEVICE, mark, A_BROWSERS_LIFE)
    if met == KNOWN:
        return
    where = {"device": request.user_agent.string[:300], "address": request.remote_addr or ""}
    audit.record("session.started", by=user, at=at, about=user.reference, after=where)
    if met == NEW:
        session_id = DeviceSession.opened_by(token)
        device_joined.send(
            user, at=at, session_id=session_id, device=where["device"], address=where["address"]
        )


def forget(answer: Response) -> Response:
    return take_back(answer, SESSION)


# Each request ---------------------------------------------------------------------------------------------


def _who(asking: Request) -> Actor | None:
    token = asking.cookies.get(cookie_name(SESSION))
    held = held_by(token, at=clock.now()) if token else None
    if held is None:
        g.unknown_token = token
        return leaver(token) if token else None
    g.held = held
    actor = _as_whom(held)
    act_for(actor.principal)
    return actor


def _as_whom(held: Held) -> Actor:
    """The session's person, or as whom they look."""
    if held.looks_as is None or held.looks_since is None:
        return held.actor
    return seen_as(held.actor, held.looks_as, held.looks_since, at=clock.now()) or held.actor


def _keep_up(answer: Response) -> Response:
    """What a request leaves behind on its session: the little that a GET may write.

    That the device was here, once in a while; that its new token has come back; and once a day another token.
    A phone whose session somebody ended is told to let go of the pages that it keeps (`static/js/sw/pages.js`).
    """
    held: Held | None = g.get("held")
    try:
        if held and current_user.is_authenticated:
            _keep_session(held, answer)
        elif token := g.get("unknown_token"):
            _notice_theft(token, answer)
            if _is_page(answer) and DeviceSession.was_ended(token):
                answer.headers["Forget"] = "pages"
    except (Busy, OperationalError):
        pass  # another request will; this one has its answer
    return answer


def _keep_session(held: Held, answer: Response) -> None:
    at, session_id = clock.now(), held.actor.session_id
    offers = held.needs_token(at=at) and _is_page(answer)
    settles = held.is_settled(at=at)
    if session_id is None or not (offers or settles or held.needs_touch(at=at)):
        return
    token, fresh = request.cookies[cookie_name(SESSION)], None
    with writing(patience=0):
        DeviceSession.touch(session_id, at=at, address=request.remote_addr or "")
        if settles:
            DeviceSession.settle(session_id, token, at=at)
        elif offers:
            fresh = DeviceSession.offer(session_id, at=at)
    if fresh:
        hand_over(answer, SESSION, fresh, session_limits().absolute)


def _is_page(answer: Response) -> bool:
    """Whether a browser came for a page of its own, whose cookies it will keep."""
    plain = request.method == "GET" and "HX-Request" not in request.headers
    return plain and answer.status_code == 200 and answer.mimetype == "text/html"


def _notice_theft(token: str, answer: Response) -> None:
    """A token that was given back long ago is in two hands. Nobody can say which is the thief's: both are sent out."""
    at = clock.now()
    if DeviceSession.stolen(token, at=at) is None:
        return
    with system_access("a token that was copied"), writing(patience=0):
        if session := DeviceSession.stolen(token, at=at):
            session.end(at=at)
            user = db.session.get_one(User, session.user_id)
            where = {"device": session.device, "address": request.remote_addr or ""}
            audit.record("session.stolen", by=None, at=at, about=user.reference, after=where)
            theft_noticed.send(user, at=at, device=session.device, session_id=session.id)
    forget(answer)


class Stranger(AnonymousUserMixin):  # type: ignore[misc]
    """Nobody that we know."""

    id = None
    locale = None
    theme = None

    def may(self, permission: str) -> bool:
        return False


class _Door(LoginManager):  # type: ignore[misc]
    """Our cookie alone opens. Flask-Login would look at a session of Flask's and at a cookie that remembers, too: what
    nobody asks cannot let anybody in, or shut ours out.
    """

    def _load_user(self) -> None:
        self._update_request_context_with_user(_who(request))

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


def init_app(app: Flask) -> None:
    _Door(app).anonymous_user = Stranger
    app.after_request(_keep_up)
    app.after_request(say_no_more)
