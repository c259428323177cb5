"""Finding the reminder of an address, for the person at work."""

from __future__ import annotations

import uuid

from flask import abort, request
from flask_login import current_user
from sqlalchemy import select

from crmweb.accounts.models import Oversight
from crmweb.db import db
from crmweb.reminders.models import Reminder
from crmweb.web import local_path, not_found_unless


def found_reminder(id: uuid.UUID) -> Reminder:
    """404 for what one cannot see."""
    found: Reminder = not_found_unless(db.session.scalar(select(Reminder).where(Reminder.id == id)))
    return found


def own_reminder(id: uuid.UUID) -> Reminder:
    """One's own, or of somebody below. 403 for what one only sees because one sees its customer."""
    reminder = found_reminder(id)
    if not may_change(reminder):
        abort(403)
    return reminder


def may_change(reminder: Reminder) -> bool:
    """Whether it is one's own work, or that of somebody below; a tick is open to whoever sees it."""
    everything: bool = current_user.may("customers:read:all")
    return everything or Oversight.covers(current_user.id, reminder.person_id)


def asked_back() -> str:
    """Where one came from, as the form or the address says; nothing where neither does."""
    sent = request.values.get("back")
    return local_path(sent) if sent else ""
