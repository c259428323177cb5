"""Roles: the four of the house to read and to copy, and those that an admin makes from named rights."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Flask, abort, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from wtforms import SelectMultipleField, ValidationError

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.proof import freshly_signed_in
from crmweb.accounts.right_words import grouped
from crmweb.accounts.roles import (
    PERMISSIONS,
    ROLES,
    Beyond,
    Role,
    RoleInUse,
    TakenTitle,
    holders,
    refuse_beyond,
    rights_of,
)
from crmweb.accounts.tree import LastOne
from crmweb.accounts.words import role_name
from crmweb.admin.places import offer
from crmweb.customers.fields import Line, a_name
from crmweb.db import db, writing
from crmweb.forms import Form
from crmweb.languages import gettext as _
from crmweb.languages import lazy_gettext
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

roles = Blueprint("roles", __name__)

HERE: Final = "/admin/roles"

offer(
    HERE, icon="key-round", needs="users:manage", order=20,
    name=lazy_gettext("Roles"), line=lazy_gettext("What each role may do, and roles of your own"),
)  # fmt: skip

NOTICES["role_saved"] = lambda _about: Notice(_("Saved"))
NOTICES["role_removed"] = lambda _about: Notice(_("Role removed"))


class RoleForm(Form):
    """A title, and rights among those that the person at work holds."""

    title = Line(lazy_gettext("Name"), [a_name], most=60)
    permissions = SelectMultipleField(lazy_gettext("Rights"), validate_choice=False)

    def validate_permissions(self, field: Any) -> None:
        if any(name not in PERMISSIONS or not current_user.may(name) for name in field.data):
            raise ValidationError(_("You may not give a right that you do not hold."))


class Refused(Exception):
    """The form says why; what was done before is undone."""


@roles.get(HERE)
@needs("users:manage")
def index() -> ResponseReturnValue:
    counted = select(User.role, func.count(User.id).label("people")).group_by(User.role)
    return page(
        "admin/roles.html",
        counts={row.role: row.people for row in db.session.execute(counted)},
        houses=[(name, role_name(name), len(rights)) for name, rights in ROLES.items()],
        made=[(role.name, role.title, len(role.rights)) for role in Role.all()],
    )


@roles.get(f"{HERE}/new")
@needs("users:manage")
@freshly_signed_in
def new() -> ResponseReturnValue:
    """Empty, or with the rights of another role, as far as the person at work may give them."""
    other = request.args.get("like", "")
    held = rights_of(other) & current_user.permissions if other else frozenset[str]()
    title = _("%(role)s, copy", role=role_name(other))[:60] if held else ""
    return _form(RoleForm(data={"title": title, "permissions": sorted(held)}), None)


@roles.post(HERE)
@needs("users:manage")
@freshly_signed_in
def create() -> ResponseReturnValue:
    form = RoleForm(request.form)
    try:
        if not form.validate():
            raise Refused
        with writing():
            name = _made(form)
    except Refused:
        return _form(form, None, status=422)
    return go(f"{HERE}/{name}", notice="role_saved")


def _made(form: RoleForm) -> str:
    try:
        return Role.make(*_filled(form), by=current_user, at=clock.now()).name
    except TakenTitle:
        form.title.errors = [_("Another role is called so.")]
    except Beyond:
        form.permissions.errors = [_("You may not give a right that you do not hold.")]
    raise Refused


def _filled(form: RoleForm) -> tuple[str, list[str]]:
    return form.title.data or "", form.permissions.data or []


@roles.get(f"{HERE}/<name>")
@needs("users:manage")
@freshly_signed_in
def show(name: str) -> ResponseReturnValue:
    """A role of the house, or one that the person at work may not change, to read; else the form."""
    role = db.session.get(Role, name)
    if role is not None and _changeable(role):
        return _form(RoleForm(data={"title": role.title, "permissions": role.permissions}), role)
    not_found_unless(role or ROLES.get(name))
    return page("admin/roles/show.html", name=name, groups=grouped(rights_of(name)), count=holders(name))


@roles.post(f"{HERE}/<name>")
@needs("users:manage")
@freshly_signed_in
def update(name: str) -> ResponseReturnValue:
    """Other rights hold from each holder's next request."""
    role, form = _changeable_role(name), RoleForm(request.form)
    try:
        if not form.validate():
            raise Refused
        with writing():
            _change(_changeable_role(name), form)
    except Refused:
        return _form(form, db.session.get(Role, role.name), status=422)
    return go(f"{HERE}/{name}", notice="role_saved")


def _change(role: Role, form: RoleForm) -> None:
    try:
        return role.change(*_filled(form), by=current_user, at=clock.now())
    except TakenTitle:
        form.title.errors = [_("Another role is called so.")]
    except LastOne:
        form.permissions.errors = [_("Nobody else could give all these rights. Make another admin first.")]
    except Beyond:
        form.permissions.errors = [_("You may not give a right that you do not hold.")]
    raise Refused


@roles.post(f"{HERE}/<name>/remove")
@needs("users:manage")
@freshly_signed_in
def remove(name: str) -> ResponseReturnValue:
    _changeable_role(name)
    try:
        with writing():
            _changeable_role(name).remove(by=current_user, at=clock.now())
    except RoleInUse:
        role = _changeable_role(name)
        form = RoleForm(data={"title": role.title, "permissions": role.permissions})
        form.form_errors = [_("People hold this role. Give them another one first.")]
        return _form(form, role, status=422)
    return go(HERE, notice="role_removed")


def _changeable(role: Role) -> bool:
    try:
        refuse_beyond(current_user, role.rights)
    except Beyond:
        return False
    return True


def _changeable_role(name: str) -> Role:
    """A made role; 404 where there is none, 403 for those of the house and for more rights than one holds."""
    role: Role | None = db.session.get(Role, name)
    not_found_unless(role or ROLES.get(name))
    if role is None or not _changeable(role):
        abort(403)
    return role


def _form(form: RoleForm, role: Role | None, *, status: int = 200) -> ResponseReturnValue:
    return page(
        "admin/roles/form.html",
        status=status,
        form=form,
        role=role,
        groups=grouped(current_user.permissions),
        count=holders(role.name) if role else 0,
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(roles)
