"""The days on which a team works: its week, and the days off of the year."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    ForeignKey,
    Integer,
    String,
    UniqueConstraint,
    bindparam,
    cast,
    exists,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import straight
from crmweb.accounts.models import Oversight, User
from crmweb.audit import Audited
from crmweb.db import Model, db, new_id
from crmweb.straight import Straight

MONDAY_TO_SATURDAY = 0b0111111
"""Bit n is weekday n, Monday first. What holds where nobody said otherwise."""

COMPANY = uuid.UUID(int=0)

LOOKED_BACK = timedelta(days=60)
"""No holidays in a row are longer than this."""


class WorkingWeek(Audited, Model):
    """The weekdays of one team, or of the whole company where there is no `head_id`; its id is then `COMPANY`."""

    __tablename__ = "working_weeks"
    audited_as = "week"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    head_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), unique=True)
    weekdays: Mapped[int]

    @classmethod
    def set(cls, weekdays: Collection[int], *, head_id: uuid.UUID | None) -> None:
        """The team works on these weekdays (Monday is 0). Raises ValueError for none at all."""
        mask = sum(1 << day for day in set(weekdays) if 0 <= day <= 6)
        if not mask:
            raise ValueError("a team works on at least one day")
        week = db.session.get(cls, head_id or COMPANY)
        if week is None:
            db.session.add(cls(id=head_id or COMPANY, head_id=head_id, weekdays=mask))
        else:
            week.weekdays = mask


class DayOff(Audited, Model):
    """A day on which a team, or everybody, does not work."""

    __tablename__ = "days_off"
    audited_as = "day_off"
    __table_args__ = (UniqueConstraint("day", "head_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    head_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    day: Mapped[date] = mapped_column(Date)
    name: Mapped[str] = mapped_column(String(80), default="")

    @classmethod
    def add(cls, day: date, name: str, *, head_id: uuid.UUID | None) -> None:
        """Off on that day; said twice, the later name stands."""
        known = db.session.scalar(
            select(cls).where(cls.day == day, cls.head_id.is_not_distinct_from(head_id))
        )
        if known is None:
            db.session.add(cls(day=day, name=name, head_id=head_id))
        else:
            known.name = name

    @classmethod
    def remove(cls, day: date, *, head_id: uuid.UUID | None) -> None:
        known = select(cls).where(cls.day == day, cls.head_id.is_not_distinct_from(head_id))
        for day_off in db.session.scalars(known).all():
            db.session.delete(day_off)
        db.session.flush()


@dataclass(frozen=True)
class Calendar:
    """When one person works: a week, and the days off around a date."""

    weekdays: int = MONDAY_TO_SATURDAY
    days_off: frozenset[date] = frozenset()

    @classmethod
    def of(cls, person_id: uuid.UUID, *, around: date) -> Calendar:
        """The nearest week up the line of managers, and all days off up that line from 60 days before `around` on.

        One statement, since every screen that says what is overdue asks; a team with its own week costs more.
        """
        weeks: dict[uuid.UUID | None, int] = {}
        off: set[date] = set()
        for said in _SAID_FOR.rows(straight.connection(), person=person_id, since=around - LOOKED_BACK):
            if said.day_off is None:
                weeks[said.head_id] = said.weekdays
            else:
                off.add(said.day_off)
        return cls(_nearest(person_id, weeks), frozenset(off))

    def works(self, day: date) -> bool:
        return bool(self.weekdays >> day.weekday() & 1) and day not in self.days_off

    @lru_cache(1000)  # noqa: B019 - as few calendars as teams and days
    def late_before(self, today: date) -> date:
        """Whatever was due before this date is overdue today.

        Nothing turns overdue on a day off: what is due can be done until the end of the first working day from its
        date on, and it is late from the working day after that.
        """
        working = self._working_day_until(today)
        return self._working_day_until(working - timedelta(days=1)) + timedelta(days=1)

    def _working_day_until(self, day: date) -> date:
        """That day or the last working day before it."""
        earliest = day - LOOKED_BACK
        while not self.works(day) and day > earliest:
            day -= timedelta(days=1)
        return day


class _Said(NamedTuple):
    """What was said for a team, or for the company: its week, or a day off."""

    head_id: uuid.UUID | None
    weekdays: int
    day_off: date | None


def _said_for() -> CompoundSelect[Any]:
    """The weeks and the days off of everybody above a person, and of the company.

    Both tables are small: each row is asked whether its team is one of the person's.
    """

    def reaches(head_id: Any) -> ColumnElement[bool]:
        above = (Oversight.viewer_id == head_id, Oversight.person_id == bindparam("person"))
        return or_(head_id.is_(None), exists().where(*above))

    none: Any = null()
    weeks = select(WorkingWeek.head_id, WorkingWeek.weekdays, cast(none, Date))
    days = select(DayOff.head_id, cast(none, Integer), DayOff.day).where(DayOff.day >= bindparam("since"))
    both: list[Any] = [weeks.where(reaches(WorkingWeek.head_id)), days.where(reaches(DayOff.head_id))]
    return union_all(*both)


_SAID_FOR: Final = Straight(_said_for(), _Said)


def _nearest(person_id: uuid.UUID, weeks: dict[uuid.UUID | None, int]) -> int:
    head: uuid.UUID | None = person_id if weeks.keys() - {None} else None
    while head is not None and head not in weeks:
        head = db.session.scalar(select(User.manager_id).where(User.id == head))
    return weeks.get(head, MONDAY_TO_SATURDAY)
