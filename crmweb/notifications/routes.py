"""How one is told: by which devices, in which order of channels, and when not."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Final

from flask import Blueprint, Flask, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.db import db, writing
from crmweb.languages import gettext as _
from crmweb.languages import language
from crmweb.notifications import words
from crmweb.notifications.channels import channels
from crmweb.notifications.choices import CHANNELS, Choices, NotificationChoices, choices_of
from crmweb.notifications.endpoints import BadEndpoint, Endpoint
from crmweb.notifications.forms import QuietHoursForm
from crmweb.notifications.inbox import inbox
from crmweb.notifications.models import Delivery
from crmweb.notifications.subscriptions import KEPT, RENEW, PushSubscription
from crmweb.web import NOTICES, go, needs, not_found_unless, page
from crmweb.web import Notice as Said

push = Blueprint("push", __name__, url_prefix="/settings/notifications")

A_TEST_IS_USEFUL_FOR: Final = timedelta(minutes=5)

NOTICES["quiet_saved"] = lambda _about: Said(_("Saved"))
NOTICES["channels_saved"] = lambda _about: Said(_("Saved"))
NOTICES["test_sent"] = lambda _about: Said(_("A test is on its way to your devices"))
NOTICES["push_removed"] = lambda _about: Said(_("That device gets no more notifications"))


@push.get("")
@needs("own:settings")
def show() -> ResponseReturnValue:
    return _page()


@push.get("/key")
@needs("own:settings")
def key() -> ResponseReturnValue:
    """For a browser that subscribes: the public half of the key by which push services know us."""
    from crmweb.notifications.vapid import vapid

    return {"key": vapid(current_settings()).public}


def _page(status: int = 200, quiet: QuietHoursForm | None = None) -> ResponseReturnValue:
    from crmweb.notifications.vapid import vapid

    choices = choices_of(current_user.id)
    return page(
        "notifications/settings.html",
        status=status,
        key=vapid(current_settings()).public,
        devices=PushSubscription.of(current_user.id, at=clock.now()),
        ways=_ways(choices),
        person=db.session.get_one(User, current_user.id),
        quiet=quiet or QuietHoursForm(obj=choices),
    )


def _ways(choices: Choices) -> list[str]:
    """The channels by which this person can be told, in their order."""
    person = db.session.get_one(User, current_user.id)
    has = {"push": True, "sms": bool(person.phone) and channels().carries("sms"), "email": bool(person.email)}
    return [channel for channel in _in_order(choices) if has[channel]]


def _in_order(choices: Choices) -> list[str]:
    return [*choices.channels, *(channel for channel in CHANNELS if channel not in choices.channels)]


@push.post("/channels")
@needs("own:settings")
def move_up() -> ResponseReturnValue:
    """One channel changes places with the one before it, among those that the person has."""
    choices, channel = choices_of(current_user.id), request.form.get("up", "")
    ways = _ways(choices)
    before = not_found_unless(ways[ways.index(channel) - 1] if channel in ways[1:] else None)
    with writing():
        order = _in_order(choices)
        order.insert(order.index(before), order.pop(order.index(channel)))
        NotificationChoices.set(
            current_user.id, Choices(tuple(order), choices.quiet_from, choices.quiet_until)
        )
    return go("/settings/notifications#channels", notice="channels_saved")


@push.post("/quiet")
@needs("own:settings")
def save_quiet() -> ResponseReturnValue:
    form = QuietHoursForm(request.form)
    if not form.validate():
        return _page(422, quiet=form)
    with writing():
        kept = choices_of(current_user.id)
        NotificationChoices.set(
            current_user.id, Choices(kept.channels, form.quiet_from.data, form.quiet_until.data)
        )
    return go("/settings/notifications#quiet", notice="quiet_saved")


# --- devices ----------------------------------------------------------------------------------------


@push.post("/devices")
@needs("own:settings")
def keep_device() -> ResponseReturnValue:
    """A browser says what it has, and hears what to do: nothing, make another subscription, or give it up."""
    from crmweb.notifications.vapid import vapid

    ours, theirs = vapid(current_settings()).public, request.form.get("key", "").rstrip("=")
    try:
        url, point, secret = (request.form.get(name, "") for name in ("endpoint", "p256dh", "auth"))
        endpoint = Endpoint.read(url, point, secret, current_settings().push_services)
    except BadEndpoint as wrong:
        return {"state": "refused", "reason": str(wrong)}, 422
    if theirs and theirs != ours:
        return {"state": RENEW, "key": ours}
    with writing():
        state = PushSubscription.keep(
            endpoint,
            person_id=current_user.id,
            session_id=current_user.session_id,
            key=ours if theirs else "",
            fresh="fresh" in request.form,
            at=clock.now(),
        )
    return {"state": state, "key": ours}, 201 if state == KEPT else 200


@push.post("/devices/end")
@needs("own:settings")
def end_this_device() -> ResponseReturnValue:
    """A browser gave up its subscription."""
    with writing():
        PushSubscription.end(request.form.get("endpoint", ""), person_id=current_user.id)
    return {"state": "off"}


@push.post("/devices/<uuid:id>/end")
@needs("own:settings")
def end_device(id: uuid.UUID) -> ResponseReturnValue:
    with writing():
        mine = select(PushSubscription).where(
            PushSubscription.id == id, PushSubscription.person_id == current_user.id
        )
        not_found_unless(db.session.scalar(mine)).remove()
    return go("/settings/notifications#devices", notice="push_removed")


@push.post("/test")
@needs("own:settings")
def send_test() -> ResponseReturnValue:
    """To every device, by the way that everything goes; said twice within a few seconds, once."""
    at = clock.now()
    with writing():
        for device in PushSubscription.of(current_user.id, at=at):
            Delivery.file(
                dedupe=f"push test {device.id} {int(at.timestamp()) // 10}",
                kind="push",
                recipient=device.id.hex,
                payload={**_test_words(), "person": current_user.id.hex},
                at=at,
                stale_at=at + A_TEST_IS_USEFUL_FOR,
                lane=f"push {device.host}",
            )
    return go("/settings/notifications#devices", notice="test_sent")


def _test_words() -> dict[str, str]:
    return {
        "title": _("A test from crmweb"),
        "body": _("This is how reminders will reach you here."),
        "path": "/settings/notifications",
        "tag": "test",
        "lang": language(),
    }


def init_app(app: Flask) -> None:
    words.init_app(app)
    app.register_blueprint(inbox)
    app.register_blueprint(push)
