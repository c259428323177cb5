"""An admin looks as somebody else."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask, abort
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.previews import Preview
from crmweb.accounts.proof import freshly_signed_in
from crmweb.admin.users import HERE, changeable_user
from crmweb.db import writing
from crmweb.web import go, needs

preview = Blueprint("preview", __name__)


@preview.post(f"{HERE}/<uuid:id>/preview")
@needs("users:manage")
@freshly_signed_in
def begin(id: uuid.UUID) -> ResponseReturnValue:
    changeable_user(id)
    try:
        with writing():
            Preview.begin(changeable_user(id), by=current_user, at=clock.now())
    except ValueError:
        abort(409)
    return go("/")


def init_app(app: Flask) -> None:
    app.register_blueprint(preview)
