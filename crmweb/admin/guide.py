"""The first admin's short guide: people, then customers, then policies. What exists is ticked."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.audit.models import Entry
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, page

guide = Blueprint("guide", __name__)

HERE = "/welcome"

NOTICES["guide_closed"] = lambda _about: Notice(_("The first steps are put away"))


@guide.get(HERE)
@needs("users:manage")
def show() -> ResponseReturnValue:
    done = {
        "people": _any(select(User.id).where(User.id != current_user.id)),
        "customers": _any(select(Customer.id)),
        "policies": _any(select(Entry.seq).where(Entry.about_kind == "policy")),
    }
    user = db.session.get_one(User, current_user.id)
    return page("admin/guide.html", done=done, closed=user.guided_at is not None)


def _any(found: Select[Any]) -> bool:
    return db.session.scalar(found.limit(1)) is not None


@guide.post(f"{HERE}/dismissal")
@needs("users:manage")
def dismiss() -> ResponseReturnValue:
    with writing():
        user = db.session.get_one(User, current_user.id)
        user.guided_at = user.guided_at or clock.now()
    return go("/", notice="guide_closed")


def init_app(app: Flask) -> None:
    app.register_blueprint(guide)
