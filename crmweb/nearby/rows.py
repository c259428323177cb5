"""What Nearby says of a customer."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple
from uuid import UUID

from crmweb.accounts.actor import Actor
from crmweb.customers.due import Due, late_before
from crmweb.customers.words import days_since
from crmweb.geo import Direction
from crmweb.nearby.neighbours import Neighbour

WALKING_M_A_MINUTE = 75
WALKABLE_M = 2_000


class Row(NamedTuple):
    """All but how far: that changes with every step, and the rest is kept ready (`templating.kept`)."""

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


class Near(NamedTuple):
    """A row, and how far it is."""

    row: Row
    distance_m: float

    @property
    def metres(self) -> int:
        return round(self.distance_m)

    @property
    def minutes_on_foot(self) -> int | None:
        """None where nobody would walk."""
        if self.distance_m > WALKABLE_M:
            return None
        return max(1, round(self.distance_m / WALKING_M_A_MINUTE))

    @classmethod
    def seen_by(cls, who: Actor, found: Neighbour, *, today: date) -> Near:
        """A neighbour as the list tells of it. One's own name in each row would say nothing."""
        row = Row(
            found.customer_id, found.name, found.phone, found.email, found.tier, found.status, found.lat, found.lng,
            found.direction, Due.seen_from(today, found.next_due, late_before(today)),
            days_since(found.last_visit_at, today, who.zone),
            found.every_days if found.next_due else None,
            found.responsible if found.responsible != who.name else None,
        )  # fmt: skip
        return cls(row, found.distance_m)
