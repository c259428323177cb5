"""When a visit is due, said the same way on every screen."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g
from sqlalchemy import ColumnElement

from crmweb.accounts.working_days import COMPANY, Calendar
from crmweb.scope import principal

OVERDUE, TODAY, AHEAD, NONE = "overdue", "today", "ahead", "none"
DUE_STATES = (OVERDUE, TODAY, AHEAD)


@dataclass(frozen=True)
class Due:
    """A due date seen from a day: its state, and how many days lie between.

    What lies before `late_before` is overdue; what lies between it and today was due on a day off, and is due still.
    """

    state: str
    days: int = 0

    @classmethod
    def seen_from(cls, today: date, next_due: date | None, late_before: date) -> Due:
        if next_due is None:
            return cls(NONE)
        if next_due < late_before:
            return cls(OVERDUE, (today - next_due).days)
        return cls(AHEAD, (next_due - today).days) if next_due > today else cls(TODAY)


def late_before(today: date) -> date:
    """Whatever was due before this date is overdue today, by the working days of the person at work.

    Read once a request. Raises NoPrincipal when nobody is at work.
    """
    key = principal().viewer_id, today
    known: dict[tuple[uuid.UUID | None, date], date] = g.setdefault("late_before", {})
    if key not in known:
        known[key] = Calendar.of(key[0] or COMPANY, around=today).late_before(today)
    return known[key]


def by_state(due: Any, today: date) -> dict[str, ColumnElement[bool]]:
    """The states as conditions on a column of due dates."""
    late = late_before(today)
    return {OVERDUE: due < late, TODAY: due.between(late, today), AHEAD: due > today}
