"""When many people work, in as few questions as for one."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import select

from crmweb.accounts.models import Oversight, User
from crmweb.accounts.working_days import LOOKED_BACK, MONDAY_TO_SATURDAY, Calendar, DayOff, WorkingWeek
from crmweb.db import db

Above = dict[uuid.UUID, set[uuid.UUID]]
"""By person: themself and everyone who sees their work."""


def calendars_of(person_ids: Collection[uuid.UUID], *, around: date) -> dict[uuid.UUID, Calendar]:
    """What `Calendar.of` says of each of them; four questions, however many they are."""
    above = _above(person_ids)
    everyone = set().union(*above.values())
    managers = _managers(everyone)
    weeks = {week.head_id: week.weekdays for week in db.session.scalars(select(WorkingWeek))}
    off: dict[uuid.UUID | None, set[date]] = defaultdict(set)
    for day_off in db.session.scalars(select(DayOff).where(DayOff.day >= around - LOOKED_BACK)):
        off[day_off.head_id].add(day_off.day)
    return {
        person: Calendar(
            _week(person, managers, weeks),
            frozenset(off[None].union(*(off[head] for head in heads if head in off))),
        )
        for person, heads in above.items()
    }


def _above(person_ids: Collection[uuid.UUID]) -> Above:
    found: Above = {person: {person} for person in person_ids}
    rows = db.session.execute(
        select(Oversight.person_id, Oversight.viewer_id).where(Oversight.person_id.in_(person_ids))
    )
    for person, viewer in rows:
        found[person].add(viewer)
    return found


def _managers(people: Collection[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID | None]:
    rows = db.session.execute(select(User.id, User.manager_id).where(User.id.in_(people)))
    return {row.id: row.manager_id for row in rows}


def _week(
    person: uuid.UUID, managers: dict[uuid.UUID, uuid.UUID | None], weeks: dict[uuid.UUID | None, int]
) -> int:
    """That of the nearest head who has one, else the company's."""
    head: uuid.UUID | None = person
    while head is not None and head not in weeks:
        head = managers.get(head)
    return weeks.get(head, MONDAY_TO_SATURDAY)
