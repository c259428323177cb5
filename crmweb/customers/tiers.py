"""Tiers: how often a customer is visited."""

from __future__ import annotations

from flask import g
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db


class Tier(Model):
    """A, B or C, with the days that may pass between two visits."""

    __tablename__ = "tiers"

    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    visit_every_days: Mapped[int]

    @classmethod
    def intervals(cls) -> dict[str, int]:
        """Tier → days between visits, read once a request."""
        if "tier_intervals" not in g:
            rows = db.session.execute(select(cls.name, cls.visit_every_days).order_by(cls.name))
            g.tier_intervals = {row.name: row.visit_every_days for row in rows}
        intervals: dict[str, int] = g.tier_intervals
        return intervals
