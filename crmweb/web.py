"""The edge: who may come in, pages and fragments, and what happens around each request."""

from __future__ import annotations

import json
import random
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote, urlsplit

import structlog
from flask import Flask, Response, abort, current_app, g, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from htmx_flask import Htmx
from werkzeug.exceptions import Forbidden

from crmweb import compression, errors, outbox_answers
from crmweb.browser import (
    NoSession,
    is_looked_at,
    limit_browser,
    on_https,
    refuse_broken_question,
    refuse_null,
    refuse_others_writes,
)
from crmweb.config import current_settings
from crmweb.errors import sent_by_script, told_path
from crmweb.logs import tell_of_request
from crmweb.metrics import count_answer
from crmweb.outbox_answers import by_outbox, refusal

P = ParamSpec("P")
R = TypeVar("R", bound=ResponseReturnValue)

LARGEST_BODY = 2 * 1024 * 1024
"""Bytes that come in at most, where a view does not say otherwise with `takes`."""

LARGEST_UPLOAD = 13 * 1024 * 1024
"""Bytes of the largest body that any view takes, with the form around its files: the web server waits for no more."""

LONGEST_PATH = 2000
"""Characters of an address to come back to; proxies cut answers with longer headers."""

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


def from_anywhere(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a write may come from another site or from no browser at all: for views that ask for a token, in the
    address or in a header, and nothing of the cookie.
    """
    view.from_anywhere = True  # type: ignore[attr-defined]
    return view


def takes(most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Declare how many bytes a view takes at most, files and all."""

    assert most <= LARGEST_UPLOAD, most

    def declare(view: Callable[P, R]) -> Callable[P, R]:
        view.takes = most  # type: ignore[attr-defined]
        return view

    return declare


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
    if (endpoint := request.endpoint) is None:
        return None  # 404 and 405 come by themselves
    permission = declared(current_app, endpoint)
    if permission is None:
        return None
    who = current_user._get_current_object()
    if not who.is_authenticated:
        return sign_in_first()
    if not who.may(permission):
        raise Forbidden
    view = current_app.view_functions[endpoint]
    for gate in GATES:
        if (answer := gate(view, who)) is not None:
            return answer
    return None


GATES: list[Callable[[Any, Any], ResponseReturnValue | None]] = []
"""What else somebody with the right is asked before a view lets them in: each gets the view and the person, and returns
an answer, or None to pass.
"""


def sign_in_first() -> ResponseReturnValue:
    """Send a stranger to the door; a script hears it as 401 in words that it can read."""
    where = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return elsewhere_first("/session/new", "signed_out", back=where)


def elsewhere_first(path: str, error: str, *, back: str) -> ResponseReturnValue:
    """Lead somebody to another page before they get what they asked for, and from there `back`.

    A script hears 401 and `error`.
    """
    if sent_by_script():
        return {"error": error}, 401
    target = path if back == "/" else f"{path}?next={quote(back, safe='/')}"
    if request.headers.get("HX-Request"):
        answer = make_response("", 401)
        answer.headers["HX-Redirect"] = target
        return answer
    return redirect(target, 303)


def local_path(target: str | None) -> str:
    """`target` when it is a path of ours, else `/`. Refuses what a browser could read as another host."""
    return target if target and _stays_here(target) else "/"


def _stays_here(target: str) -> bool:
    elsewhere = (
        not target.startswith("/")
        or "//" in target.partition("?")[0]  # `/.//host`, too: whoever tidies it up makes a host of it
        or "\\" in target
        or "%5c" in target.lower()
    )
    return (
        not elsewhere and len(target) <= LONGEST_PATH and target.isprintable() and not urlsplit(target).netloc
    )


# Pages and fragments ------------------------------------------------------------------------------------


def page(template: str, *, fragment: str | None = None, status: int = 200, **context: Any) -> Response:
    """The page, or only its fragment when htmx asks for it. A page restored from history is always whole."""
    if status >= 400 and by_outbox():
        return refusal(status, context)
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
    """What was just done, in words, with the address that undoes it by a POST; it stays for `stays` seconds."""

    text: str
    undo: str | None = None
    stays: int = 6


NOTICES: dict[str, Callable[[str], Notice]] = {}
"""Each slice's words for what it did, by name. They get what the notice is about, as a string from the browser."""


def undo_at(address: str, about: str) -> str | None:
    """The address that undoes what a notice is about; the browser names the ids, so they are not believed blindly."""
    try:
        return address.format(*(uuid.UUID(part) for part in about.split()))
    except (ValueError, IndexError):
        return None


def go(path: str, *, notice: str | None = None, about: object = "") -> Response:
    """After a plain form: 303 to the place that shows what was done, with a word about it."""
    answer = make_response(redirect(path, 303))
    if notice:
        assert notice in NOTICES, notice
        answer.set_cookie(
            "notice", f"{notice} {about}", max_age=20, httponly=True, samesite="Lax", secure=on_https()
        )
    return answer


def say(answer: Response, notice: str, about: object = "") -> Response:
    """The same word beside a fragment that htmx swaps in: a toast on the page that stays."""
    told = NOTICES[notice](str(about))
    answer.headers["HX-Trigger"] = json.dumps({"notice": {"text": str(told.text), "undo": told.undo}})
    return answer


def _notice_was_said(answer: Response) -> Response:
    if answer.status_code == 200 and "notice" in request.cookies and is_looked_at():
        answer.delete_cookie("notice")
    return answer


def _take_notice() -> Notice | None:
    """The word that `go` left for this page; it is said once."""
    name, _, about = request.cookies.get("notice", "").partition(" ")
    return NOTICES[name](about) if request.method == "GET" and name in NOTICES and is_looked_at() else None


def not_found_unless(found: Any) -> Any:
    """`found`, or 404 for what is not there or not yours: a stranger learns no difference."""
    if found is None:
        abort(404)
    return found


# Each request ---------------------------------------------------------------------------------------------


def _begin() -> None:
    g.request_id = f"{random.getrandbits(64):016x}"  # nosec B311
    g.begun = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if most := getattr(current_app.view_functions.get(request.endpoint or ""), "takes", None):
        request.max_content_length = most


def _log(answer: Response) -> Response:
    seconds, endpoint, method = time.perf_counter() - g.begun, request.endpoint, request.method
    count_answer(endpoint or "none", method, answer.status_code, seconds)
    if endpoint not in ("static", "health.healthz"):
        tell_of_request(
            request_id=g.request_id,
            method=method,
            path=told_path(),
            status=answer.status_code,
            ms=round(seconds * 1000, 1),
            user=str(getattr(g.get("_login_user"), "id", None) or "") or None,
        )
    return answer


def guard_the_edge(app: Flask) -> None:
    """Hang all of the above on the app, once every slice is there."""
    htmx.init_app(app)
    app.session_interface = NoSession()
    app.url_map.merge_slashes = False  # its redirects would repeat the Host that a stranger names
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.config["MAX_FORM_MEMORY_SIZE"] = LARGEST_BODY
    compression.init_app(app)  # first, so that it is the last to touch an answer
    app.before_request(_begin)
    app.before_request(refuse_broken_question)
    app.before_request(refuse_others_writes)
    app.before_request(_check_rights)
    app.before_request(refuse_null)
    app.after_request(_notice_was_said)
    app.after_request(limit_browser)
    app.after_request(_log)
    errors.init_app(app)
    outbox_answers.init_app(app)
    app.context_processor(lambda: {"can": may, "notice": _take_notice(), "settings": current_settings()})
