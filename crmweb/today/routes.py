"""The first screen of the day."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect
from flask.typing import ResponseReturnValue

from crmweb.web import needs

today = Blueprint("today", __name__)


@today.get("/")
@needs("customers:read")
def show() -> ResponseReturnValue:
    return redirect("/nearby", 303)


def init_app(app: Flask) -> None:
    app.register_blueprint(today)
