"""Letting somebody leave, and come back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock, notifications
from crmweb.accounts.models import User
from crmweb.accounts.tree import Circle, LastOne
from crmweb.admin.leaving import Load, OutOfSight, leave, wait_for_all
from crmweb.admin.leaving_form import LeavingForm
from crmweb.admin.privacy import erased_person
from crmweb.admin.users import HERE, changeable_user
from crmweb.customers.beyond import narrow, widen
from crmweb.db import db, writing
from crmweb.errors import TooLate
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.languages import ngettext
from crmweb.notifications import Words, notice_kind
from crmweb.team.handing import HANDED
from crmweb.web import NOTICES, Notice, go, needs, page

departures = Blueprint("departures", __name__)

WHY = "somebody leaves"

NOTICES["person_left"] = lambda _about: Notice(_("Deactivated, and everything handed over"))
NOTICES["person_left_before"] = lambda _about: Notice(_("They have left already"))
NOTICES["person_back"] = lambda _about: Notice(
    _("They are back. What was handed over stays with whoever has it.")
)
NOTICES["person_here"] = lambda _about: Notice(_("They work here already"))


class Refused(Exception):
    """The form says why; what was done before is undone."""


@departures.get(f"{HERE}/<uuid:id>/leaving")
@needs("users:manage")
def leaving(id: uuid.UUID) -> ResponseReturnValue:
    if not changeable_user(id).active:
        return go(f"{HERE}/{id}", notice="person_left_before")
    return _form(_opened(id))


@departures.post(f"{HERE}/<uuid:id>/leaving")
@needs("users:manage")
@once(shows="users.show")
def deactivate(id: uuid.UUID) -> ResponseReturnValue:
    if not changeable_user(id).active:
        return go(f"{HERE}/{id}", notice="person_left_before")
    form = _opened(id, sent=True)
    if id == current_user.id or not form.validate():
        return _form(form, status=422)
    widen(current_user, WHY)
    left: bool | None = None
    try:
        with writing():
            left = _leave(id, form)
            keep(id, status=200)
    except Refused:
        pass
    narrow(current_user)
    if left is None:
        return _form(form, status=422)
    return written(id, status=200, notice="person_left" if left else "person_left_before")


def _leave(id: uuid.UUID, form: LeavingForm) -> bool:
    """Under the lock; False where somebody else was faster."""
    wait_for_all(changeable_user(id), form.takers_ids.values())
    person = changeable_user(id)
    if not person.active:
        return False
    form.load = Load.of(id)
    if any(field.name not in form.takers_ids for field in form.parts):
        form.taker.errors = [_("There is more to hand over by now. Look again.")]
        raise Refused
    if (takers := form.takers()) is None:
        raise Refused
    try:
        leave(person, takers, by=current_user, at=clock.now())
    except LastOne:
        form.taker.errors = [_("Nobody else could give all these rights. Make another admin first.")]
    except Circle:
        form.say(
            "people", _("They work under somebody who would then work under them. Name another manager.")
        )
    except OutOfSight as kind:
        form.say(
            str(kind), _("They would not see these customers. Name who gets the customers, or their manager.")
        )
    if form.errors:
        raise Refused
    return True


def _opened(id: uuid.UUID, *, sent: bool = False) -> LeavingForm:
    widen(current_user, WHY)
    form = LeavingForm(request.form if sent else None, person=changeable_user(id), load=Load.of(id))
    narrow(current_user)
    return form


def _form(form: LeavingForm, *, status: int = 200) -> ResponseReturnValue:
    user = db.session.get_one(User, form.person_id)
    return page("admin/users/leaving.html", status=status, form=form, user=user, load=form.load)


@departures.post(f"{HERE}/<uuid:id>/return")
@needs("users:manage")
def come_back(id: uuid.UUID) -> ResponseReturnValue:
    changeable_user(id)
    with writing():
        wait_for_all(changeable_user(id), ())
        person = changeable_user(id)
        if erased_person(person):
            raise TooLate(_("Who they were was erased. Invite them anew."))
        gone = not person.active
        person.come_back(by=current_user, at=clock.now())
    return go(f"{HERE}/{id}", notice="person_back" if gone else "person_here")


# --- what the takers hear -----------------------------------------------------------------------------


def _words(notice: notifications.Notice) -> Words:
    told = notice.payload
    parts = [say(told[kind]) for kind, (say, _path) in _PARTS.items() if kind in told]
    path = next(path for kind, (_say, path) in _PARTS.items() if kind in told)
    return Words(_("You take over from %(name)s", name=told["person"]), " · ".join(parts), path)


_PARTS: dict[str, tuple[Callable[[int], str], str]] = {
    "customers": (lambda n: ngettext("%(num)s customer", "%(num)s customers", n), "/customers"),
    "routes": (lambda n: ngettext("%(num)s route", "%(num)s routes", n), "/routes"),
    "reminders": (lambda n: ngettext("%(num)s reminder", "%(num)s reminders", n), "/reminders"),
    "followups": (lambda n: ngettext("%(num)s follow-up", "%(num)s follow-ups", n), "/followups"),
    "people": (lambda n: ngettext("%(num)s person", "%(num)s people", n), "/team"),
}


def init_app(app: Flask) -> None:
    notice_kind(HANDED, wanted=lambda _notice: True, words=_words, useful_for=timedelta(days=3))
    app.register_blueprint(departures)
