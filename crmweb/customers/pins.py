"""Where a customer is: the pin, how it was got, and what is doubtful about it."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Double, ForeignKey, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from crmweb import geo

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor


class Pinned:
    """A trait of a customer: a place on the map. `cell` is empty where Nearby must not find it."""

    lat: Mapped[float | None] = mapped_column(Double)
    lng: Mapped[float | None] = mapped_column(Double)
    cell: Mapped[int | None] = mapped_column(BigInteger)
    pin_source: Mapped[str | None] = mapped_column(String(12))
    pin_at: Mapped[datetime | None]

    @declared_attr
    def pin_by_id(cls) -> Mapped[uuid.UUID | None]:
        """Who put it there: nobody is on site by their own pin. Empty for imports and geocoders."""
        return mapped_column(ForeignKey("users.id"), index=True)

    pin_flaw: Mapped[str | None] = mapped_column(String(20))

    def place_pin(
        self, lat: float, lng: float, *, source: str, by: Actor | None, at: datetime, flaw: str | None = None
    ) -> None:
        """Put the pin down. A pin with a flaw is kept as it came, and Nearby leaves it out until someone mends it."""
        self.lat, self.lng = lat, lng
        self.pin_source, self.pin_at, self.pin_flaw = source, at, flaw
        self.pin_by_id = by.id if by else None
        self.cell = None if flaw else geo.cell(lat, lng)

    def put_on_map(self) -> None:
        """Let Nearby find the place again; only for a customer with a sound pin."""
        assert self.lat is not None
        assert self.lng is not None
        self.cell = geo.cell(self.lat, self.lng)

    def flag_pin(self, flaw: str) -> None:
        """Remember that the place somebody gave was no place; there is no pin."""
        self.take_pin_away()
        self.pin_flaw = flaw

    def take_pin_away(self) -> None:
        self.lat = self.lng = self.cell = None
        self.pin_source = self.pin_at = self.pin_by_id = self.pin_flaw = None

    @property
    def has_pin(self) -> bool:
        return self.lat is not None and self.pin_flaw is None
