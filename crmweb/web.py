"""The edge: pages and fragments, who may come in, what the browser may do, and what is shown when it goes wrong."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask.sessions import SecureCookieSession, SessionInterface
from flask.typing import ResponseReturnValue
from flask_login import current_user
from htmx_flask import Htmx
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import Forbidden, HTTPException, InternalServerError, ServiceUnavailable

from crmweb.config import current_settings
from crmweb.db import Busy
from crmweb.metrics import count_answer

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LARGEST_BODY = 2 * 1024 * 1024
"""Bytes; photos will bring a limit of their own."""

log = structlog.get_logger("crmweb.web")
htmx = Htmx()


# Who may come in ------------------------------------------------------------------------------------------


def needs(permission: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare the permission that a view needs. A view without a declaration lets nobody in."""

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.needs = permission  # type: ignore[attr-defined]
        return view

    return declare


def open_to_all(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view is for everyone, signed in or not."""
    view.needs = None  # type: ignore[attr-defined]
    return view


def declared(app: Flask, endpoint: str) -> str | None:
    """The permission that an endpoint needs, None when it is open. Raises LookupError when nobody said."""
    if endpoint == "static":
        return None
    view: Any = app.view_functions[endpoint]
    if not hasattr(view, "needs"):
        raise LookupError(f"{endpoint} does not declare what it needs")
    permission: str | None = view.needs
    return permission


def may(permission: str) -> bool:
    """Whether the person at work holds this permission."""
    return bool(current_user.is_authenticated) and current_user.may(permission)


def _check_rights() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None  # 404 and 405 come by themselves
    permission = declared(current_app, request.endpoint)
    if permission is None or may(permission):
        return None
    if current_user.is_authenticated:
        raise Forbidden
    return sign_in_first()


def sign_in_first() -> ResponseReturnValue:
    """Send a stranger to the door; a script hears it as 401 in words that it can read."""
    if sent_by_script():
        return {"error": "signed_out"}, 401
    where = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = "/session/new" if where == "/" else f"/session/new?next={quote(where, safe='/')}"
    if request.headers.get("HX-Request"):
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = target
        return answer
    return redirect(target, 303)


def sent_by_script() -> bool:
    """Whether this write comes from the outbox or another script, which must never be redirected."""
    return "Idempotency-Key" in request.headers


def local_path(target: str | None) -> str:
    """`target` when it is a path of ours, else `/`. Refuses what a browser could read as another host."""
    text = target or "/"
    if not text.startswith("/") or text[1:2] in ("/", "\\") or "\\" in text or "%5c" in text.lower():
        return "/"
    return text if text.isprintable() and not urlsplit(text).netloc else "/"


# What comes from elsewhere ------------------------------------------------------------------------------


def _refuse_foreign_writes() -> None:
    """Fetch metadata in place of tokens, which would have expired when a queued write comes days later.

    Source: OWASP, Cross-Site Request Forgery Prevention, Fetch Metadata.
    """
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site == "same-origin" or (site is None and origin == request.host_url.rstrip("/")):
        return
    raise Forbidden


# Pages and fragments ------------------------------------------------------------------------------------


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page, or only its fragment when htmx asks for it. A page restored from history is always whole."""
    partial = fragment and wants_fragment()
    return make_response(render_template(fragment if partial else template, **context), status)  # type: ignore[arg-type]


def wants_fragment() -> bool:
    """Whether htmx asks for a part to swap in, and not for a page of its history or by a boosted link."""
    header = request.headers.get
    return (
        bool(header("HX-Request")) and not header("HX-History-Restore-Request") and not header("HX-Boosted")
    )


@dataclass(frozen=True)
class Notice:
    """What was just done, in words, with the address that undoes it by a POST."""

    text: str
    undo: str | None = None


NOTICES: dict[str, Callable[[str], Notice]] = {}
"""Each slice's words for what it did, by name. They get what the notice is about, as a string from the browser."""


def go(path: str, *, notice: str | None = None, about: object = "") -> Response:
    """After a plain form: 303 to the place that shows what was done, with a word about it."""
    answer = make_response(redirect(path, 303))
    if notice:
        assert notice in NOTICES, notice
        secure = current_settings().https
        answer.set_cookie(
            "notice", f"{notice} {about}", max_age=20, httponly=True, samesite="Lax", secure=secure
        )
    return answer


def _take_notice() -> Notice | None:
    """The word that `go` left for this page; it is said once."""
    name, _, about = request.cookies.get("notice", "").partition(" ")
    return NOTICES[name](about) if request.method == "GET" and name in NOTICES else None


# The browser's limits -------------------------------------------------------------------------------------


def _policy() -> str:
    tiles = urlsplit(current_settings().tile_url)
    images = (
        f"'self' data: blob: {tiles.scheme}://{tiles.netloc.replace('{s}', '*')}"
        if tiles.netloc
        else "'self' data: blob:"
    )
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src {images}; media-src 'self' blob:; "
        "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


def _limit_browser(answer: Response) -> Response:
    head = answer.headers
    head.setdefault("Content-Security-Policy", _policy())
    head.setdefault("X-Content-Type-Options", "nosniff")
    head.setdefault("Referrer-Policy", "same-origin")
    head.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    head.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)")
    head["X-Request-Id"] = g.get("request_id", "")
    if current_settings().https:
        head.setdefault("Strict-Transport-Security", "max-age=31536000")
    if request.path.startswith("/static/dist/"):
        head["Cache-Control"] = "public, max-age=31536000, immutable"  # the name changes with the content
    if request.endpoint != "static":
        answer.vary.update(("HX-Request", "Cookie", "Accept-Language"))
        head.setdefault("Cache-Control", "private, no-cache")
        if current_user.is_authenticated:
            head["X-User"] = str(current_user.id)
    if answer.status_code == 200 and "notice" in request.cookies and request.endpoint != "static":
        answer.delete_cookie("notice")
    return answer


