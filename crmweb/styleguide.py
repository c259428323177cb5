"""Every part of every screen in all its states, for the eyes of those who draw. Development only."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from crmweb.web import open_to_all, page

styleguide = Blueprint("styleguide", __name__)


@styleguide.get("/styleguide")
@open_to_all
def show() -> ResponseReturnValue:
    return page("styleguide.html")


def init_app(app: Flask) -> None:
    if app.extensions["settings"].env == "development":
        app.register_blueprint(styleguide)
