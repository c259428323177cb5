"""When customers may be written to: between eight and eight, on working days of whoever writes."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from crmweb.accounts.working_days import Calendar

OPENS: Final = time(8)
CLOSES: Final = time(20)
LOOKED_AHEAD: Final = 60
"""Days; no holidays in a row are longer."""


def next_opening(moment: datetime, *, person_id: uuid.UUID, zone: str) -> datetime:
    """The moment itself where it lies in the window, else when the window opens next."""
    here = moment.astimezone(ZoneInfo(zone))
    calendar = Calendar.of(person_id, around=here.date())
    if calendar.works(here.date()) and OPENS <= here.time() < CLOSES:
        return moment
    day = here.date() if here.time() < CLOSES else here.date() + timedelta(days=1)
    for _ in range(LOOKED_AHEAD):
        if calendar.works(day):
            break
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, ZoneInfo(zone))
