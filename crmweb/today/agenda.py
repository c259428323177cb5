"""One person's day as it stands: what lies ahead, what is done, what still asks for a result."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import joinedload, selectinload

from crmweb.accounts.actor import Actor
from crmweb.customers.faces import Face, faces
from crmweb.db import db
from crmweb.geo import DETOUR, Point, haversine_m
from crmweb.reminders.models import Reminder
from crmweb.routes.plans import Day
from crmweb.visits.evidence import AT_THE_PLACE
from crmweb.visits.models import ESTIMATED, Visit

FORGOTTEN_FOR = timedelta(days=14)
"""So long a visit that ended by an estimate asks for its result."""


@dataclass(frozen=True)
class Ahead:
    """A stop that is still to be made: its number in the day, and metres from the stop before as the crow flies."""

    number: int
    face: Face
    leg_m: float | None


@dataclass(frozen=True)
class Done:
    """A visit of the day, with the number of its stop if it was one."""

    number: int | None
    visit: Row[Any]


class Agenda:
    """The plan of a day beside its visits, read in a fixed number of statements."""

    def __init__(self, who: Actor, day: date) -> None:
        self.who, self.day = who, day

    @cached_property
    def planned(self) -> list[uuid.UUID]:
        return Day(self.who.id, self.day).customer_ids()

    @cached_property
    def _visits(self) -> list[Row[Any]]:
        """Those of the day, and earlier ones that are open or lack a result; the earliest first."""
        lately = Visit.day >= self.day - FORGOTTEN_FOR
        asks = or_(Visit.ended_at.is_(None), (Visit.ended == ESTIMATED) & Visit.outcome.is_(None))
        mine = select(*_OF_A_VISIT).where(
            Visit.person_id == self.who.id, lately, or_(Visit.day == self.day, asks)
        )
        return list(db.session.execute(mine.order_by(Visit.started_at, Visit.id)))

    @cached_property
    def open(self) -> Row[Any] | None:
        """The visit one is at: the latest that nobody has ended."""
        there = [visit for visit in self._visits if visit.ended_at is None]
        return max(there, key=lambda visit: (visit.kind in AT_THE_PLACE, visit.started_at), default=None)

    @cached_property
    def resultless(self) -> list[Row[Any]]:
        """Visits whose end was estimated, and whose result nobody has told; calls that were left open too."""
        return [visit for visit in self._visits if visit.outcome is None and visit is not self.open]

    @cached_property
    def done(self) -> list[Done]:
        """The visits of the day that are over, in their order."""
        numbers = {customer_id: number for number, customer_id in enumerate(self.planned, 1)}
        over = [visit for visit in self._visits if visit.day == self.day and visit.ended_at is not None]
        return [Done(numbers.get(visit.customer_id), visit) for visit in over]

    @cached_property
    def ahead(self) -> list[Ahead]:
        """The stops still to be made, in their order; the legs begin where one was last."""
        visited = {visit.customer_id for visit in self._visits if visit.day == self.day}
        numbers = {customer_id: number for number, customer_id in enumerate(self.planned, 1)}
        left = faces([each for each in self.planned if each not in visited], self.day)
        stops, before = [], self._last_place
        for face in left:
            here = _place(face.lat, face.lng) if face.pin_flaw is None else None
            stops.append(
                Ahead(numbers[face.id], face, haversine_m(before, here) if before and here else None)
            )
            before = here or before
        return stops

    @property
    def _last_place(self) -> Point | None:
        today = [visit for visit in self._visits if visit.day == self.day]
        places = [place for visit in today if (place := _place(visit.lat, visit.lng))]
        return places[-1] if places else None

    @property
    def metres_left(self) -> float:
        """An estimate: the legs along the streets."""
        return sum(stop.leg_m or 0 for stop in self.ahead) * DETOUR

    @property
    def steps(self) -> list[str]:
        """Each planned stop as *done*, *here* or *ahead*."""
        over = {done.visit.customer_id for done in self.done}
        here = self.open.customer_id if self.open else None
        return ["here" if each == here else "done" if each in over else "ahead" for each in self.planned]

    @cached_property
    def reminders(self) -> list[Reminder]:
        """What is due until the end of the day."""
        midnight = datetime.combine(self.day + timedelta(days=1), datetime.min.time(), self.who.tzinfo)
        due = Reminder.open_of(self.who.id, before=midnight).options(
            selectinload(Reminder.customer), joinedload(Reminder.person), joinedload(Reminder.given_by)
        )
        return list(db.session.scalars(due.limit(50)))


_OF_A_VISIT = (
    Visit.id, Visit.customer_id, Visit.customer_name, Visit.kind, Visit.day, Visit.started_at, Visit.ended_at,
    Visit.ended, Visit.outcome, Visit.verdict, Visit.lat, Visit.lng, Visit.accuracy_m, Visit.distance_m,
    Visit.kind.in_(AT_THE_PLACE).label("at_the_place"),
)  # fmt: skip


def _place(lat: float | None, lng: float | None) -> Point | None:
    return Point(lat, lng) if lat is not None and lng is not None else None
