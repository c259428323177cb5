"""The very first start: a one-time link, printed where the product was started, makes the first admin."""

from __future__ import annotations

import secrets
import uuid
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from sqlalchemy import LargeBinary, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import clock
from crmweb.accounts import door, passwords
from crmweb.accounts.forms import FirstAdminForm
from crmweb.accounts.models import User
from crmweb.accounts.roles import roles_with
from crmweb.accounts.sessions import token_hash
from crmweb.browser import shows_a_secret
from crmweb.db import Model, changed, db, new_id, writing
from crmweb.languages import language
from crmweb.scope import system_access
from crmweb.web import go, open_to_all, page

setting_up = Blueprint("setting_up", __name__)

LIFE: Final = timedelta(days=7)


class SetUpLink(Model):
    """The one link that makes the first admin; there is none once somebody can let people in."""

    __tablename__ = "set_up_links"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    token: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime]

    @classmethod
    def issue(cls, *, at: datetime) -> str | None:
        """A fresh one in place of any other; None where somebody can let people in already."""
        db.session.execute(delete(cls))
        if _somebody_is_there():
            return None
        token = secrets.token_urlsafe(32)
        db.session.add(cls(token=token_hash(token), expires_at=at + LIFE))
        return token

    @classmethod
    def opens(cls, token: str, *, at: datetime) -> bool:
        """Whether it would, without spending it."""
        found = select(cls.id).where(cls.token == token_hash(token), cls.expires_at > at)
        return db.session.scalar(found) is not None and not _somebody_is_there()

    @classmethod
    def spend(cls, token: str, *, at: datetime) -> bool:
        """Use it up; of two who come at once, one gets False."""
        good = (cls.token == token_hash(token), cls.expires_at > at)
        return changed(delete(cls).where(*good)) == 1 and not _somebody_is_there()


def _somebody_is_there() -> bool:
    able = select(User.id).where(User.role.in_(roles_with("users:manage")), User.active)
    return db.session.scalar(able.limit(1)) is not None


@setting_up.get("/setup/<token>")
@open_to_all
def show(token: str) -> ResponseReturnValue:
    return _shown(token, FirstAdminForm(), status=200 if SetUpLink.opens(token, at=clock.now()) else 410)


@setting_up.post("/setup/<token>")
@open_to_all
def use(token: str) -> ResponseReturnValue:
    form = FirstAdminForm(request.form)
    if not SetUpLink.opens(token, at=clock.now()):
        return _shown(token, form, status=410)
    if not form.validate():
        return _shown(token, form, status=422)
    fresh = passwords.hash_password(form.password.data or "")
    with system_access("first start"), writing():
        if SetUpLink.spend(token, at=clock.now()):
            return shows_a_secret(door.let_in(_first_admin(form, fresh), go("/welcome")))
    return _shown(token, form, status=410)


def _first_admin(form: FirstAdminForm, hashed: str) -> User:
    admin = User.add(form.name.data or "", role="admin", email=form.email.data, at=clock.now())
    admin.password_hash, admin.locale = hashed, language()
    return admin


def _shown(token: str, form: FirstAdminForm, *, status: int) -> ResponseReturnValue:
    return shows_a_secret(
        page("accounts/set_up.html", status=status, open=status != 410, token=token, form=form)
    )


def init_app(app: Flask) -> None:
    app.register_blueprint(setting_up)
