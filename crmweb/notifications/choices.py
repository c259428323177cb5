"""How a person wants to hear of things: by which channel first, and when not at all."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ForeignKey, Time, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db

CHANNELS: Final = ("push", "sms", "email")
"""Every channel, in the order that holds for whoever chose none."""


@dataclass(frozen=True)
class Choices:
    """What a person chose, or what holds for whoever has not: the first channel is tried first; quiet hours are by the
    person's own wall clock, None where there are none.
    """

    channels: tuple[str, ...] = CHANNELS
    quiet_from: time | None = time(21)
    quiet_until: time | None = time(6, 30)

    def ends_quiet(self, at: datetime, zone: str) -> datetime | None:
        """When the quiet hours end in which ``at`` falls for a person in ``zone``; None where it falls in none.

        A night with a change of the clocks is as long as it really is.
        """
        today = at.astimezone(ZoneInfo(zone)).date()
        for evening in (today - timedelta(days=1), today):
            begins, ends = self._quiet(evening, ZoneInfo(zone))
            if begins <= at.astimezone(UTC) < ends:
                return ends
        return None

    def _quiet(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """The quiet hours that begin on ``day``; no time at all where there are none."""
        if self.quiet_from is None or self.quiet_until is None or self.quiet_from == self.quiet_until:
            return datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
        last = day if self.quiet_from < self.quiet_until else day + timedelta(days=1)
        return datetime.combine(day, self.quiet_from, zone), datetime.combine(last, self.quiet_until, zone)


class NotificationChoices(Model):
    """What one person chose; whoever has no row has what ``Choices()`` says."""

    __tablename__ = "notification_choices"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    channels: Mapped[list[str]] = mapped_column(JSON)
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_until: Mapped[time | None] = mapped_column(Time)

    @classmethod
    def set(cls, person_id: uuid.UUID, choices: Choices) -> None:
        """From now on this holds for the person."""
        row = db.session.get(cls, person_id) or cls(person_id=person_id)
        row.channels = list(choices.channels)
        row.quiet_from, row.quiet_until = choices.quiet_from, choices.quiet_until
        db.session.add(row)


def choices_of(person_id: uuid.UUID) -> Choices:
    """How this person wants to be told."""
    return choices_of_all([person_id])[person_id]


def choices_of_all(people: Collection[uuid.UUID]) -> dict[uuid.UUID, Choices]:
    """How each of these wants to be told."""
    rows = db.session.scalars(select(NotificationChoices).where(NotificationChoices.person_id.in_(people)))
    return {**dict.fromkeys(people, Choices()), **{row.person_id: _read(row) for row in rows}}


def _read(row: NotificationChoices) -> Choices:
    known = tuple(name for name in row.channels if name in CHANNELS)
    return Choices(known, row.quiet_from, row.quiet_until)
