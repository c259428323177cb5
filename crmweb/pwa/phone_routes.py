"""What somebody may want to know of this phone: how crmweb comes onto it, and what lies on it."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from crmweb.web import needs, page

phone = Blueprint("phone", __name__)


@phone.get("/settings/phone")
@needs("own:settings")
def show() -> ResponseReturnValue:
    """The phone alone knows what lies on it: the page asks it."""
    return page("pwa/phone.html")


@phone.get("/settings/install")
@needs("own:settings")
def install() -> ResponseReturnValue:
    """How crmweb gets onto the home screen, by browser."""
    return page("pwa/install.html")


def init_app(app: Flask) -> None:
    app.register_blueprint(phone)