class _NoSession(SessionInterface):
    """Flask's signed cookie is never used: what must be remembered is a row."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        if session.modified:
            raise RuntimeError("nothing may be kept in Flask's signed cookie")


# When it goes wrong ---------------------------------------------------------------------------------------


def _error(error: HTTPException) -> ResponseReturnValue:
    code = error.code or 500
    if error.response is not None:
        return error.response
    if sent_by_script():
        return {"error": error.name, "reference": g.get("request_id")}, code
    answer = make_response(
        render_template("errors/error.html", status=code, reference=g.get("request_id")), code
    )
    if code == 503:
        answer.headers["Retry-After"] = "5"
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    log.exception("unexpected", path=_told_path())
    return _error(InternalServerError())


def _busy(_error_: Exception) -> ResponseReturnValue:
    log.warning("busy", path=_told_path())
    return _error(ServiceUnavailable())


def not_found_unless(found: Any) -> Any:
    """`found`, or 404 for what is not there or not yours: a stranger learns no difference."""
    if found is None:
        abort(404)
    return found


# Each request ---------------------------------------------------------------------------------------------


def _begin() -> None:
    g.request_id = secrets.token_hex(8)
    g.begun = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _log(answer: Response) -> Response:
    seconds = time.perf_counter() - g.begun
    count_answer(request.endpoint or "none", request.method, answer.status_code, seconds)
    if request.endpoint not in ("static", "health.healthz"):
        log.info(
            "request",
            method=request.method,
            path=_told_path(),
            status=answer.status_code,
            ms=round(seconds * 1000, 1),
            user=str(getattr(current_user, "id", "")) or None,
        )
    return answer


def _told_path() -> str:
    """The path for the log: without the query, and without the secret that some paths carry."""
    secret = "token" in (request.view_args or {})
    return request.url_rule.rule if secret and request.url_rule else request.path


def guard_the_edge(app: Flask) -> None:
    """Hang all of the above on the app, once every slice is there."""
    htmx.init_app(app)
    app.session_interface = _NoSession()
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    app.before_request(_begin)
    app.before_request(_refuse_foreign_writes)
    app.before_request(_check_rights)
    app.after_request(_limit_browser)
    app.after_request(_log)
    app.register_error_handler(HTTPException, _error)
    app.register_error_handler(Busy, _busy)
    app.register_error_handler(OperationalError, _busy)
    app.register_error_handler(Exception, _unexpected)
    app.context_processor(lambda: {"can": may, "notice": _take_notice(), "settings": current_settings()})
