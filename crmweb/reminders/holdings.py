"""What is held of reminders and promises."""

from __future__ import annotations

from crmweb.holdings import Part, hold, of
from crmweb.languages import lazy_gettext as _
from crmweb.reminders.models import Reminder


def init() -> None:
    whose = of(Reminder.person_id, Reminder.given_by_id, Reminder.created_by_id, Reminder.done_by_id)
    hold(
        Reminder, _("Reminders"), customer=Part(of(Reminder.customer_id)),
        person=Part(whose, _("Others work with them.")),
    )  # fmt: skip
