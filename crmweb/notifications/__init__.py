"""What leaves the house: the ledger of deliveries and the channels that carry them."""

from __future__ import annotations

from flask import Flask

from crmweb.notifications.channels import Channels
from crmweb.notifications.email import Email
from crmweb.notifications.models import Delivery

__all__ = ["Delivery", "init_app"]


def init_app(app: Flask) -> None:
    """Give ``app`` its channels."""
    settings = app.extensions["settings"]
    app.extensions["channels"] = Channels({"email": Email(settings.mail_url, settings.mail_from)})
