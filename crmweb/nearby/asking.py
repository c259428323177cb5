"""One question about who is near, as the database hears it: every statement carries its scope itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from math import cos, radians
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from crmweb import straight
from crmweb.customers.due import late_before
from crmweb.db import db
from crmweb.geo import Point, Range, boxes_around, cover, half_chord, metres
from crmweb.nearby.neighbours import Codec, Neighbour, assignments_behind, neighbours
from crmweb.nearby.shapes import Due, Shape, slots
from crmweb.nearby.statements import RANGES, rendered
from crmweb.scope import principal

_MARGIN = 1 + 1e-9
MARGIN_M = 1  # the circle is a little wider than its bound, so that rounding costs nobody on the edge


class Filters(NamedTuple):
    """What else must hold. Empty means any. `due` and `person_id` speak of one and the same assignment."""

    tiers: tuple[str, ...] = ()
    due: Due | None = None
    statuses: tuple[str, ...] = ()
    person_id: UUID | None = None


NO_FILTERS = Filters()


class Asking:
    """One question to the database: the shape of its statements, and their parameters.

    Raises NoPrincipal when nobody is at work.
    """

    def __init__(self, at: Point, *, today: date, k: int = 20, filters: Filters = NO_FILTERS) -> None:
        who, dialect = principal(), db.engine.dialect
        self.at, self.k, self.filters = at, k, filters
        self.radius_m, self.bound = 0.0, 1.0
        self.paramstyle, self.codec = dialect.paramstyle, _CODECS[dialect.name]
        self.shape = Shape.of(
            who.sees_all, filters.person_id is not None, filters.due, filters.tiers, filters.statuses
        )
        self.scope = who.viewer_id, filters.person_id
        self.late = late_before(today)
        self.parameters: dict[str, Any] = {
            "viewer": who.viewer_id and self.codec.id_in(who.viewer_id),
            "person": filters.person_id and self.codec.id_in(filters.person_id),
            "today": self.codec.date_in(today), "late": self.codec.date_in(self.late),
            "lat": at.lat, "lng": at.lng, "cos_lat": cos(radians(at.lat)), "cell": at.cell,
            "k": k, "take": 2 * k, "within": 1.0, **slots("tier", filters.tiers), **slots("status", filters.statuses),
        }  # fmt: skip

    def bounded(self, nearest: Sequence[float]) -> bool:
        """Draws the circle that these customers need, nearest first; False if there are fewer than k."""
        if len(nearest) < self.k:
            return False
        self.bound = nearest[-1]
        self.draw(metres(self.bound))
        return True

    def draw(self, radius_m: float) -> None:
        """Sets the ranges of cells to those of a circle."""
        self.radius_m = radius_m
        self.look_in(cover(boxes_around(self.at, radius_m * _MARGIN + MARGIN_M), most=RANGES), slots=RANGES)

    def is_boxed(self, radius_m: float) -> bool:
        """Sets the box around a circle; False where it takes two."""
        boxes = boxes_around(self.at, radius_m * _MARGIN + MARGIN_M)
        self.parameters |= boxes[0]._asdict()
        return len(boxes) == 1

    def look_within(self, radius_m: float) -> None:
        """The same, where whoever is farther away need not be told of: others are nearer already."""
        self.draw(radius_m)
        self.parameters["within"] = half_chord(radius_m * _MARGIN + MARGIN_M)

    def look_in(self, ranges: Sequence[Range], *, slots: int) -> None:
        """Sets the ranges of cells; those left over are empty."""
        for i in range(slots):
            self.parameters[f"lo{i}"], self.parameters[f"hi{i}"] = ranges[i] if i < len(ranges) else (1, 0)

    def found(self, statement: str) -> list[Neighbour]:
        """The neighbours that a statement finds; some have several assignments, so more than k are taken."""
        rows = self.rows(statement)
        found = neighbours(rows, self.at, self.codec)
        if len(found) < self.k and assignments_behind(rows) == self.parameters["take"]:
            self.parameters["take"] *= 8
            return self.found(statement)
        return found

    def rows(self, statement: str, **parameters: Any) -> Sequence[Any]:
        """Runs a statement of this question's shape, close to the driver: it carries its scope itself."""
        sql = rendered(statement, self.shape, self.paramstyle)
        return straight.rows(straight.connection(), sql, self.parameters | parameters, scoped=True)


def _same(value: Any) -> Any:
    return value


_CODECS = {
    "postgresql": Codec(_same, _same, _same, _same, _same),
    "sqlite": Codec(
        id_in=attrgetter("bytes"),
        id_out=lambda stored: UUID(bytes=stored),
        date_in=date.isoformat,
        date_out=date.fromisoformat,
        moment_out=lambda stored: datetime.fromisoformat(stored + "+00:00"),
    ),
}
