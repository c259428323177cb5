"""What is shown when it goes wrong: one page for people, a few words for scripts, and all of it in the log."""

from __future__ import annotations

from functools import cache

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from gunicorn.http.errors import NoMoreData, ParseException  # type: ignore[import-untyped]
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import BadRequest, Conflict, HTTPException, InternalServerError, ServiceUnavailable

from crmweb.db import Busy, db

log = structlog.get_logger("crmweb.errors")

AGAIN_AFTER = "5"
"""Seconds after which whoever heard 503 may come again."""

OF_THE_ANSWER_ITSELF = ("content-type", "content-length")

NOTHING_BUT_WORDS = (
    "<!doctype html><html lang='en'><meta charset='utf-8'><title>crmweb</title>"
    "<p>That did not work on our side. Nothing you saved is lost. Try again in a moment.</p><p>{reference}</p></html>"
)


class TooLate(Conflict):
    """What is asked could be done once; the description tells the person what stands now."""


def sent_by_script() -> bool:
    """Whether this write comes from the outbox or another script, which must never be redirected."""
    return "Idempotency-Key" in request.headers


def told_path() -> str:
    """The path for the log: without the query, and without the secret that some paths carry."""
    path = request.path
    lower = path.lower()
    for prefix in _secret_prefixes(current_app._get_current_object()):  # type: ignore[attr-defined]
        if (at := lower.find(prefix)) >= 0:
            return f"{path[:at]}{prefix}…"
    return path


@cache
def _secret_prefixes(app: Flask) -> frozenset[str]:
    """What stands before a token in our addresses; mistyped ones, which match no address, hold it somewhere."""
    return frozenset(
        rule.rule.partition("<")[0] for rule in app.url_map.iter_rules() if "token" in rule.arguments
    )


def _refused(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    code = error.code or 500
    answer = (
        make_response({"error": error.name, **_reason(error), "reference": g.get("request_id")})
        if sent_by_script()
        else _page(code, late=error.description if isinstance(error, TooLate) else None)
    )
    answer.status_code = code
    if sent_by_script():
        answer.headers["Idempotency-Key"] = request.headers["Idempotency-Key"]
    for name, value in error.get_headers():
        if name.lower() not in OF_THE_ANSWER_ITSELF:
            answer.headers[name] = value  # which methods a 405 allows, for one
    if code == 503:
        answer.headers["Retry-After"] = AGAIN_AFTER
    return answer


def _reason(error: HTTPException) -> dict[str, str]:
    """Our own words, if we said any."""
    said = error.description
    return {"reason": said} if said and said != type(error).description else {}


def _page(code: int, *, late: str | None = None) -> Response:
    try:
        _ask_who_is_there()
        return make_response(
            render_template("errors/error.html", code=code, late=late, reference=g.get("request_id"))
        )
    except Exception:
        log.exception("no error page", path=told_path())
        return make_response(NOTHING_BUT_WORDS.format(reference=g.get("request_id")))


def _unexpected(error: Exception) -> ResponseReturnValue:
    _let_go()
    log.exception("unexpected", path=told_path())
    return _refused(InternalServerError())


def _broken(error: Exception) -> ResponseReturnValue:
    """The body cannot be read: chunks that are none, or that end early. The server reads it when the app asks."""
    _let_go()
    log.warning("broken body", path=told_path(), flaw=type(error).__name__)
    return _refused(BadRequest("The body came in broken chunks."))


def _busy(error: Exception) -> ResponseReturnValue:
    _let_go()
    log.warning("busy", path=told_path())
    return _refused(ServiceUnavailable())


def _away(error: Exception) -> ResponseReturnValue:
    """The database does not answer, or does not know what we ask for: drivers call both the same."""
    _let_go()
    log.exception("database away", path=told_path())
    return _refused(ServiceUnavailable())


def _let_go() -> None:
    """The database may be what failed: undo what was begun, and do not ask it who is there."""
    if "_login_user" not in g:
        _take_for_a_stranger()
    try:
        db.session.rollback()
    except Exception:
        log.exception("no way back", path=told_path())


def _ask_who_is_there() -> None:
    try:
        current_user.is_authenticated  # noqa: B018
    except OperationalError:
        _take_for_a_stranger()


def _take_for_a_stranger() -> None:
    g._login_user = current_app.login_manager.anonymous_user()  # type: ignore[attr-defined]


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _refused)
    for unreadable in (ParseException, NoMoreData):
        app.register_error_handler(unreadable, _broken)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(OperationalError, _away)
    app.register_error_handler(Exception, _unexpected)
