"""What browsers may do: which writes are ours, what a page may load, and what must not come in at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request
from flask.sessions import SecureCookieSession, SessionInterface
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import BadRequest, Forbidden

from crmweb.config import current_settings
from crmweb.edge import Answer
from crmweb.errors import sent_by_script

P = ParamSpec("P")
R = TypeVar("R")

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def on_https() -> bool:
    """Whether people reach us by https: as the settings say, else as the request does."""
    return current_settings().https or request.is_secure


def refuse_others_writes() -> ResponseReturnValue | None:
    """What comes from another site, or was meant by another person."""
    _refuse_foreign()
    return _refuse_someone_elses()


def _refuse_foreign() -> None:
    """Fetch metadata in place of tokens, which would have expired when a queued write comes days later.

    Source: OWASP, Cross-Site Request Forgery Prevention, Fetch Metadata.
    """
    if request.method in SAFE_METHODS or _comes_from_anywhere():
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site == "same-origin" or (site is None and request.headers.get("Origin") in _our_origins()):
        return
    raise Forbidden("This came from another site.")


def _refuse_someone_elses() -> ResponseReturnValue | None:
    """What a phone kept for one person is never taken as another's, who signed in there meanwhile or only looks."""
    whose = request.headers.get("Person")
    if whose is None or request.method in SAFE_METHODS or not sent_by_script():
        return None
    if not current_user.is_authenticated:
        return {"error": "signed_out"}, 401
    return None if person_of_pages() == whose.strip().lower() else ({"error": "someone_else"}, 401)


def _comes_from_anywhere() -> bool:
    """Whether the view says so (``web.from_anywhere``): who may write there shows it by a token."""
    return getattr(current_app.view_functions.get(request.endpoint or ""), "from_anywhere", False)


def _our_origins() -> tuple[str, ...]:
    """Behind a proxy that we do not trust to say so, only the settings know that people use https."""
    return (request.host_url.rstrip("/"), current_settings().public_url or request.host_url.rstrip("/"))


def site() -> tuple[str, str]:
    """The origin at which browsers know us, and its host: as the settings say, else as the request does."""
    origin = current_settings().public_url or request.host_url.rstrip("/")
    return origin, urlsplit(origin).hostname or ""


def refuse_broken_question() -> None:
    """Raw bytes after the `?` that are no text; werkzeug would fall over them wherever the question is read."""
    try:
        request.query_string.decode()
    except UnicodeDecodeError:
        raise BadRequest from None


def refuse_null() -> None:
    """A NUL is nobody's typing, and PostgreSQL cannot store it.

    In an address or a name it is somebody's game. In what people filled in it came with a paste or a keyboard's slip:
    there it is left out, so that nobody loses a page of words to a character that cannot be seen.
    """
    asked, form = request.query_string, request.form if request.content_type else None
    if "\0" in request.path or ((b"%00" in asked or b"\0" in asked) and _holds_null(request.args)):
        raise BadRequest
    if form is None:  # what does not say that it is something is never read as a form
        return
    if any("\0" in name for name in form):
        raise BadRequest
    if any("\0" in text for texts in form.listvalues() for text in texts):
        request.form = ImmutableMultiDict(
            [(name, text.replace("\0", "")) for name, text in form.items(multi=True)]
        )


def _holds_null(asked: MultiDict[str, str]) -> bool:
    return any("\0" in text for name, texts in asked.lists() for text in (name, *texts))


def limit_browser(answer: Response) -> Response:
    """Tell the browser what this answer may do, who may keep it, and for whom it is."""
    head, said, who = answer.headers, [("X-Request-Id", g.get("request_id", ""))], _person()
    if not _keep_for_all(answer):
        if "Vary" in head:
            answer.vary.update(VARIES)
        else:
            head.add("Vary", ", ".join(VARIES))
        if _looks_as_another(who):
            head["Cache-Control"] = "private, no-store"
        said.append(("Cache-Control", "private, no-cache"))
        said += _names(who, answer)
    cast(Answer, answer).unless_said = [*said, *_limits(current_settings().tile_url, on_https())]
    return answer


VARIES = ("HX-Request", "Cookie", "Accept-Language", "Accept-Encoding")


def _person() -> Any:
    """Who asks, a stranger, or nobody where it was not asked yet."""
    return g.get("_login_user")


def _names(who: Any, answer: Response) -> Iterator[tuple[str, str]]:
    """Whose answer it is, and of a page whose it is to keep: a phone files its pages by person."""
    if who is None or not who.is_authenticated:
        return
    yield "X-User", str(who.id)
    if answer.mimetype == "text/html" and not _looks_as_another(who):
        yield "Person", str(who.id)


def person_of_pages() -> str:
    """The id under which this browser keeps pages and unsent writes; nothing for strangers, and for who only looks as
    somebody else.
    """
    who = _person()
    return str(who.id) if who and who.is_authenticated and not _looks_as_another(who) else ""


def _looks_as_another(who: Any) -> bool:
    """What an admin sees as somebody else is nothing that their browser should keep under that name."""
    return getattr(who, "looker", None) is not None


def _keep_for_all(answer: Response) -> bool:
    """Our own files are nobody's secret. A file that is missing is a page like any other."""
    if request.endpoint != "static" or answer.status_code >= 400:
        return False
    if request.path.startswith("/static/dist/"):
        answer.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable"  # the name changes with the content
        )
    return True


@cache
def _limits(tile_url: str, https: bool) -> list[tuple[str, str]]:
    """What every answer says, where its view has not said otherwise."""
    limits = [
        ("Content-Security-Policy", _policy(tile_url)),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Permissions-Policy", "geolocation=(self), camera=(self), microphone=(self)"),
    ]
    return [*limits, ("Strict-Transport-Security", "max-age=31536000")] if https else limits


def _policy(tile_url: str) -> str:
    """The Content-Security-Policy of every answer; a tile server is the one stranger that may send pictures."""
    tiles = urlsplit(tile_url)
    stranger = f" {tiles.scheme}://{tiles.netloc.replace('{s}', '*')}" if tiles.netloc else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:{stranger}; "
        "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'"
    )


def for_later(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a phone keeps what a view answers, to show it another time: no word about what was just done belongs
    on it.
    """
    view.for_later = True  # type: ignore[attr-defined]
    return view


def is_looked_at() -> bool:
    """Whether somebody looks at this answer now."""
    view = current_app.view_functions.get(request.endpoint or "")
    return request.endpoint != "static" and not getattr(view, "for_later", False)


def shows_a_secret(answer: Response) -> Response:
    """For a page whose address or content lets someone in: it is kept nowhere and named to nobody."""
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


class NoSession(SessionInterface):
    """Flask's signed cookie is never used: what must be remembered is a row."""

    def open_session(self, app: Flask, request: Any) -> SecureCookieSession:
        return SecureCookieSession()

    def save_session(self, app: Flask, session: Any, response: Any) -> None:
        if session.modified:
            raise RuntimeError("nothing may be kept in Flask's signed cookie")
