"""What a phone's position says about a check-in: evidence, never proof.

*On site* if distance + accuracy ≤ radius, *away* if distance − accuracy > radius, else *unproven* with its reason.
Distances and accuracies are metres; an accuracy is the radius of 68% confidence, as browsers tell it (W3C Geolocation
API, `accuracy`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple

from crmweb.accounts.policy_kinds import POLICIES
from crmweb.geo import Point, haversine_m

ON_SITE: Final = "on_site"
AWAY: Final = "away"
UNPROVEN: Final = "unproven"
VERDICTS: Final = (ON_SITE, AWAY, UNPROVEN)

Reason = Literal[
    "not_shared", "no_fix", "old_fix", "nowhere", "no_accuracy", "too_fast", "no_pin", "own_pin", "imprecise"
]
WITHOUT_DOUBT: Final = ("no_pin", "own_pin")
"""Reasons that say nothing of the visitor: they stay out of Review."""

NOT_YET: Final = ("not_shared", "no_fix", "old_fix", "nowhere")
"""Reasons for which a better fix may still come and be judged."""

RADIUS_M: Final = int(POLICIES["radius_m"].default)
"""Metres around the pin that count as being there, where nobody said otherwise."""

EARLIEST, LATEST = timedelta(seconds=-30), timedelta(minutes=3)
"""When a fix may have been taken, from the check-in on; outside of it, it is no evidence for it."""

FASTEST_KMH: Final = 900
"""An airliner. Whoever was faster since the last check-in was not at one of the two."""

CLOSE_FIX_M: Final = 30
"""The accuracy in metres from which a fix is good enough to propose a pin."""


@dataclass(frozen=True, slots=True)
class Fix:
    """Where a phone says it was: metres of accuracy, and the moment by its own clock, as far as it told them."""

    at: Point
    accuracy_m: float | None
    taken_at: datetime | None

    def belongs_to(self, started_at: datetime) -> bool:
        """Whether it was taken at the check-in: from 30 s before to 3 min after. One without a time came with it."""
        return self.taken_at is None or EARLIEST <= self.taken_at - started_at <= LATEST

    @property
    def is_close(self) -> bool:
        return self.accuracy_m is not None and self.accuracy_m <= CLOSE_FIX_M and self.at.flaw is None


class Verdict(NamedTuple):
    """How a check-in is judged; `distance_m` from the pin, where both places are known."""

    verdict: str
    reason: Reason | None
    distance_m: float | None


def judge(
    fix: Fix | None,
    *,
    pin: Point | None,
    own_pin: bool,
    started_at: datetime,
    radius_m: float = RADIUS_M,
    speed_kmh: float | None = None,
    shared: bool = True,
) -> Verdict:
    """The verdict on a check-in. `own_pin`: the visitor put it there; `speed_kmh` since their check-in before;
    `shared`: they let their phone tell where it is.
    """
    if fix is None:
        return Verdict(UNPROVEN, "no_fix" if shared else "not_shared", None)
    distance = haversine_m(pin, fix.at) if pin else None
    reason = _hindrance(fix, pin, own_pin, started_at, speed_kmh)
    if reason is not None or distance is None or fix.accuracy_m is None:
        return Verdict(UNPROVEN, reason, distance)
    if distance + fix.accuracy_m <= radius_m:
        return Verdict(ON_SITE, None, distance)
    if distance - fix.accuracy_m > radius_m:
        return Verdict(AWAY, None, distance)
    return Verdict(UNPROVEN, "imprecise", distance)


def _hindrance(
    fix: Fix, pin: Point | None, own_pin: bool, started_at: datetime, speed_kmh: float | None
) -> Reason | None:
    """Why a fix proves nothing, however near it is."""
    if not fix.belongs_to(started_at):
        return "old_fix"
    if fix.at.flaw is not None:
        return "nowhere"
    if pin is None:
        return "no_pin"
    if own_pin:
        return "own_pin"
    if fix.accuracy_m is None:
        return "no_accuracy"
    if speed_kmh is not None and speed_kmh > FASTEST_KMH:
        return "too_fast"
    return None
