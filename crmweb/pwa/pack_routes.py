"""What a phone fetches to be ready for no signal: the pack, the frames, and the page for what it has not kept."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Flask, Response, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.browser import for_later
from crmweb.pwa.frames import FRAMES, gap
from crmweb.pwa.pack import Pack
from crmweb.web import needs, open_to_all, page

packs = Blueprint("packs", __name__)


@packs.get("/pack")
@needs("customers:read:own")
@for_later
def pack() -> ResponseReturnValue:
    _refuse_lookers()
    made = Pack.of(current_user, at=clock.now())
    answer = Response(made.text, content_type="application/json")
    answer.set_etag(made.mark, weak=True)  # a strong one would change as it is pressed together
    return answer.make_conditional(request)


@packs.get("/offline")
@open_to_all
@for_later
def offline() -> ResponseReturnValue:
    """Says nothing of anybody, since it is kept for whoever holds the phone."""
    return page("pwa/frames/away.html", bare=True)


def _view(name: str) -> Callable[[], ResponseReturnValue]:
    """The view of one frame, which says what it needs as any other does."""

    @needs(FRAMES[name].needs)
    @for_later
    def show() -> ResponseReturnValue:
        _refuse_lookers()
        return page(FRAMES[name].template, gap=gap, **FRAMES[name].filled())

    return show


def _refuse_lookers() -> None:
    """Who looks as somebody else leaves nothing of theirs on a phone."""
    if current_user.looker is not None:
        abort(404)


def init_app(app: Flask) -> None:
    for name in FRAMES:
        app.add_url_rule(f"/frames/{name}", f"frames.{name}", _view(name), methods=["GET"])
    app.register_blueprint(packs)
