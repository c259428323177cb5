"""When an account has been quiet for too long, said once for every list and every page.

Quiet since the last touch of any kind (`touches.py`), whoever it was of us; without one, since the person looks after
them. It is *too long* when more days have gone by than the tier allows between two visits:

    quiet_after  =  date of the last touch, where the person is  +  the tier's days
    too long     ⇔  quiet_after < late_before(today)

`late_before(today)` is today but after days off (`due.py`): nobody becomes too quiet over a Sunday or Tết. Without days
off the second line is: days since the last touch > the tier's days. Leads and former customers, those without a tier
and those put away have no `quiet_after`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement

from crmweb.customers.due import OVERDUE, Due, by_state


def an_interval_after(moment: datetime, every_days: int, zone: str) -> date:
    """So many days after the date that a moment had in that zone: the last on which silence is still all right."""
    return moment.astimezone(ZoneInfo(zone)).date() + timedelta(days=every_days)


def is_too_quiet(column: Any, today: date) -> ColumnElement[bool]:
    """The same question as a condition on a column of `quiet_after`. Raises NoPrincipal when nobody is at work."""
    return by_state(column, today)[OVERDUE]


class Quiet(NamedTuple):
    """The silence of one account: days since the last touch (None: never one), those allowed, and whether it is long.

    `days_over`: by how many days too long.
    """

    days: int | None
    every_days: int | None
    too_long: bool
    days_over: int

    @classmethod
    def seen_from(
        cls,
        today: date,
        *,
        last_touch: datetime | None,
        after: date | None,
        every_days: int | None,
        late_before: date,
        zone: str,
    ) -> Quiet:
        """Seen on somebody's date of today; `after` is the account's `quiet_after`."""
        since = last_touch.astimezone(ZoneInfo(zone)).date() if last_touch else None
        seen = Due.seen_from(today, after, late_before)
        too_long = seen.state == OVERDUE
        days = max((today - since).days, 0) if since else None
        return cls(days, every_days, too_long, seen.days if too_long else 0)
