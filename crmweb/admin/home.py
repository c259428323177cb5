"""The office: a list of what the person at work may look after."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from crmweb.admin import places
from crmweb.web import needs, page

home = Blueprint("admin", __name__)


@home.get("/admin")
@needs("own:settings")
def index() -> ResponseReturnValue:
    """Who may open none of its pages is told so: it holds nothing but their names."""
    return page("admin/home.html")


def init_app(app: Flask) -> None:
    places.init_app(app)
    app.register_blueprint(home)
