"""Beginning to look as somebody else, and ending it; while one looks, nothing else that writes is let through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.previews import Preview
from crmweb.db import writing
from crmweb.errors import sent_by_script
from crmweb.languages import gettext as _
from crmweb.web import GATES, NOTICES, Notice, go, needs, page

P = ParamSpec("P")
R = TypeVar("R")

previews = Blueprint("previews", __name__)

NOTICES["preview_ended"] = lambda _about: Notice(_("You are yourself again"))

SAFE = ("GET", "HEAD", "OPTIONS")


def while_looking(view: Callable[P, R]) -> Callable[P, R]:
    """Declare that a view that writes is open to somebody who only looks as another person: the way back."""
    view.while_looking = True  # type: ignore[attr-defined]
    return view


@previews.post("/preview/end")
@needs("own:settings")
@while_looking
def end() -> ResponseReturnValue:
    seen_id = current_user.id
    looker = current_user.looker or current_user
    with writing():
        Preview.end(by=looker, at=clock.now())
    return go(f"/admin/users/{seen_id}" if looker is not current_user else "/", notice="preview_ended")


def _only_look(view: Any, who: Actor) -> ResponseReturnValue | None:
    """Nothing is written in another's name, and what would have to be proved is not shown."""
    if who.looker is None or getattr(view, "while_looking", False):
        return None
    if request.method in SAFE and not getattr(view, "fresh", False):
        return None
    if sent_by_script():
        return {"error": "preview"}, 403
    return page("accounts/only_look.html", status=403)


def init_app(app: Flask) -> None:
    app.register_blueprint(previews)
    if _only_look not in GATES:
        GATES.insert(0, _only_look)
