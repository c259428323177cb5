"""When an assignment is due again, and how long the customer may stay silent."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.customers.quiet import an_interval_after
from crmweb.customers.tiers import Tier

if TYPE_CHECKING:
    from crmweb.accounts.models import User
    from crmweb.customers.models import Customer


class Planned:
    """The dates of an assignment, kept up to date by what happens there.

    `next_due` is a date where the person is. `last_touch_at` is when anybody was last in contact there, `last_touch`
    how, and `quiet_after` the last day on which silence is all right (`customers/quiet.py`).
    """

    if TYPE_CHECKING:
        tier: Mapped[str | None]
        status: Mapped[str]
        created_at: Mapped[datetime]
        person: Mapped[User]
        customer: Mapped[Customer]

    last_visit_at: Mapped[datetime | None]
    next_route_day: Mapped[date | None] = mapped_column(Date)
    next_due: Mapped[date | None] = mapped_column(Date)
    last_touch_at: Mapped[datetime | None]
    last_touch: Mapped[str | None] = mapped_column(String(10))
    quiet_after: Mapped[date | None] = mapped_column(Date)

    def visited(self, *, at: datetime) -> None:
        """A visit was finished: the next one is due an interval later."""
        if self.last_visit_at is None or at > self.last_visit_at:
            self.last_visit_at = at
        self.plan()

    def unvisited(self, at: datetime, *, before: datetime | None) -> None:
        """The visit of then is not over after all: the one before it counts again."""
        if self.last_visit_at == at:
            self.last_visit_at = before
        self.plan()

    def touched(self, at: datetime, how: str) -> None:
        """Somebody of us was in contact there; an earlier contact that is heard of later changes nothing."""
        if self.last_touch_at is None or at > self.last_touch_at:
            self.touched_last(at, how)

    def touched_last(self, at: datetime | None, how: str | None) -> None:
        """That was the last contact, whatever was known before."""
        self.last_touch_at, self.last_touch = at, how
        self.plan()

    def follow_route(self, day: date | None) -> None:
        """The person's route leads here next on that day; without one, the tier's interval counts."""
        self.next_route_day = day
        self.plan()

    def plan(self) -> None:
        """Work out `next_due`: the next route day, else the last visit (or the beginning) + the tier's interval; and
        `quiet_after`: the last touch (or the beginning) + the same.
        """
        interval = Tier.intervals().get(self.tier or "")
        self.next_due = self.quiet_after = None
        if self.status != "customer" or self.customer.archived_at is not None:
            return
        if interval is not None:
            self.next_due = an_interval_after(
                self.last_visit_at or self.created_at, interval, self.person.zone
            )
            self.quiet_after = an_interval_after(
                self.last_touch_at or self.created_at, interval, self.person.zone
            )
        if self.next_route_day is not None:
            self.next_due = self.next_route_day
