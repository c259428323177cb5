"""Whom somebody met at a customer, and when that was last."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import func, select

from crmweb.db import db
from crmweb.visits.attendance import Attendee
from crmweb.visits.models import Visit


def last_met(customer_id: uuid.UUID) -> dict[uuid.UUID, datetime]:
    """By contact: when the last visit began at which they were; calls with them count too."""
    asked = (
        select(Attendee.contact_id, func.max(Visit.started_at).label("at"))
        .join(Visit, Visit.id == Attendee.visit_id)
        .where(Attendee.customer_id == customer_id)
        .group_by(Attendee.contact_id)
    )
    return {row.contact_id: row.at for row in db.session.execute(asked)}
