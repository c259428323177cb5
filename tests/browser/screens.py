"""Every screen, in one place. A page without an id in its address stands here by itself."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from flask import Flask
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.links import RESET, OneTimeLink
from crmweb.accounts.models import User
from crmweb.accounts.roles import ROLES
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence
from crmweb.followups.unsubscribe_tokens import token_for
from crmweb.reminders.models import Reminder
from crmweb.routes.models import Route
from crmweb.web import declared
from tests.browser import street
from tests.conftest import system_access_to

OUTSIDE = [
    "/session/new", "/join/{link}", "/join/spent", "/join", "/reset", "/reset/{reset}", "/reset/spent", "/setup/spent",
    "/offline",
]  # fmt: skip
"""What somebody who has not signed in sees."""

STATES = [
    "/nearby?lat=10.7725&lng=106.6980&accuracy_m=12",
    "/nearby?lat=10.7725&lng=106.6980&due=overdue&tier=C",
    "/nearby?lat=abc&lng=1",
    "/nearby/map?lat=10.7725&lng=106.6980&accuracy_m=12",
    "/nearby/map?lat=10.7725&lng=106.6980&due=overdue&tier=C",
    "/nearby/places?q=hong",
    "/nearby/places?q=zzz",
    "/customers?q=minh&sort=due",
    "/customers?q=zzz",
    "/customers?due=overdue&tier=C",
    "/customers/new?name=Quán+mới&lat=10.77&lng=106.69",
    "/my-day?map=1",
    "/followups?state=sent",
    "/followups?state=cancelled",
    "/reminders?view=later",
    "/reminders?view=done",
    "/nothing/here",
]
"""Further looks of pages, by what their address asks."""

WITH_AN_ID = {
    "/join/<token>": [],  # among those outside
    "/reset/<token>": [],
    "/setup/<token>": [],
    "/customers/<uuid:id>": ["/customers/{full}", "/customers/{bare}"],
    "/customers/<uuid:id>/brief": ["/customers/{full}/brief", "/customers/{bare}/brief"],
    "/customers/<uuid:id>/sites/new": ["/customers/{full}/sites/new"],
    "/customers/<uuid:id>/head-office": ["/customers/{full}/head-office"],
    "/my-accounts": [
        "/my-accounts",
        "/my-accounts?view=quiet",
        "/my-accounts?person={lan}",
        "/my-accounts?person={lan}&view=due",
        "/my-accounts?view=loud",
    ],
    "/customers/<uuid:id>/timeline": ["/customers/{full}/timeline"],
    "/customers/<uuid:id>/edit": ["/customers/{full}/edit"],
    "/customers/<uuid:customer_id>/notes/new": ["/customers/{full}/notes/new?about=phone"],
    "/reminders/<uuid:id>": ["/reminders/{reminder}"],
    "/reminders/<uuid:id>/edit": ["/reminders/{reminder}/edit"],
    "/customers/<uuid:customer_id>/reminders/new": ["/customers/{full}/reminders/new"],
    "/followups/<uuid:id>": ["/followups/{followup}"],
    "/customers/<uuid:customer_id>/followups/new": [
        "/customers/{full}/followups/new?template={template}",
        "/customers/{full}/followups/new?channel=sms",
    ],
    "/admin/templates/<uuid:id>": ["/admin/templates/{template}"],
    "/admin/sequences/<uuid:id>": ["/admin/sequences/{sequence}"],
    "/admin/imports/<name>": [],  # a file for a spreadsheet
    "/admin/roles/<name>": ["/admin/roles/rep", "/admin/roles/nobodys", "/admin/roles/new?like=manager"],
    "/admin/users/<uuid:id>": ["/admin/users/{lan}"],
    "/admin/users/<uuid:id>/leaving": ["/admin/users/{lan}/leaving"],
    "/admin/users/<uuid:id>/edit": ["/admin/users/{lan}/edit"],
    "/admin/data/<kind>/<uuid:id>": [
        "/admin/data/person/{lan}",
        "/admin/data/customer/{full}",
        "/admin/data/contact/{contact}",
    ],
    "/u/<token>": ["/u/{token}"],
    "/customers/<uuid:customer_id>/contacts/new": ["/customers/{full}/contacts/new?q=a"],
    "/routes/<uuid:id>": ["/routes/{route}"],
    "/contacts/<uuid:id>/edit": ["/contacts/{contact}/edit"],
    "/visits/<uuid:id>": ["/visits/{open}", "/visits/{over}", "/visits/{left}"],
    "/visits/<uuid:id>/finish": ["/visits/{open}/finish"],
    "/photos/<uuid:id>": [],  # a picture, shown by a viewer of the browser's own
    "/notes/<uuid:note_id>/voice": [],  # a recording, heard where its note stands
    "/team/<uuid:person_id>": ["/team/{lan}?map=1"],
    "/team/<uuid:person_id>/customers": ["/team/{lan}/customers", "/team/{lan}/customers?q=zzz"],
}
"""Address rule → addresses to look at, where a rule holds an id."""


def inside(app: Flask, person: Actor) -> Iterator[str]:
    """The addresses of all screens that this person may open."""
    ids = _ids(app)
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint == "static":
            continue
        permission = declared(app, rule.endpoint)
        if permission is not None and permission not in ROLES[person.role]:
            continue
        assert not rule.arguments or rule.rule in WITH_AN_ID, f"say in screens.py how {rule.rule} looks"
        for address in WITH_AN_ID.get(rule.rule, [rule.rule]):
            yield address.format(**ids)
    yield from STATES


def outside(app: Flask, person: Actor) -> Iterator[str]:
    """The addresses of the screens before the door."""
    with system_access_to(app, "a link to look at"), writing():
        user = db.session.get_one(User, person.id)
        link = OneTimeLink.issue(user, at=clock.now())
        reset = OneTimeLink.issue(user, at=clock.now(), purpose=RESET)
    yield from (address.format(link=link, reset=reset) for address in OUTSIDE)


def _lay_route(through: Customer) -> uuid.UUID:
    """A route of Lan's through a shop and some that follow."""
    with writing():
        lan = through.assignments[0].person
        more = [street.customer(shop) for shop in (street.LONG_NAMED, *street.FURTHER[:4])]
        return Route.lay(lan, weekdays=127, at=clock.now(), customers=[through, *more]).id


def _ids(app: Flask) -> dict[str, str]:
    """What stands for an id in the addresses above."""
    with system_access_to(app, "visits to look at"), writing():
        visits = street.visits()
    with system_access_to(app, "whom to look at"):
        full = street.customer(street.NEAREST)
        bare = street.customer(street.LEAD)
        contact = db.session.scalars(
            select(CustomerContact.contact_id).where(CustomerContact.customer_id == full.id)
        ).first()
        route = db.session.scalars(select(Route.id)).first() or _lay_route(full)
        reminder = db.session.scalars(select(Reminder.id)).first()
        lan = db.session.scalars(select(User.id).where(User.email == street.NEAREST.of)).one()
        followup = db.session.scalars(select(Followup.id)).first()
        found = {
            "followup": followup, "template": db.session.scalars(select(MessageTemplate.id)).first(),
            "sequence": db.session.scalars(select(Sequence.id)).first(), "token": followup and token_for(followup),
            "route": route, "full": full.id, "bare": bare.id, "contact": contact, "reminder": reminder, "lan": lan,
        }  # fmt: skip
        return {**{name: str(each) for name, each in found.items()}, **visits}
