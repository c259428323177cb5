"""What may come of a visit: the company's own list, and the four ways of a shut door."""

from __future__ import annotations

import secrets
from datetime import datetime

from flask import g
from sqlalchemy import String, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.audit import Audited
from crmweb.db import Model, db

BUILT_IN = ("order_taken", "no_order", "interested", "not_now")
"""What every company begins with; named in every language."""

SHUT = ("closed", "owner_away", "moved", "gone")
"""Outcomes of a visit that found nobody: two taps, finished at once."""


class Outcome(Audited, Model):
    """One entry of the list. `label` is the company's own word; the built-in ones have none and are translated.

    `productive`: something was sold, which is what coverage counts one day.
    """

    __tablename__ = "outcomes"
    audited_as = "outcome"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    label: Mapped[str | None] = mapped_column(String(60))
    position: Mapped[int]
    productive: Mapped[bool] = mapped_column(default=False)
    retired_at: Mapped[datetime | None]

    @property
    def audited_name(self) -> str:
        return self.label or self.name

    @classmethod
    def offered(cls) -> list[Outcome]:
        """Those that may be chosen today, in the company's order."""
        kept = select(cls).where(cls.retired_at.is_(None)).order_by(cls.position, cls.name)
        return list(db.session.scalars(kept))

    @classmethod
    def all(cls) -> list[Outcome]:
        """The whole list: those that are offered, then the retired ones."""
        order = (cls.retired_at.is_not(None), cls.position, cls.name)
        return list(db.session.scalars(select(cls).order_by(*order)))

    @classmethod
    def add(cls, label: str, *, productive: bool = False) -> Outcome:
        """A new one, last in the list."""
        last = max((outcome.position for outcome in cls.all()), default=-1)
        outcome = cls(
            name=f"own_{secrets.token_hex(6)}", label=label, position=last + 1, productive=productive
        )
        db.session.add(outcome)
        return outcome

    def change(self, *, label: str, productive: bool) -> None:
        """Call it otherwise. Without a label, a built-in one has its own name again, in everybody's language."""
        self.label, self.productive = label or (None if self.is_built_in else self.label), productive

    def move(self, by: int) -> None:
        """So many places later, or earlier with a negative number; never beyond the ends."""
        order = [outcome for outcome in self.all() if outcome is not self and not outcome.retired_at]
        place = min(max(self.offered().index(self) + by, 0), len(order))
        order.insert(place, self)
        for position, outcome in enumerate(order):
            outcome.position = position

    def retire(self, *, at: datetime) -> None:
        """Not offered any more; visits that ended so keep it. Raises ValueError for the last one."""
        if self.offered() == [self]:
            raise ValueError("somebody must be able to finish a visit")
        self.retired_at = self.retired_at or at

    def restore(self) -> None:
        """Offered again, where it stood."""
        self.retired_at = None

    @property
    def is_built_in(self) -> bool:
        return self.name in BUILT_IN

    @classmethod
    def labels(cls) -> dict[str, str]:
        """Name → the company's own word where it has one, read once a request."""
        if "outcome_labels" not in g:
            named = db.session.execute(select(cls.name, cls.label).where(cls.label.is_not(None)))
            g.outcome_labels = {row.name: row.label for row in named}
        labels: dict[str, str] = g.outcome_labels
        return labels

    @classmethod
    def is_known(cls, name: str) -> bool:
        """Whether a visit may end so. One that was retired since counts: the phone may have kept it for days."""
        return name in SHUT or db.session.get(cls, name) is not None
