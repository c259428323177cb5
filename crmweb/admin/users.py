"""People, as an admin finds them, and one of them with their devices and what was changed about them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.people import PeopleQuestion, leaders, offered, roles_held
from crmweb.accounts.roles import Beyond, refuse_beyond
from crmweb.accounts.sessions import DeviceSession, sign_out
from crmweb.admin.places import offer
from crmweb.audit import Entry
from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page, wants_fragment

users = Blueprint("users", __name__)

HERE: Final = "/admin/users"
A_PAGE: Final = 50
MOST_LEADERS: Final = 500
LATEST: Final = 10
"""Entries of the audit that stand on a person's page."""
BELOW: Final = 12
"""People below somebody who stand on their page; the list has them all."""

offer(
    HERE, icon="users", needs="users:manage", order=10,
    name=lazy_gettext("People"), line=lazy_gettext("Who works here, their role and manager, their devices"),
)  # fmt: skip

NOTICES["person_signed_out"] = lambda _about: Notice(_("Signed out everywhere"))
NOTICES["person_device_ended"] = lambda _about: Notice(_("That device is signed out"))


@dataclass(frozen=True)
class Listing:
    """One look at the list; the fields are the parameters of its address."""

    q: str = ""
    role: str = ""
    manager: uuid.UUID | None = None
    left: bool = False
    after: uuid.UUID | None = None

    @classmethod
    def read(cls, args: Args) -> Listing:
        """What the address asks. Raises `BadQuestion`."""
        return cls(
            q=asking.only(args, "q").replace("\0", "")[:200],
            role=asking.only(args, "role").replace("\0", "")[:40],
            manager=asking.person(args, "manager"),
            left=asking.one_of(args, "left", ("1",)) == "1",
            after=asking.person(args, "after"),
        )

    def address(self, **other: Any) -> str:
        """The address that asks the same but for `other`, from the first page on."""
        asked = urlencode(self._parameters(**{"after": None, **other}))
        return f"{HERE}?{asked}" if asked else HERE

    def kept(self) -> list[tuple[str, str]]:
        """What a search hands on."""
        return list(self._parameters(q="", after=None).items())

    def _parameters(self, **other: Any) -> dict[str, str]:
        asked = {
            "q": self.q, "role": self.role, "manager": self.manager, "left": self.left, "after": self.after,
        } | other  # fmt: skip
        return {name: "1" if value is True else str(value) for name, value in asked.items() if value}

    @property
    def question(self) -> PeopleQuestion:
        return PeopleQuestion(self.q, self.role, self.manager, self.left)


@users.get(HERE)
@needs("users:manage")
def index() -> ResponseReturnValue:
    try:
        listing = Listing.read(request.args)
    except BadQuestion as wrong:
        return page("admin/users.html", status=422, wrong=str(wrong), **_found(Listing()))
    if wants_fragment():
        fragment = "admin/users/_rows.html" if listing.after else "admin/users/_results.html"
        return page(fragment, **_rows(listing))
    return page("admin/users.html", wrong="", **_found(listing))


def _found(listing: Listing) -> dict[str, Any]:
    """The rows, and what stands around them."""
    held = roles_held()
    gone = db.session.scalar(select(func.count(User.id)).where(User.deactivated_at.is_not(None))) or 0
    return {
        **_rows(listing), "held": held, "at_work": sum(each.people for each in held), "gone": gone,
        "leaders": leaders(MOST_LEADERS),
    }  # fmt: skip


def _rows(listing: Listing) -> dict[str, Any]:
    rows = listing.question.rows(A_PAGE + 1, after=listing.after)
    more = listing.address(after=rows[A_PAGE - 1].id) if len(rows) > A_PAGE else ""
    return {"listing": listing, "people": rows[:A_PAGE], "more": more}


@users.get(f"{HERE}/names")
@needs("users:manage")
def names() -> ResponseReturnValue:
    """Whom to choose from while one types a name, whatever the field is called."""
    typed = next(iter(request.args.values()), "")
    return page("admin/users/_names.html", people=offered(typed))


@users.get(f"{HERE}/<uuid:id>")
@needs("users:manage")
def show(id: uuid.UUID) -> ResponseReturnValue:
    user = found_user(id)
    below = PeopleQuestion(manager=id)
    return page(
        "admin/users/show.html",
        user=user,
        manager=db.session.get(User, user.manager_id) if user.manager_id else None,
        below=below.rows(BELOW),
        below_count=below.count(),
        devices=DeviceSession.of(id, at=clock.now()),
        entries=_latest_about(id),
        changeable=changeable(user),
    )


def _latest_about(id: uuid.UUID) -> list[tuple[Entry, str | None]]:
    """The latest changes, each with the name of whoever made it."""
    about = (
        select(Entry, User.name)
        .outerjoin(User, User.id == Entry.by_id)
        .where(Entry.about_kind == "user", Entry.about_id == id)
        .order_by(Entry.seq.desc())
        .limit(LATEST)
    )
    return [(entry, name) for entry, name in db.session.execute(about)]


def found_user(id: uuid.UUID) -> User:
    """The person of that id, or 404."""
    user: User = not_found_unless(db.session.get(User, id))
    return user


def changeable(user: User) -> bool:
    """Whether the person at work may change somebody: only who holds no right that they lack."""
    try:
        refuse_beyond(current_user, user.permissions)
    except Beyond:
        return False
    return True


def changeable_user(id: uuid.UUID) -> User:
    """The person of that id, 404, or 403 where they hold rights beyond those of the person at work."""
    user = found_user(id)
    if not changeable(user):
        abort(403)
    return user


@users.post(f"{HERE}/<uuid:id>/sign-out")
@needs("users:manage")
def sign_out_everywhere(id: uuid.UUID) -> ResponseReturnValue:
    """End every session, and every link and subscription that lets somebody in."""
    changeable_user(id)
    with writing():
        sign_out(changeable_user(id), by=current_user, at=clock.now())
    return go(f"{HERE}/{id}", notice="person_signed_out")


@users.post(f"{HERE}/<uuid:id>/devices/<uuid:device_id>/end")
@needs("users:manage")
def end_device(id: uuid.UUID, device_id: uuid.UUID) -> ResponseReturnValue:
    """End one session, which must be that person's."""
    changeable_user(id)
    with writing():
        user, device = changeable_user(id), db.session.get(DeviceSession, device_id)
        not_found_unless(device if device and device.user_id == user.id else None)
        sign_out(user, device=device, by=current_user, at=clock.now())
    return go(f"{HERE}/{id}", notice="person_device_ended")


def init_app(app: Flask) -> None:
    app.register_blueprint(users)
