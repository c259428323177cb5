"""Tiers: how often a customer is visited."""

from __future__ import annotations

from flask import g
from sqlalchemy import String, select, update
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import jobs
from crmweb.accounts.policy_kinds import TIERS, Value, rhythm_of
from crmweb.accounts.rulings import policy_set
from crmweb.db import Model, db


class Tier(Model):
    """A, B or C, with the days that may pass between two visits: a copy of the company's policy.

    `planned_days` are those by which the due dates of its customers were worked out; a worker follows.
    """

    __tablename__ = "tiers"

    name: Mapped[str] = mapped_column(String(8), primary_key=True)
    visit_every_days: Mapped[int]
    planned_days: Mapped[int]

    @classmethod
    def intervals(cls) -> dict[str, int]:
        """Tier → days between visits, read once a request."""
        if "tier_intervals" not in g:
            rows = db.session.execute(select(cls.name, cls.visit_every_days).order_by(cls.name))
            g.tier_intervals = {row.name: row.visit_every_days for row in rows}
        intervals: dict[str, int] = g.tier_intervals
        return intervals

    @classmethod
    def come_round(cls, name: str, days: int) -> None:
        """From now on so many days lie between two visits; a worker works out anew when each is due."""
        db.session.execute(update(cls).where(cls.name == name).values(visit_every_days=days))
        g.pop("tier_intervals", None)
        jobs.after_commit("crmweb.customers.rhythms.plan_anew", queue="slow")


RHYTHMS = {rhythm_of(tier): tier for tier in TIERS}


@policy_set.connect
def _follow(policy: str, *, value: Value) -> None:
    if policy in RHYTHMS:
        Tier.come_round(RHYTHMS[policy], int(value))
