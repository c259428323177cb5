"""Every device on which anybody is signed in, as an admin finds a lost one: whose, when seen, whether push arrives."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.devices import DevicesQuestion
from crmweb.accounts.roles import rights_of
from crmweb.accounts.sessions import DeviceSession, sign_out
from crmweb.admin.places import offer
from crmweb.admin.users import changeable_user
from crmweb.customers import asking
from crmweb.customers.asking import Args, BadQuestion
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.notifications.arrivals import PushHealth, push_health
from crmweb.web import go, needs, not_found_unless, page, wants_fragment

devices = Blueprint("admin_devices", __name__)

HERE: Final = "/admin/devices"
A_PAGE: Final = 50

offer(
    HERE, icon="smartphone", needs="users:manage", order=15,
    name=lazy_gettext("Devices"), line=lazy_gettext("Who is signed in where, and whether push arrives there"),
)  # fmt: skip


@dataclass(frozen=True)
class Listing:
    """One look at the list; the fields are the parameters of its address."""

    q: str = ""
    person: uuid.UUID | None = None
    unsent: bool = False
    after: uuid.UUID | None = None

    @classmethod
    def read(cls, args: Args) -> Listing:
        """What the address asks. Raises `BadQuestion`."""
        return cls(
            q=asking.only(args, "q")[:200],
            person=asking.person(args, "person"),
            unsent=asking.one_of(args, "unsent", ("1",)) is not None,
            after=asking.person(args, "after"),
        )

    def address(self, **other: Any) -> str:
        """The address that asks the same but for `other`, from the first page on."""
        asked = {"q": self.q, "person": self.person, "unsent": self.unsent, "after": None, **other}
        told = urlencode(
            {name: str(int(value) if value is True else value) for name, value in asked.items() if value}
        )
        return f"{HERE}?{told}" if told else HERE

    @property
    def question(self) -> DevicesQuestion:
        return DevicesQuestion(self.q, self.person, self.unsent)


@devices.get(HERE)
@needs("users:manage")
def index() -> ResponseReturnValue:
    try:
        listing = Listing.read(request.args)
    except BadQuestion as wrong:
        return page("admin/devices.html", status=422, wrong=str(wrong), **_found(Listing()))
    if wants_fragment():
        fragment = "admin/devices/_rows.html" if listing.after else "admin/devices/_results.html"
        return page(fragment, **_found(listing))
    return page("admin/devices.html", wrong="", **_found(listing))


def _found(listing: Listing) -> dict[str, Any]:
    at = clock.now()
    rows = listing.question.rows(A_PAGE + 1, at=at, after=listing.after)
    shown = rows[:A_PAGE]
    held = {role: rights_of(role) for role in {person.role for _device, person in shown}}
    return {
        "listing": listing,
        "count": listing.question.count(at=at),
        "unsent": replace(listing.question, unsent=True).count(at=at),
        "rows": shown,
        "push": push_health([device.id for device, _person in shown]),
        "endable": {role for role, rights in held.items() if rights <= current_user.permissions},
        "more": listing.address(after=rows[A_PAGE - 1][0].id) if len(rows) > A_PAGE else "",
    }


@devices.post(f"{HERE}/<uuid:device_id>/end")
@needs("users:manage")
def end(device_id: uuid.UUID) -> ResponseReturnValue:
    """End one session; 403 where its person holds rights beyond those of the person at work."""
    with writing():
        device = not_found_unless(db.session.get(DeviceSession, device_id))
        sign_out(changeable_user(device.user_id), device=device, by=current_user, at=clock.now())
    return go(_back(), notice="person_device_ended")


@devices.post(f"{HERE}/of/<uuid:id>/end")
@needs("users:manage")
def end_all(id: uuid.UUID) -> ResponseReturnValue:
    """End every session of one person, and every link and subscription that lets them in."""
    with writing():
        sign_out(changeable_user(id), by=current_user, at=clock.now())
    return go(_back(), notice="person_signed_out")


def _back() -> str:
    """The list as it was asked for, from its beginning: a row has gone."""
    try:
        return Listing.read(request.args).address()
    except BadQuestion:
        return HERE


def push_state(health: PushHealth | None) -> tuple[str, str]:
    """The kind of state that push on a device is drawn as, and its words."""
    if health is None:
        return "open", _("No push")
    if health.gone:
        return "open", {"removed": _("Push was taken out")}.get(health.gone, _("Push was given up"))
    if health.fails:
        return "late", _("Push fails")
    return ("ok", _("Push arrives")) if health.last_ok_at else ("planned", _("Push not tried yet"))


def init_app(app: Flask) -> None:
    app.jinja_env.filters["push_state"] = push_state
    app.register_blueprint(devices)
