"""What Nearby shows of a customer, made from the driver's rows with nothing in between."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, Self
from uuid import UUID

from crmweb.geo import Point, metres
from crmweb.winds import Direction, directions_from

# What the database tells of a customer, as the driver gives it; its columns are those of `Told`, in order.
Stored = tuple[Any, ...]


class Codec(NamedTuple):
    """How a driver takes and gives what SQLAlchemy's types would convert."""

    id_in: Callable[[UUID], Any]
    id_out: Callable[[Any], UUID]
    date_in: Callable[[date], Any]
    date_out: Callable[[Any], date]
    moment_out: Callable[[Any], datetime]


class Told(NamedTuple):
    """What the database tells of a customer and, of the assignments that were asked for, of the plan.

    `next_due` is the most pressing and `last_visit_at` the latest among those; `responsible` is the name of who looks
    after the customer mainly: on the first line, then the longest; `every_days` are the days that may pass between two
    visits in the customer's tier.
    """

    customer_id: UUID
    name: str
    phone: str | None
    email: str | None
    tier: str | None
    status: str
    lat: float
    lng: float
    next_due: date | None
    last_visit_at: datetime | None
    responsible: str | None
    every_days: int | None

    @classmethod
    def of(cls, stored: Stored, codec: Codec) -> Self:
        customer_id, name, phone, email, tier, status, lat, lng, due, visit, responsible, every = stored
        return cls(
            codec.id_out(customer_id), name, phone, email, tier, status, lat, lng,
            codec.date_out(due) if due else None, codec.moment_out(visit) if visit else None, responsible, every,
        )  # fmt: skip


class Neighbour(NamedTuple):
    """One row of Nearby: where it lies, and what is told of it, which is read only where it is not known yet."""

    distance_m: float
    direction: Direction
    stored: Stored
    codec: Codec

    @property
    def told(self) -> Told:
        return Told.of(self.stored, self.codec)

    @property
    def customer_id(self) -> UUID:
        return self.codec.id_out(self.stored[0])

    @property
    def place(self) -> Point:
        told = self.told
        return Point(told.lat, told.lng)


# A row: a nearest customer beside one of its current assignments, as `statements.FACES` selects them.
Row = Sequence[Any]
_HAVERSINE, _TWINS, _CUSTOMER, _LAT, _LNG = 0, 1, 2, 8, 9
_NEXT_DUE, _LAST_VISIT, _ASKED = 10, 11, 14
_STORED, _STANDING = slice(2, 14), slice(15, None)


def neighbours(rows: Sequence[Row], at: Point, codec: Codec) -> list[Neighbour]:
    """One neighbour a customer, from rows that come nearest first."""
    direction = directions_from(at)
    return [
        Neighbour(metres(row[_HAVERSINE]), direction(row[_LAT], row[_LNG]), tuple(row[_STORED]), codec)
        for row in _one_each(rows)
    ]


def _one_each(rows: Sequence[Row]) -> Iterable[Row]:
    customers: dict[Any, list[Row]] = {}
    for row in rows:
        customers.setdefault(row[_CUSTOMER], []).append(row)
    if len(customers) == len(rows) and all(row[_ASKED] for row in rows):
        return rows
    return map(_one, customers.values())


def assignments_behind(rows: Iterable[Row]) -> int:
    """How many assignments were taken to find the customers of these rows."""
    return sum({row[_CUSTOMER]: row[_TWINS] for row in rows}.values())


def _one(rows: list[Row]) -> Row:
    """A customer's rows made one: the main person's, with the dates of all that were asked for."""
    if len(rows) == 1 and rows[0][_ASKED]:
        return rows[0]
    asked = [row for row in rows if row[_ASKED]]
    main = min(rows, key=_standing)
    merged = list(main)
    merged[_NEXT_DUE] = min((row[_NEXT_DUE] for row in asked if row[_NEXT_DUE]), default=None)
    merged[_LAST_VISIT] = max((row[_LAST_VISIT] for row in asked if row[_LAST_VISIT]), default=None)
    return merged


def _standing(row: Row) -> tuple[Any, ...]:
    """The line, the first day, and the id of a row's assignment: the main person's comes first."""
    return tuple(row[_STANDING])
