"""On which days a route runs: its weekdays, in every, odd or even weeks.

Weeks are those of ISO 8601, whose number stands in wall calendars: they begin on Monday, and a year of 53 weeks is
followed by week 1, so that two odd weeks come one after the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

EVERY, ODD, EVEN = "every", "odd", "even"
WEEKS = (EVERY, ODD, EVEN)

FAR_AHEAD = 7 * 8
"""Days within which every route runs at least once, holidays aside: an even Sunday after a year of 53 weeks."""


@dataclass(frozen=True)
class Rhythm:
    """Weekdays as bits, Monday first, and which weeks."""

    weekdays: int
    weeks: str = EVERY

    def runs_on(self, day: date) -> bool:
        """Whether the route runs on that day, days off aside."""
        return bool(self.weekdays >> day.weekday() & 1) and self._in_week(day)

    def _in_week(self, day: date) -> bool:
        return self.weeks == EVERY or (day.isocalendar().week % 2 == 1) == (self.weeks == ODD)

    def days(self, since: date, *, off: frozenset[date] = frozenset()) -> Iterator[date]:
        """The days on which it runs, from `since` on; on a day off it does not."""
        for ahead in range(FAR_AHEAD):
            day = since + timedelta(days=ahead)
            if day not in off and self.runs_on(day):
                yield day

    def next_day(self, since: date, *, off: frozenset[date] = frozenset()) -> date | None:
        """The first of them; None for a route without weekdays."""
        return next(islice(self.days(since, off=off), 1), None)
