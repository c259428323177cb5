"""How long a sign-in lasts. The one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from crmweb.accounts.policies import policy

IDLE = timedelta(days=14)
ABSOLUTE = timedelta(days=90)
ON_A_SHARED_DEVICE = timedelta(hours=12)

HANDS_IN_FOR = timedelta(days=30)
"""So long after somebody left their phone may hand in what it still holds: as far back as a queued write is judged."""


@dataclass(frozen=True)
class Limits:
    """After `idle` without a request, and `absolute` after its sign-in, a session is over; `shared` is the latter
    for a device that others use, too.
    """

    idle: timedelta = IDLE
    absolute: timedelta = ABSOLUTE
    shared: timedelta = ON_A_SHARED_DEVICE


def session_limits() -> Limits:
    """What the company says now, which holds for sessions that began before it did, too."""
    return Limits(
        idle=timedelta(days=int(policy("session_idle_days"))),
        absolute=timedelta(days=int(policy("session_absolute_days"))),
    )
