"""The phone of somebody who has left hands in what it still holds: what they did while they worked here is kept.

Only at the few addresses of the field that say so (`after_leaving`), by script and with a key, for an act before
they left, and for 30 days. The answer tells no more than the key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import ParamSpec, TypeVar

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue
from sqlalchemy import or_, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.limits import HANDS_IN_FOR, session_limits
from crmweb.accounts.models import User
from crmweb.accounts.session_tokens import SessionToken
from crmweb.accounts.sessions import DeviceSession, token_hash
from crmweb.db import db
from crmweb.errors import sent_by_script
from crmweb.scope import act_for

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)


def after_leaving(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a write may still come from the phone of somebody who has left, where they did it before."""
    view.after_leaving = True  # type: ignore[attr-defined]
    return view


def leaver(token: str) -> Actor | None:
    """Who has left and may hand in this very write by the session that they had; None for anything else."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not sent_by_script() or not getattr(view, "after_leaving", False):
        return None
    person, done_at = _of_leaver(token, at=clock.now()), _done_at()
    if person is None or person.left_at is None or done_at is None or done_at >= person.left_at:
        return None
    g.leaver = person
    act_for(person.principal)
    return person


def _of_leaver(token: str, *, at: datetime) -> Actor | None:
    """Who has left lately and was signed in by this token until then; None for every other session.

    One that was ended by a sign-out, a lost phone or another password ended at another moment.
    """
    used = token_hash(token)
    offered = select(SessionToken.session_id).where(
        SessionToken.token == used, SessionToken.retired_at.is_(None)
    )
    row = db.session.execute(
        select(User, DeviceSession)
        .join(DeviceSession, DeviceSession.user_id == User.id)
        .where(or_(DeviceSession.token == used, DeviceSession.id.in_(offered)))
        .where(DeviceSession.ended_at == User.deactivated_at, User.deactivated_at > at - HANDS_IN_FOR)
    ).one_or_none()
    if row is None or not _let_in_until_then(row[1]):
        return None
    return replace(Actor.of(row[0]), left_at=row[1].ended_at, second_at=row[1].second_at)


def _let_in_until_then(session: DeviceSession) -> bool:
    """Whether it was not forgotten, and not too old, when it ended."""
    end = session.ended_at
    return end is not None and session_limits().let_in(
        seen_at=session.seen_at, begun_at=session.created_at, shared=session.shared, at=end
    )


def _done_at() -> datetime | None:
    """When it was done by the phone's clock; without a moment nobody knows that it was before."""
    try:
        return clock.read_moment(request.form.get("client_at", ""))
    except ValueError:
        return None


def say_no_more(answer: Response) -> Response:
    """Whoever has left hears whether it was taken, and nothing else: no page, no reason that names anybody."""
    if g.get("leaver") is None:
        return answer
    taken = answer.status_code < 300 or answer.status_code == 303
    told = {"saved": True} if taken else {"error": answer.status.partition(" ")[2].title()}
    answer.set_data(json.dumps(told))
    answer.mimetype = "application/json"
    answer.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    for name in ("Location", "Set-Cookie", "ETag"):
        answer.headers.pop(name, None)
    return answer
