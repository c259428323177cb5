"""A visit to a teammate's customer: the people who look after them are told."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from flask_babel import get_locale
from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.languages import short_date
from crmweb.notifications import Notice, Words, notice_kind
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
    """Each who looks after the customer hears of it, once a visit."""
    told = {"name": by.name, "shop": visit.customer_name, "started_at": visit.started_at.isoformat()}
    for person_id in {each.person_id for each in visit.customer.people if each.person.active} - {by.id}:
        Notice.file(
            person_id, "visit.helped", dedupe=f"visit {visit.id} helped {person_id}", payload=told, at=at,
            about_id=visit.id, customer_id=visit.customer_id, locale=str(get_locale()),
        )  # fmt: skip


def _still_theirs(notice: Notice) -> bool:
    """Whoever handed the customer over meanwhile need not hear of it."""
    theirs = (
        Assignment.customer_id == notice.customer_id,
        Assignment.person_id == notice.person_id,
        Assignment.started_at.is_not(None),
        Assignment.ended_at.is_(None),
    )
    return db.session.scalar(select(Assignment.id).where(*theirs).limit(1)) is not None


def _words(notice: Notice) -> Words:
    here = datetime.fromisoformat(notice.payload["started_at"]).astimezone(ZoneInfo(notice.person.zone))
    told = {**notice.payload, "time": f"{here:%H:%M}", "day": short_date(here.date())}
    return Words(
        _("%(name)s was at your shop %(shop)s", **told),
        _("%(name)s visited %(shop)s for you on %(day)s at %(time)s.", **told),
        f"/customers/{notice.customer_id}",
    )


def listen() -> None:
    """Say what a notice of a helper's visit means."""
    notice_kind("visit.helped", wanted=_still_theirs, words=_words, useful_for=NEWS_FOR)
