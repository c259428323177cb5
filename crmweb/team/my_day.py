"""One person's day as they look back on it: visits, promises, and every place that they shared."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from crmweb.customers.models import Customer
from crmweb.customers.proposals import PIN, Proposal
from crmweb.db import db
from crmweb.geo import Point
from crmweb.notes.models import Note
from crmweb.reminders.models import Reminder
from crmweb.team.days import PersonDay, person_day
from crmweb.team.kilometres import estimated_m, place_of
from crmweb.visits.models import Visit

Places = dict[uuid.UUID, tuple[str, Point | None]]
"""By customer, as far as they are in sight: the name, and the pin where it stands for a place."""


@dataclass(frozen=True)
class SharedPoint:
    """One place that a phone told, when, to how many metres, and at which customer. `kind` as pins are drawn.

    `coarse`: it is so old that it is kept to about 1 km only.
    """

    id: str
    lat: float
    lng: float
    accuracy_m: float | None
    at: datetime
    name: str
    verdict: str | None
    coarse: bool


@dataclass(frozen=True)
class MyDay:
    """A day looked back on. `names` are those of customers still in sight."""

    on: date
    day: PersonDay
    names: dict[uuid.UUID, str]
    metres: float
    points: Sequence[SharedPoint]
    notes: Sequence[tuple[Note, str]]
    reminders: Sequence[tuple[Reminder, str | None]]

    @classmethod
    def of(cls, person_id: uuid.UUID, day: date, zone: str) -> MyDay:
        """The day of that date where the person is."""
        found = person_day(person_id, day)
        places = _places({*found.plan.customer_ids, *(visit.customer_id for visit in found.visits)})
        begin, end = bounds(day, zone)
        return cls(
            day, found, {each: name for each, (name, _) in places.items()}, _metres(found.visits, places),
            _points(person_id, found.visits, begin, end), _notes(person_id, found.visits, begin, end),
            _reminders(person_id, begin, end),
        )  # fmt: skip


def bounds(day: date, zone: str) -> tuple[datetime, datetime]:
    """The first moment of a date somewhere, and that of the next; 23 or 25 hours where the clocks change."""
    first, after = (
        datetime.combine(each, time(), ZoneInfo(zone)).astimezone(UTC)
        for each in (day, day + timedelta(days=1))
    )
    return first, after


def _places(ids: set[uuid.UUID]) -> Places:
    columns = (Customer.id, Customer.name, Customer.lat, Customer.lng, Customer.pin_flaw)
    return {
        each: (name, Point(lat, lng) if lat is not None and lng is not None and not flaw else None)
        for each, name, lat, lng, flaw in db.session.execute(select(*columns).where(Customer.id.in_(ids)))
    }


def _metres(visits: Sequence[Visit], places: Places) -> float:
    pins = {each: pin for each, (_, pin) in places.items()}
    gone_to = (place_of(visit, pins.get(visit.customer_id)) for visit in visits)
    return estimated_m(place for place in gone_to if place is not None)


def _points(
    person_id: uuid.UUID, visits: Sequence[Visit], begin: datetime, end: datetime
) -> list[SharedPoint]:
    """Every place of the day: of check-ins, used or not, and of pins that were proposed apart from them."""
    points = [
        SharedPoint(
            f"point-{visit.id}", visit.lat, visit.lng, visit.accuracy_m, visit.fixed_at or visit.started_at,
            visit.customer_name, visit.verdict, visit.rounded_at is not None,
        )
        for visit in visits
        if visit.lat is not None and visit.lng is not None
    ]  # fmt: skip
    proposed = select(Proposal).where(
        Proposal.by_id == person_id, Proposal.kind == PIN, Proposal.at >= begin, Proposal.at < end,
        Proposal.lat.is_not(None),
    ).options(joinedload(Proposal.customer))  # fmt: skip
    told = {visit.id for visit in visits}
    for each in db.session.scalars(proposed).unique():
        if each.cause_id not in told and each.lat is not None and each.lng is not None:
            name, coarse = each.customer.name, each.rounded_at is not None
            points.append(
                SharedPoint(
                    f"point-{each.id}", each.lat, each.lng, each.accuracy_m, each.at, name, None, coarse
                )
            )
    return sorted(points, key=lambda point: point.at)


def _notes(
    person_id: uuid.UUID, visits: Sequence[Visit], begin: datetime, end: datetime
) -> list[tuple[Note, str]]:
    """What was written down apart from visits, with the customer's name."""
    of_visits = {visit.note_id for visit in visits}
    written = (
        select(Note, Customer.name)
        .join(Customer, Customer.id == Note.customer_id)
        .where(Note.by_id == person_id, Note.at >= begin, Note.at < end)
        .options(joinedload(Note.voice))
        .order_by(Note.at)
    )
    return [(note, name) for note, name in db.session.execute(written).unique() if note.id not in of_visits]


def _reminders(person_id: uuid.UUID, begin: datetime, end: datetime) -> list[tuple[Reminder, str | None]]:
    """What was promised or is to be remembered since that day, with the customer's name where there is one."""
    made = (
        select(Reminder, Customer.name)
        .outerjoin(Customer, Customer.id == Reminder.customer_id)
        .where(
            Reminder.created_by_id == person_id, Reminder.created_at >= begin, Reminder.created_at < end,
            Reminder.dropped_at.is_(None),
        )
        .order_by(Reminder.due_at, Reminder.id)
    )  # fmt: skip
    return [(reminder, name) for reminder, name in db.session.execute(made).unique()]
