"""What leaves the house: the ledger of deliveries and the channels that carry them."""

from __future__ import annotations

from functools import cached_property

from flask import Flask

from crmweb import outgoing
from crmweb.notifications import alarms, metrics, push_answers, setting_out, ways_in
from crmweb.notifications.channels import Channel, Channels, Message
from crmweb.notifications.email import Email
from crmweb.notifications.models import Delivery
from crmweb.notifications.notices import Action, Notice, Words, notice_kind
from crmweb.notifications.sms import Sms

__all__ = ["Action", "Delivery", "Notice", "Words", "init_app", "notice_kind"]


def init_app(app: Flask) -> None:
    """Give ``app`` its channels, and notices their way out."""
    metrics.watch()
    setting_out.listen()
    push_answers.listen()
    ways_in.listen()
    alarms.listen()
    settings = app.extensions["settings"]
    files = settings.home / "mail" if settings.env != "production" else None
    mail = Email(settings.mail_url, settings.mail_from, files=files)
    app.extensions["channels"] = Channels({"email": mail, "push": _PushWhenNeeded(app)})
    if settings.sms_url:
        sms = Sms(settings, app.extensions["outgoing"])
        app.extensions["channels"].register("sms", sms)
        if sms.inside:
            outgoing.allow_inside(app, sms.inside)
    for service in settings.push_services:
        if service.startswith("http://"):
            outgoing.allow_inside(app, service)


class _PushWhenNeeded:
    """What encrypts takes 15 MB of memory: only a process that pushes loads it."""

    def __init__(self, app: Flask) -> None:
        self._app = app

    @cached_property
    def _push(self) -> Channel:
        from crmweb.notifications.push import Push

        return Push(self._app.extensions["settings"], self._app.extensions["outgoing"])

    def send(self, message: Message) -> None:
        """See ``Channel.send``."""
        self._push.send(message)
