"""What people's phones brought and could not be done, until its author or an admin decides about it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import Select, and_, select

from crmweb import audit, clock
from crmweb.accounts.finding import patterns
from crmweb.accounts.models import User
from crmweb.admin.places import offer
from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.outbox.models import OutboxWrite
from crmweb.outbox.showing import kept_writes
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page, wants_fragment

quarantine = Blueprint("quarantine", __name__)

HERE: Final = "/admin/quarantine"
A_PAGE: Final = 50
NOBODY: Final = ""
"""A pattern that fits nobody, for words that name none."""

NOTICES["kept_decided"] = lambda _about: Notice(_("Set aside"))


def _badge() -> str:
    waiting = OutboxWrite.count()
    return str(waiting) if waiting else ""


offer(
    HERE, icon="history", needs="users:manage", order=16, badge=_badge,
    name=lazy_gettext("Not taken"), line=lazy_gettext("What phones sent and could not be done"),
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """One look at the list; the fields are the parameters of its address."""

    q: str = ""
    person: uuid.UUID | None = None
    after: uuid.UUID | None = None

    @classmethod
    def read(cls, args: Args) -> Listing:
        """What the address asks. Raises `BadQuestion`."""
        return cls(asking.only(args, "q")[:200], asking.person(args, "person"), asking.person(args, "after"))

    def address(self, **other: Any) -> str:
        """The address that asks the same but for `other`, from the first page on."""
        asked = {"q": self.q, "person": self.person, "after": None, **other}
        told = urlencode({name: str(value) for name, value in asked.items() if value})
        return f"{HERE}?{told}" if told else HERE

    @property
    def asked(self) -> Select[OutboxWrite]:
        """Those that are looked for, by whose they are."""
        found = OutboxWrite.in_quarantine()
        if self.person:
            found = found.where(OutboxWrite.person_id == self.person)
        if self.q:
            named = and_(*(User.folded.like(pattern) for pattern in patterns(self.q) or [NOBODY]))
            found = found.where(OutboxWrite.person_id.in_(select(User.id).where(named)))
        return found


@quarantine.get(HERE)
@needs("users:manage")
def index() -> ResponseReturnValue:
    try:
        listing = Listing.read(request.args)
    except BadQuestion as wrong:
        return page("admin/quarantine.html", status=422, wrong=str(wrong), **_found(Listing()))
    if wants_fragment():
        fragment = "admin/quarantine/_rows.html" if listing.after else "admin/quarantine/_results.html"
        return page(fragment, **_found(listing))
    return page("admin/quarantine.html", wrong="", **_found(listing))


def _found(listing: Listing) -> dict[str, Any]:
    rows, more = kept_writes(listing.asked, A_PAGE, after=listing.after)
    following = listing.address(after=rows[-1].write.id) if more else ""
    return {"listing": listing, "rows": rows, "more": following, "count": OutboxWrite.count(listing.person)}


@quarantine.post(f"{HERE}/<uuid:id>/set-aside")
@needs("users:manage")
def set_aside(id: uuid.UUID) -> ResponseReturnValue:
    """There is nothing more to do about it. The audit tells whose it was and what, not what they wrote."""
    with writing():
        found = db.session.get(OutboxWrite, id)
        write = not_found_unless(found if found and found.quarantined_at else None)
        if write.settle(by=current_user, at=clock.now()):
            author = db.session.get_one(User, write.person_id)
            told = {"act": write.act or write.path[:100], "at": write.done_at, "reason": write.reason}
            audit.record(
                "user.outbox_decided", by=current_user, at=clock.now(), about=author.reference, after=told
            )
    return go(_back(), notice="kept_decided")


def _back() -> str:
    """The list as it was asked for, from its beginning: a row has gone."""
    try:
        return Listing.read(request.args).address()
    except BadQuestion:
        return HERE


def init_app(app: Flask) -> None:
    app.register_blueprint(quarantine)
