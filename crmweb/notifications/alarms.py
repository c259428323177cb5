"""What people hear of the door: that somebody came in by their name in a new browser, that a session was copied."""

from __future__ import annotations

import uuid
from datetime import datetime

from crmweb.accounts.alarms import device_joined, theft_noticed
from crmweb.accounts.models import User
from crmweb.accounts.words import device_name
from crmweb.languages import gettext as _
from crmweb.notifications.notices import Notice, Words, notice_kind

NEW_DEVICE = "session.new_device"
STOLEN = "session.stolen"
DEVICES = "/settings/devices"


def _joined(user: User, *, at: datetime, device: str, address: str, session_id: uuid.UUID) -> None:
    told = {"device": device, "address": address}
    Notice.file(
        user.id, NEW_DEVICE, dedupe=f"{NEW_DEVICE} {session_id}", payload=told, at=at, about_id=session_id
    )


def _stolen(user: User, *, at: datetime, device: str, session_id: uuid.UUID) -> None:
    told = {"device": device}
    Notice.file(user.id, STOLEN, dedupe=f"{STOLEN} {session_id}", payload=told, at=at, about_id=session_id)


def _new_device_words(notice: Notice) -> Words:
    told = {"device": device_name(notice.payload["device"]), "address": notice.payload["address"]}
    return Words(
        _("Somebody signed in as you on a new device"),
        _("%(device)s, from %(address)s. If that was not you, sign it out and change your password.", **told),
        DEVICES,
    )


def _stolen_words(notice: Notice) -> Words:
    return Words(
        _("Your sign-in was used from two places"),
        _(
            "On %(device)s it was ended. Sign in anew there. If you know of no second place, change your password.",
            device=device_name(notice.payload["device"]),
        ),
        DEVICES,
    )


def listen() -> None:
    """Hear from now on of the door."""
    notice_kind(NEW_DEVICE, wanted=lambda _notice: True, words=_new_device_words)
    notice_kind(STOLEN, wanted=lambda _notice: True, words=_stolen_words)
    device_joined.connect(_joined)
    theft_noticed.connect(_stolen)
