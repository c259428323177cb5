"""What leaves the house: the ledger of deliveries and the channels that carry them."""

from __future__ import annotations

from flask import Flask

from crmweb.notifications import metrics, setting_out
from crmweb.notifications.channels import Channels
from crmweb.notifications.email import Email
from crmweb.notifications.models import Delivery
from crmweb.notifications.notices import Action, Notice, Words, notice_kind

__all__ = ["Action", "Delivery", "Notice", "Words", "init_app", "notice_kind"]


def init_app(app: Flask) -> None:
    """Give ``app`` its channels, and notices their way out."""
    metrics.watch()
    setting_out.listen()
    settings = app.extensions["settings"]
    app.extensions["channels"] = Channels({"email": Email(settings.mail_url, settings.mail_from)})
