"""What a phone's outbox hears: the same as a form, but in a few bytes, with its key, and never as a redirect.

The outbox sends a form's own POST with the header `Outbox` ("now" while its person waits before the screen, "later"
for what has lain in the phone). Views answer it as they answer the form; here that becomes what a script can read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, make_response, request
from werkzeug.http import HTTP_STATUS_CODES

from crmweb.errors import sent_by_script

NOW = "now"


def by_outbox() -> bool:
    """Whether this write comes from the outbox of a phone."""
    return sent_by_script() and "Outbox" in request.headers


def somebody_waits() -> bool:
    """Whether its person stands before the screen and can be asked: not so for what has lain in the phone."""
    return not sent_by_script() or request.headers.get("Outbox") == NOW


def wants_record() -> bool:
    """Whether this write comes from a script that is to be shown what it wrote; forms and the outbox are led there."""
    return sent_by_script() and "Outbox" not in request.headers


def refusal(status: int, context: Mapping[str, Any]) -> Response:
    """What is wrong with a form, in words for the one who typed it; `context` is what its page would be told."""
    told = {"error": HTTP_STATUS_CODES[status], "reason": _reason(context)}
    return make_response({name: words for name, words in told.items() if words}, status)


def _reason(context: Mapping[str, Any]) -> str:
    """The first thing that is wrong."""
    found: Any = (
        context.get("wrong") or context.get("refused") or getattr(context.get("form"), "errors", None) or ""
    )
    while found and not isinstance(found, str):
        if isinstance(found, Mapping):
            found = next(iter(found.values()))
        elif isinstance(found, list | tuple):
            found = found[0]
        else:
            found = getattr(found, "description", None) or str(found)
    return str(found)


def _answer(answer: Response) -> Response:
    if not sent_by_script():
        return answer
    answer.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    if by_outbox() and answer.status_code == 303:  # and no other: an address that moved has saved nothing
        answer.set_data(json.dumps({"saved": True}))
        answer.status_code, answer.mimetype = 200, "application/json"
        if not somebody_waits():
            _say_nothing(answer)
    return answer


def _say_nothing(answer: Response) -> None:
    """No word about it on the next page, which may be about something else by now."""
    cookies = answer.headers.getlist("Set-Cookie")
    answer.headers.setlist("Set-Cookie", [each for each in cookies if not each.startswith("notice=")])


def init_app(app: Flask) -> None:
    app.after_request(_answer)
