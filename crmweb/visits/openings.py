"""The visit that somebody has open now: what stands on top of pages until it is finished."""

from __future__ import annotations

import uuid
from datetime import date

from sqlalchemy import select

from crmweb.db import db
from crmweb.visits.evidence import AT_THE_PLACE
from crmweb.visits.models import Visit


def open_visit_at(customer_id: uuid.UUID, person_id: uuid.UUID) -> Visit | None:
    """This person's open visit there, a call too; the latest of several."""
    theirs = (Visit.person_id == person_id, Visit.ended_at.is_(None), Visit.customer_id == customer_id)
    return db.session.scalar(select(Visit).where(*theirs).order_by(Visit.started_at.desc()).limit(1))


def open_visit_of(person_id: uuid.UUID) -> Visit | None:
    """Where this person is now; calls aside."""
    here = (Visit.person_id == person_id, Visit.ended_at.is_(None), Visit.kind.in_(AT_THE_PLACE))
    return db.session.scalar(select(Visit).where(*here).order_by(Visit.started_at.desc()).limit(1))


def where_open(person_id: uuid.UUID) -> set[uuid.UUID]:
    """Customers at whom this person has visits open; calls aside."""
    here = (Visit.person_id == person_id, Visit.ended_at.is_(None), Visit.kind.in_(AT_THE_PLACE))
    return set(db.session.scalars(select(Visit.customer_id).where(*here)))


def visited_on(person_id: uuid.UUID, day: date) -> set[uuid.UUID]:
    """Whom this person has visited on that day, or is with now."""
    theirs = select(Visit.customer_id).where(Visit.person_id == person_id, Visit.day == day)
    return set(db.session.scalars(theirs))
