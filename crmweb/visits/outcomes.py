"""What may come of a visit: the company's own list, and the four ways of a shut door."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db

SHUT = ("closed", "owner_away", "moved", "gone")
"""Outcomes of a visit that found nobody: two taps, finished at once."""


class Outcome(Model):
    """One entry of the list. `label` is the company's own word; the built-in ones have none and are translated.

    `productive`: something was sold, which is what coverage counts one day.
    """

    __tablename__ = "outcomes"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str | None] = mapped_column(String(60))
    position: Mapped[int]
    productive: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None]

    @classmethod
    def offered(cls) -> list[Outcome]:
        """Those that may be chosen today, in the company's order."""
        kept = select(cls).where(cls.retired_at.is_(None)).order_by(cls.position, cls.name)
        return list(db.session.scalars(kept))

    @classmethod
    def is_known(cls, name: str) -> bool:
        """Whether a visit may end so. One that was retired since counts: the phone may have kept it for days."""
        return name in SHUT or db.session.get(cls, name) is not None
