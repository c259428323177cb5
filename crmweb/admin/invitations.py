"""Inviting people by email, and who has not come in yet."""

from __future__ import annotations

import uuid
from typing import Final

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import ColumnElement, and_, select

from crmweb import audit, clock
from crmweb.accounts.links import EXPIRED, HANDED_OUT, OPEN, USED, WITHDRAWN, OneTimeLink, may_let_in
from crmweb.accounts.models import User
from crmweb.admin.places import offer
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import language, lazy_gettext
from crmweb.notifications.ways_in import mail_invitation
from crmweb.web import NOTICES, Notice, go, local_path, needs, not_found_unless, page

invitations = Blueprint("invitations", __name__)

HERE: Final = "/admin/users/invitations"
MOST: Final = 500
"""People on the page, and invited at once."""

offer(
    HERE, icon="mail", needs="users:manage", order=12,
    name=lazy_gettext("Not in yet"), line=lazy_gettext("Invitations by email, and cards"),
)  # fmt: skip

NOTICES["invited"] = lambda _about: Notice(_("The invitation is on its way"))
NOTICES["invited_all"] = lambda about: Notice(_("%(count)s invitations are on their way", count=about))
NOTICES["invited_none"] = lambda _about: Notice(_("Nobody is left to invite"))
NOTICES["no_email"] = lambda _about: Notice(_("There is no email to send it to. Print a card instead."))
NOTICES["ways_withdrawn"] = lambda _about: Notice(_("Withdrawn: neither link nor card opens anything now"))


@invitations.get(HERE)
@needs("users:manage")
def index() -> ResponseReturnValue:
    people = list(db.session.scalars(select(User).where(never_in()).order_by(User.name).limit(MOST)))
    return page(
        "admin/ways_in/index.html",
        people=people,
        links=OneTimeLink.latest_of([person.id for person in people]),
        waiting=len(_not_invited(people)),
        here=HERE,
    )


def never_in() -> ColumnElement[bool]:
    """People who work here and were never signed in."""
    return and_(User.first_in_at.is_(None), User.active)


@invitations.post(HERE)
@needs("users:manage")
def invite_all() -> ResponseReturnValue:
    """Everybody with an email who was never signed in and holds no invitation that still opens."""
    with writing():
        people = list(db.session.scalars(select(User).where(never_in()).order_by(User.name).limit(MOST)))
        invited = [_invite(person) for person in _not_invited(people)]
    return go(HERE, notice="invited_all" if invited else "invited_none", about=len(invited))


def _not_invited(people: list[User]) -> list[User]:
    held = OneTimeLink.latest_of([person.id for person in people])
    at = clock.now()

    def invited(person: User) -> bool:
        return any(
            link.purpose == "invitation" and link.state(at=at) == OPEN for link in held.get(person.id, ())
        )

    return [
        person
        for person in people
        if person.email and may_let_in(current_user.permissions, person) and not invited(person)
    ]


@invitations.post("/admin/users/<uuid:id>/invitation")
@needs("users:manage")
def invite(id: uuid.UUID) -> ResponseReturnValue:
    """Again, too: the one before opens nothing any more."""
    let_in_by_me(id)
    with writing():
        person = let_in_by_me(id)
        if person.email:
            _invite(person)
    return go(back_to(id), notice="invited" if person.email else "no_email")


@invitations.post("/admin/users/<uuid:id>/ways-in/withdrawal")
@needs("users:manage")
def withdraw(id: uuid.UUID) -> ResponseReturnValue:
    let_in_by_me(id)
    with writing():
        person, at = let_in_by_me(id), clock.now()
        OneTimeLink.withdraw(person.id, at=at, purposes=HANDED_OUT)
        audit.record("user.ways_in_withdrawn", by=current_user, at=at, about=person.reference)
    return go(back_to(id), notice="ways_withdrawn")


def _invite(person: User) -> OneTimeLink:
    """Inside the write transaction, with its mail and its entry in the audit."""
    at = clock.now()
    link = OneTimeLink.invite(person, by=current_user, at=at)
    db.session.flush()
    mail_invitation(link, locale=language(), at=at)
    told = {"email": person.email, "role": person.role, "until": link.expires_at}
    audit.record("user.invited", by=current_user, at=at, about=person.reference, after=told)
    return link


def let_in_by_me(id: uuid.UUID) -> User:
    """Somebody who works here, if whoever asks may give them a way in; 404 or 403 else."""
    person = db.session.get(User, id)
    found: User = not_found_unless(person if person and person.active else None)
    if not may_let_in(current_user.permissions, found):
        abort(403)
    return found


def back_to(id: uuid.UUID) -> str:
    """The page that asked, as its form says."""
    return local_path(request.form.get("next") or f"/admin/users/{id}")


def ways_in(person: User) -> list[OneTimeLink]:
    """What somebody was given, for their page."""
    return OneTimeLink.latest_of([person.id]).get(person.id, [])


def way_in_state(link: OneTimeLink) -> tuple[str, str]:
    """The kind of state that it is drawn as, and its words."""
    words = {
        OPEN: ("open", _("Waiting")),
        USED: ("ok", _("Used")),
        EXPIRED: ("late", _("Expired")),
        WITHDRAWN: ("planned", _("Withdrawn")),
    }
    return words[link.state(at=clock.now())]


def init_app(app: Flask) -> None:
    app.jinja_env.filters.update(ways_in=ways_in, way_in_state=way_in_state)
    app.register_blueprint(invitations)
