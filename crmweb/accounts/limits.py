"""How long a sign-in lasts. The one place that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from sqlalchemy import ColumnElement

from crmweb.accounts.policies import policy, said_by_company
from crmweb.accounts.policy_kinds import POLICIES, Value

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

    @classmethod
    def said(cls, idle_days: Value | None, absolute_days: Value | None) -> Self:
        """What `SAID` found; the defaults where the company says nothing."""
        idle, absolute = (
            each.default if value is None else value
            for each, value in zip(_POLICIES, (idle_days, absolute_days), strict=True)
        )
        return cls(idle=timedelta(days=int(idle)), absolute=timedelta(days=int(absolute)))

    def let_in(self, *, seen_at: datetime, begun_at: datetime, shared: bool, at: datetime) -> bool:
        """Whether a session is not over yet."""
        return seen_at > at - self.idle and begun_at > at - (self.shared if shared else self.absolute)


_POLICIES = POLICIES["session_idle_days"], POLICIES["session_absolute_days"]

SAID: tuple[ColumnElement[Any], ...] = tuple(said_by_company(each) for each in _POLICIES)
"""The two as columns of a statement that looks for a session anyway."""


def session_limits() -> Limits:
    """What the company says now, which holds for sessions that began before it did, too."""
    return Limits.said(*(policy(each.name) for each in _POLICIES))
