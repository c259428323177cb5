"""Every policy there is: what it is called, what it may say, and what holds where nobody said anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Value = int | bool | str
"""What a policy says: a whole number, yes or no, or one of a few words."""

Unit = Literal["m", "days"]

_WHOLE = re.compile(r"\s*(\d{1,6})\s*", re.ASCII)


class BadValue(ValueError):
    """What was typed cannot be what this policy says."""


@dataclass(frozen=True)
class Policy:
    """A trait of them all. `teams`: whether a team may have its own."""

    name: str
    default: Value
    teams: bool = False

    def read(self, text: str) -> Value:
        """What somebody typed or chose. Raises `BadValue`."""
        raise NotImplementedError

    def write(self, value: Value) -> str:
        """The value as `read` takes it."""
        return str(value)


@dataclass(frozen=True)
class Whole(Policy):
    """A whole number of a unit, from `least` to `most`."""

    least: int = 0
    most: int = 0
    unit: Unit = "days"

    def read(self, text: str) -> int:
        found = _WHOLE.fullmatch(text)
        if found is None or not self.least <= int(found[1]) <= self.most:
            raise BadValue(text)
        return int(found[1])


@dataclass(frozen=True)
class YesNo(Policy):
    """Yes or no."""

    def read(self, text: str) -> bool:
        if text not in ("yes", "no"):
            raise BadValue(text)
        return text == "yes"

    def write(self, value: Value) -> str:
        return "yes" if value else "no"


@dataclass(frozen=True)
class Choice(Policy):
    """One of a few words."""

    among: tuple[str, ...] = ()

    def read(self, text: str) -> str:
        if text not in self.among:
            raise BadValue(text)
        return text


NEVER: Final = "never"
DOUBTFUL: Final = "doubtful"
ALWAYS: Final = "always"
"""When a photo is asked for at the end of a visit."""

TIERS: Final = {"A": 14, "B": 30, "C": 60}
"""The tiers that come with the house, and the days between two visits to each where nobody said otherwise."""


def rhythm_of(tier: str) -> str:
    """The name of the policy that says how often a tier is visited."""
    return f"visit_days_{tier.lower()}"


AT_A_VISIT: Final = (
    Whole("radius_m", 150, teams=True, least=20, most=1000, unit="m"),
    YesNo("reason_when_away", False, teams=True),
    Choice("photo_needed", NEVER, teams=True, among=(NEVER, DOUBTFUL, ALWAYS)),
)
RHYTHMS: Final = tuple(Whole(rhythm_of(tier), days, least=1, most=730) for tier, days in TIERS.items())
AT_THE_DOOR: Final = (
    YesNo("mfa_needed", False),
    Whole("session_idle_days", 14, least=1, most=90),
    Whole("session_absolute_days", 90, least=1, most=365),
)
KEPT: Final = (
    Whole("location_days", 60, least=7, most=730),
    Whole("photo_days", 3650, least=30, most=3650),
)
POLICIES: Final[dict[str, Policy]] = {
    each.name: each for each in (*AT_A_VISIT, *RHYTHMS, *AT_THE_DOOR, *KEPT)
}
"""Name → policy, in the order of the pages. Those of the door and of what is kept hold for everybody alike: a team
must not be able to weaken them."""
