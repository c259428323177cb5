"""What is held of what happened to a customer."""

from __future__ import annotations

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.timeline.models import Event


def init() -> None:
    hold(
        Event, _("Timeline"), customer=Part(of(Event.customer_id)),
        person=Part(of(Event.by_id), _("It is the customer's history.")),
    )  # fmt: skip
