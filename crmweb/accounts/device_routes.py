"""The devices on which one is signed in."""

from __future__ import annotations

import uuid

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue
from flask_login import current_user

from crmweb import clock
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.web import NOTICES, Notice, go, needs, not_found_unless, page

devices = Blueprint("devices", __name__)

NOTICES["device_ended"] = lambda _about: Notice(_("That device is signed out"))
NOTICES["devices_ended"] = lambda _about: Notice(_("All other devices are signed out"))

HERE = "/settings/devices"


@devices.get(HERE)
@needs("own:settings")
def index() -> ResponseReturnValue:
    return page("accounts/devices.html", devices=DeviceSession.of(current_user.id, at=clock.now()))


@devices.post(f"{HERE}/<uuid:id>/end")
@needs("own:settings")
def end(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        device = db.session.get(DeviceSession, id)
        not_found_unless(device if device and device.user_id == current_user.id else None).end(at=clock.now())
    return go(HERE, notice="device_ended")


@devices.post(f"{HERE}/others/end")
@needs("own:settings")
def end_others() -> ResponseReturnValue:
    with writing():
        DeviceSession.end_all(current_user.id, at=clock.now(), but=current_user.session_id)
    return go(HERE, notice="devices_ended")


def init_app(app: Flask) -> None:
    app.register_blueprint(devices)
