"""What Nearby says of a customer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple, Self
from uuid import UUID

from crmweb.accounts.actor import Actor
from crmweb.customers.due import Due
from crmweb.customers.words import days_since
from crmweb.languages import distance_in, language, ngettext
from crmweb.nearby.neighbours import Codec, Neighbour, Stored, Told
from crmweb.templating import Kept
from crmweb.winds import Direction

WALKING_M_A_MINUTE = 75
WALKABLE_M = 2_000


class Row(NamedTuple):
    """All but how far: that changes with every step, and the rest is kept ready (`templating.Kept`)."""

    id: UUID
    name: str
    phone: str | None
    email: str | None
    tier: str | None
    status: str
    lat: float
    lng: float
    direction: Direction
    due: Due
    days_since_visit: int | None
    every_days: int | None
    responsible: str | None


class Sight(NamedTuple):
    """What else decides what a row says: the day, where whoever looks is, their name, and whether they plan visits."""

    today: date
    late: date
    zone: str
    own_name: str
    plans: bool

    @classmethod
    def of(cls, who: Actor, today: date, late: date) -> Self:
        return cls(today, late, who.zone, who.name, who.may("visits:write"))

    def row(self, told: Told, direction: Direction) -> Row:
        """A neighbour as the list tells of it. One's own name in each row would say nothing."""
        return Row(
            told.customer_id, told.name, told.phone, told.email, told.tier, told.status, told.lat, told.lng,
            direction, Due.seen_from(self.today, told.next_due, self.late),
            days_since(told.last_visit_at, self.today, self.zone),
            told.every_days if told.next_due else None,
            told.responsible if told.responsible != self.own_name else None,
        )  # fmt: skip


def _tells(stored: Stored, direction: Direction, codec: Codec, sight: Sight) -> dict[str, Any]:
    return {"row": sight.row(Told.of(stored, codec), direction), "plans": sight.plans}


_ROW, _NEAREST = Kept("nearby/_row.html", _tells), Kept("nearby/_nearest.html", _tells)


def in_a_list(found: Sequence[Neighbour], sight: Sight) -> bytes:
    """One row each."""
    if not found:
        return b""
    row, spoken = _ROW.here(found[0].codec, sight), language()
    pieces: list[bytes] = []
    for near in found:
        far = near.distance_m
        pieces += row(near.stored, near.direction).pieces(
            {"metres": b"%d" % round(far), "distance": distance_in(spoken, far).encode()}
        )
    return b"".join(pieces)


def as_the_nearest(near: Neighbour, sight: Sight) -> bytes:
    """The first, larger: where next, and how."""
    far, spoken = near.distance_m, language()
    said = {
        "metres": b"%d" % round(far),
        "distance": distance_in(spoken, far).encode(),
        "on_foot": _on_foot(minutes_on_foot(far), spoken),
    }
    return b"".join(_NEAREST.here(near.codec, sight)(near.stored, near.direction).pieces(said))


@cache
def _on_foot(minutes: int | None, _language: str) -> bytes:
    words = " · " + ngettext("%(num)s min on foot", "%(num)s min on foot", minutes) if minutes else ""
    return words.encode()


def minutes_on_foot(distance_m: float) -> int | None:
    """None where nobody would walk."""
    return max(1, round(distance_m / WALKING_M_A_MINUTE)) if distance_m <= WALKABLE_M else None
