"""What a person was told, and what could not be delivered to them."""

from __future__ import annotations

import uuid
from typing import Final

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select, update

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.notifications.notices import UNREACHED, Notice
from crmweb.web import NOTICES, go, needs, not_found_unless, page, wants_fragment
from crmweb.web import Notice as Said

inbox = Blueprint("inbox", __name__)

A_PAGE: Final = 50
"""Notices that the page shows; who looks for older ones finds what they are about on the customer's page."""
ON_TOP: Final = 5
"""Undelivered ones that stand on top of Today, of each person on top of Team day."""

NOTICES["notices_seen"] = lambda _about: Said(_("All seen"))


def not_delivered_to(person: Actor) -> list[Notice]:
    """What reached this person by none of their channels lately, the latest first."""
    mine = Notice.of(person.id).where(Notice.unreached(at=clock.now()))
    return list(db.session.scalars(mine.limit(ON_TOP)))


def not_delivered_below(person: Actor) -> list[Notice]:
    """The same of the people whom this person oversees."""
    theirs = select(Notice).where(Notice.person_id != person.id, Notice.unreached(at=clock.now()))
    return list(db.session.scalars(theirs.order_by(Notice.due_at.desc()).limit(ON_TOP)))


@inbox.get("/notifications")
@needs("own:settings")
def show() -> ResponseReturnValue:
    notices = list(db.session.scalars(Notice.of(current_user.id).limit(A_PAGE)))
    return page("notifications/show.html", notices=notices)


@inbox.post("/notifications/<uuid:id>/seen")
@needs("own:settings")
def seen(id: uuid.UUID) -> ResponseReturnValue:
    """Read: it no longer stands on top of Today."""
    with writing():
        mine = select(Notice).where(Notice.id == id, Notice.person_id == current_user.id)
        not_found_unless(db.session.scalar(mine)).see(at=clock.now())
    return ("", 200) if wants_fragment() else go("/")


@inbox.post("/notifications/seen")
@needs("own:settings")
def all_seen() -> ResponseReturnValue:
    with writing():
        mine = (Notice.person_id == current_user.id, Notice.state == UNREACHED, Notice.seen_at.is_(None))
        db.session.execute(update(Notice).where(*mine).values(seen_at=clock.now()))
    return go("/notifications", notice="notices_seen")
