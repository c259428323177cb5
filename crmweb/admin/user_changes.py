"""Adding one person, and changing one."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.proof import freshly_signed_in
from crmweb.admin.user_forms import PersonForm
from crmweb.admin.users import HERE, changeable_user
from crmweb.db import db, writing
from crmweb.idempotency import keep, once, written
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, page

user_changes = Blueprint("user_changes", __name__)

NOTICES["person_added"] = lambda _about: Notice(_("Added"))
NOTICES["person_saved"] = lambda _about: Notice(_("Saved"))


class Refused(Exception):
    """The form says why; what was done before is undone."""


@user_changes.get(f"{HERE}/new")
@needs("users:manage")
@freshly_signed_in
def new() -> ResponseReturnValue:
    asked = {name: request.args.get(name, "") for name in ("name", "manager")}
    return _form(PersonForm(data={**asked, "zone": current_user.zone}))


@user_changes.post(HERE)
@needs("users:manage")
@freshly_signed_in
@once(shows="users.show")
def create() -> ResponseReturnValue:
    form = PersonForm(request.form)
    try:
        if not form.validate():
            raise Refused
        with writing():
            if (user := form.add(by=current_user, at=clock.now())) is None:
                raise Refused
            user_id = user.id
            keep(user_id)
    except Refused:
        return _form(form, status=422)
    return written(user_id, notice="person_added")


@user_changes.get(f"{HERE}/<uuid:id>/edit")
@needs("users:manage")
@freshly_signed_in
def edit(id: uuid.UUID) -> ResponseReturnValue:
    return _form(PersonForm.of(changeable_user(id)))


@user_changes.post(f"{HERE}/<uuid:id>")
@needs("users:manage")
@freshly_signed_in
def update(id: uuid.UUID) -> ResponseReturnValue:
    form = PersonForm(request.form, user=changeable_user(id))
    try:
        if not form.validate():
            raise Refused
        with writing():
            form.change(changeable_user(id), by=current_user, at=clock.now())
            if form.errors:
                raise Refused
    except Refused:
        form.user = db.session.get(User, id)
        return _form(form, status=422)
    return go(f"{HERE}/{id}", notice="person_saved")


def _form(form: PersonForm, *, status: int = 200) -> ResponseReturnValue:
    return page("admin/users/form.html", status=status, form=form, user=form.user)


def init_app(app: Flask) -> None:
    app.register_blueprint(user_changes)
