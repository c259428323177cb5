"""A visit to a teammate's customer: the people who look after them are told."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import force_locale, get_locale
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.languages import short_date
from crmweb.notifications import Delivery
from crmweb.visits.models import Visit

NEWS_FOR: Final = timedelta(days=7)
"""How long Today tells of it, and how late a mail about it may still arrive."""


class Helped(NamedTuple):
    """Somebody stood in at a customer of one's own."""

    visit_id: uuid.UUID
    customer_id: uuid.UUID
    customer_name: str
    visitor: str
    at: datetime


def helped_lately(person_id: uuid.UUID, since: datetime, *, most: int = 5) -> list[Helped]:
    """Who was at this person's customers since then without looking after them, the latest first; at most so many."""
    theirs = (
        Assignment.person_id == person_id,
        Assignment.started_at.is_not(None),
        Assignment.ended_at.is_(None),
    )
    visits = (
        select(Visit.id, Visit.customer_id, Visit.customer_name, User.name, Visit.started_at)
        .join(User, User.id == Visit.person_id)
        .join(Assignment, Assignment.customer_id == Visit.customer_id)
        .where(Visit.helper, Visit.started_at >= since, Visit.person_id != person_id, *theirs)
        .distinct()
        .order_by(Visit.started_at.desc())
        .limit(most)
    )
    return [Helped(*row) for row in db.session.execute(visits)]


def tell_its_people(visit: Visit, *, by: Actor, at: datetime) -> None:
    """A mail to each who looks after the customer and has an address, once a visit and person."""
    for person in {each.person_id: each.person for each in visit.customer.people}.values():
        if person.email and person.active and person.id != by.id:
            Delivery.file(
                dedupe=f"visit {visit.id} helped {person.id}", kind="email", recipient=person.email,
                payload=_mail(visit, by, person), at=at, stale_at=at + NEWS_FOR,
            )  # fmt: skip


def _mail(visit: Visit, by: Actor, person: User) -> dict[str, Any]:
    """In the reader's language; in the helper's where the reader has chosen none."""
    here = visit.started_at.astimezone(ZoneInfo(person.zone))
    address = f"{current_settings().public_url or ''}/customers/{visit.customer_id}"
    with force_locale(person.locale or str(get_locale())):
        told = {
            "name": by.name,
            "shop": visit.customer_name,
            "time": f"{here:%H:%M}",
            "day": short_date(here.date()),
        }
        text = _("%(name)s visited %(shop)s for you on %(day)s at %(time)s.", **told)
        return {
            "subject": _("%(name)s was at your shop %(shop)s", **told),
            "text": f"{text}\n\n{address}\n" if current_settings().public_url else f"{text}\n",
        }
