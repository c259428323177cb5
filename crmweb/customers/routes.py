"""Customers on the screen."""

from __future__ import annotations

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.colleagues import colleagues
from crmweb.customers import words
from crmweb.customers.asking import BadQuestion
from crmweb.customers.listing import COUNTED, Listing, Page
from crmweb.web import needs, page, wants_fragment

customers = Blueprint("customers", __name__)


@customers.get("/customers")
@needs("customers:read")
def index() -> ResponseReturnValue:
    today = current_user.today(clock.now())
    try:
        listing = Listing.read(request.args)
        found = listing.page(today)
    except BadQuestion as wrong:
        return page(
            "customers/index.html", status=422, listing=Listing(), found=Page([], None), wrong=str(wrong)
        )
    if wants_fragment():
        fragment = "customers/index/_rows.html" if listing.after else "customers/index/_results.html"
        return page(fragment, listing=listing, found=found)
    return page(
        "customers/index.html",
        listing=listing,
        found=found,
        counts=listing.count(today),
        counted=COUNTED,
        people=colleagues(current_user) if current_user.may("team:read") else [],
    )


def init_app(app: Flask) -> None:
    words.init_app(app)
    app.register_blueprint(customers)
