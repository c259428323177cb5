"""Everything about somebody, for whoever answers for it: as a file, and erased."""

from __future__ import annotations

import uuid
from typing import Final, NamedTuple

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.proof import freshly_signed_in
from crmweb.admin.users import changeable_user
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.fields import Line
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.forms import Form
from crmweb.holdings import CONTACT, CUSTOMER, KINDS, PERSON, Part, Subject
from crmweb.holdings.erasing import Erasure, erase, finish
from crmweb.holdings.handing_out import MOST_A_DAY, TooManyArchives, hand_out
from crmweb.holdings.telling import Told, counts
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.names import fold
from crmweb.scope import system_access
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

privacy = Blueprint("privacy", __name__)

HERE: Final = "/admin/data"
LONGEST: Final = 300
"""Characters of anybody's name: what is longer is another one."""

NOTICES["erased"] = lambda _about: Notice(_("Erased"))


class Found(NamedTuple):
    """Whom a page is about. `left`: nothing stands in the way of erasing them. `back` is their own page."""

    subject: Subject
    name: str
    back: str
    left: bool
    erased: bool = False


class ErasureForm(Form):
    """The name, typed, so that nobody erases by a slip."""

    name = Line(lazy_gettext("Their name, to confirm"), most=LONGEST)

    def confirms(self, name: str) -> bool:
        """Whether it was typed, with accents or without; a name of signs alone as it stands. Else the field says so."""
        typed = self.name.data or ""
        other = fold(typed) != fold(name) or (not fold(name) and typed != name)
        if (self.validate() or len(typed) > LONGEST) and other:
            self.name.errors = [_("That is not the name. Type: %(name)s", name=name)]
        return not self.errors


@privacy.get(f"{HERE}/<kind>/<uuid:id>")
@needs("privacy:manage")
@freshly_signed_in
def show(kind: str, id: uuid.UUID) -> ResponseReturnValue:
    return _page(_found(kind, id), ErasureForm())


@privacy.post(f"{HERE}/<kind>/<uuid:id>")
@needs("privacy:manage")
@freshly_signed_in
def export(kind: str, id: uuid.UUID) -> ResponseReturnValue:
    found = _found(kind, id)
    try:
        return hand_out(found.subject, found.name, by=current_user, at=clock.now())
    except TooManyArchives:
        return _page(found, ErasureForm(), too_many=True, status=429)


@privacy.post(f"{HERE}/<kind>/<uuid:id>/erasure")
@needs("privacy:manage")
@freshly_signed_in
def create(kind: str, id: uuid.UUID) -> ResponseReturnValue:
    """The name is asked for once more; then it cannot be undone, not by a backup either."""
    found, form = _found(kind, id), ErasureForm(request.form)
    if not found.left or found.erased:
        return _page(found, form, status=409)
    if not form.confirms(found.name):
        return _page(found, form, status=422)
    by, at, address = current_user._get_current_object(), clock.now(), found.back
    with system_access("an erasure that was asked for"), writing():
        if Erasure.of(kind, id) is None:
            erase(found.subject, by=by, at=at)
    finish()
    return go(address if kind == PERSON else "/customers", notice="erased")


def _page(
    found: Found, form: ErasureForm, *, too_many: bool = False, status: int = 200
) -> ResponseReturnValue:
    told = counts(found.subject)
    return page(
        "admin/data.html", status=status, found=found, form=form, told=told, too_many=too_many, most=MOST_A_DAY,
        address=f"{HERE}/{found.subject.kind}/{found.subject.id}",
        goes=[each for each in told if _part(each, found).goes],
        stays=[(each, _part(each, found).stays) for each in told if not _part(each, found).goes],
    )  # fmt: skip


def _part(told: Told, found: Found) -> Part:
    return told.holding.parts[found.subject.kind]


# Whom it is about -----------------------------------------------------------------------------------------


def _found(kind: str, id: uuid.UUID) -> Found:
    """404 for nobody, 403 for somebody above the person at work."""
    if kind not in KINDS:
        abort(404)
    found: Found = {PERSON: _person, CUSTOMER: _customer, CONTACT: _contact}[kind](id)
    return found


def _person(id: uuid.UUID) -> Found:
    """Whoever still works here has to leave first: what they look after needs somebody."""
    user = changeable_user(id)
    called = _("Former colleague %(mark)s", mark=id.hex[-4:].upper())
    erased = Erasure.of(PERSON, id) is not None
    return Found(Subject(PERSON, id, called), user.name, f"/admin/users/{id}", not user.active, erased)


def _customer(id: uuid.UUID) -> Found:
    customer = not_found_unless(db.session.scalar(Customer.visible_to(current_user).where(Customer.id == id)))
    return Found(Subject(CUSTOMER, id), customer.name, f"/customers/{id}", left=True)


def _contact(id: uuid.UUID) -> Found:
    contact = not_found_unless(db.session.scalar(select(Contact).where(Contact.id == id)))
    place = db.session.scalar(
        select(CustomerContact.customer_id).where(CustomerContact.contact_id == id).limit(1)
    )
    back = f"/contacts/{id}/edit?customer={place}" if place else "/customers"
    return Found(Subject(CONTACT, id), contact.name, back, left=True)


def erased_person(user: User) -> bool:
    """Whether nothing but their work is left of somebody: nobody can come back as them."""
    return not user.active and Erasure.of(PERSON, user.id) is not None


def init_app(app: Flask) -> None:
    app.jinja_env.globals["erased_person"] = erased_person
    app.register_blueprint(privacy)
