"""Where to look from, when it is not where one stands: coordinates, a customer, or an address."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from crmweb.config import current_settings
from crmweb.customers.models import Customer
from crmweb.customers.search import Search
from crmweb.db import db
from crmweb.geo import BadPoint, Point
from crmweb.places.models import LONGEST, Lookup

_COORDINATES = re.compile(r"\s*([-+]?\d{1,3}(?:\.\d+)?)\s*[,; ]\s*([-+]?\d{1,3}(?:\.\d+)?)\s*")
MOST_CUSTOMERS = 8


class CustomerPlace(NamedTuple):
    """A customer from whose pin one may look."""

    id: uuid.UUID
    name: str
    address: str
    lat: float
    lng: float


@dataclass(frozen=True)
class PlaceSearch:
    """What was typed for a place."""

    typed: str

    @property
    def point(self) -> Point | None:
        """The place itself when coordinates were typed, latitude first."""
        if not (numbers := _COORDINATES.fullmatch(self.typed)):
            return None
        try:
            return Point.read(*numbers.groups())
        except BadPoint:
            return None

    def customers(self) -> list[CustomerPlace]:
        """Customers with a pin that match, the likeliest first."""
        order = [found.id for found in Search(self.typed).run()]
        columns = (Customer.id, Customer.name, Customer.address, Customer.lat, Customer.lng)
        pinned = select(*columns).where(Customer.id.in_(order), Customer.cell.is_not(None))
        places = {row.id: CustomerPlace._make(row) for row in db.session.execute(pinned)}
        return [places[found] for found in order if found in places][:MOST_CUSTOMERS]

    @property
    def can_be_looked_up(self) -> bool:
        """Whether a geocoder is there to ask, and something was typed to ask it."""
        return bool(current_settings().geocoder) and 3 <= len(self.typed.strip()) <= LONGEST

    def lookup(self) -> Lookup | None:
        return Lookup.of(self.typed) if self.can_be_looked_up else None
