"""The phone of somebody who has left hands in what it still holds: what they did while they worked here is kept.

Only at the few addresses of the field that say so (`web.after_leaving`), by script and with a key, for an act before
they left, and for 30 days. The answer tells no more than the key.
"""

from __future__ import annotations

import json
from datetime import datetime

from flask import Response, current_app, g, request

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.sessions import DeviceSession
from crmweb.errors import sent_by_script
from crmweb.scope import act_for


def leaver(token: str) -> Actor | None:
    """Who has left and may hand in this very write by the session that they had; None for anything else."""
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method != "POST" or not sent_by_script() or not getattr(view, "after_leaving", False):
        return None
    person, done_at = DeviceSession.of_leaver(token, at=clock.now()), _done_at()
    if person is None or person.left_at is None or done_at is None or done_at >= person.left_at:
        return None
    g.leaver = person
    act_for(person.principal)
    return person


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
    taken = answer.status_code < 300
    told = {"saved": True} if taken else {"error": answer.status.partition(" ")[2].title()}
    answer.set_data(json.dumps(told))
    answer.mimetype = "application/json"
    answer.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    for name in ("Location", "Set-Cookie", "ETag"):
        answer.headers.pop(name, None)
    return answer
