"""When a visit is due, said the same way on every screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

OVERDUE, TODAY, AHEAD, NONE = "overdue", "today", "ahead", "none"
DUE_STATES = (OVERDUE, TODAY, AHEAD)


@dataclass(frozen=True)
class Due:
    """A due date seen from a day: its state, and how many days lie between."""

    state: str
    days: int = 0

    @classmethod
    def seen_from(cls, today: date, next_due: date | None) -> Due:
        if next_due is None:
            return cls(NONE)
        days = (next_due - today).days
        if days < 0:
            return cls(OVERDUE, -days)
        return cls(AHEAD, days) if days else cls(TODAY)
