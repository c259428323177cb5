"""Where to begin when nobody has said where they are: the area in which most of one's customers stand."""

from __future__ import annotations

from sqlalchemy import Integer, func, literal, select

from crmweb.accounts.models import Oversight
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db
from crmweb.geo import Point
from crmweb.scope import VIEWER, principal

AREA_BITS = 28
"""Cells that agree but for their last 28 bits lie in one square of 360/2¹² degrees, 10 km at the equator."""
ENOUGH = 5_000
"""Customers that are asked; more of them would point to the same area."""


def home_ground() -> Point | None:
    """The middle of the area with most of the customers at work, one's own or one's team's; None without a pin.

    An area, not the middle of all: between two cities there is nobody.
    """
    some = select(
        Assignment.cell.bitwise_rshift(literal(AREA_BITS, Integer())).label("area"),
        Assignment.lat,
        Assignment.lng,
    ).where(Assignment.cell.is_not(None), Assignment.started_at.is_not(None), Assignment.ended_at.is_(None))
    if not principal().sees_all:
        below = select(Oversight.person_id).where(Oversight.viewer_id == VIEWER)
        some = some.where(Assignment.person_id.in_(below))
    pins = some.limit(ENOUGH).subquery()
    fullest = (
        select(func.avg(pins.c.lat), func.avg(pins.c.lng))
        .group_by(pins.c.area)
        .order_by(func.count().desc(), pins.c.area)
        .limit(1)
    )
    middle = db.session.execute(fullest).first()
    return Point(*middle) if middle else None
