"""How a person wants to be told: by which channels, in which order, and when not."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, ForeignKey, Time
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db

CHANNELS: Final = ("push", "sms", "email")


@dataclass(frozen=True)
class Choices:
    """What a person chose, or what holds for whoever has not. Quiet hours are local; None: there are none."""

    channels: tuple[str, ...] = CHANNELS
    quiet_from: time | None = time(21)
    quiet_until: time | None = time(6, 30)

    def ends_quiet(self, at: datetime, zone: str) -> datetime | None:
        """When the quiet hours end in which ``at`` falls; None where it falls in none."""
        begins, ends = self.quiet_from, self.quiet_until
        if begins is None or ends is None or begins == ends:
            return None
        here = at.astimezone(ZoneInfo(zone))
        clock = here.time()
        quiet = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
        if not quiet:
            return None
        day = here.date() if clock < ends else here.date() + timedelta(days=1)
        return datetime.combine(day, ends, ZoneInfo(zone))


class NotificationChoices(Model):
    """A person's own choices; who has no row has made none."""

    __tablename__ = "notification_choices"

    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    channels: Mapped[list[str]] = mapped_column(JSON)
    quiet_from: Mapped[time | None] = mapped_column(Time)
    quiet_until: Mapped[time | None] = mapped_column(Time)


def choices_of(person_id: uuid.UUID) -> Choices:
    """How this person wants to be told."""
    chosen = db.session.get(NotificationChoices, person_id)
    if chosen is None:
        return Choices()
    return Choices(
        tuple(name for name in chosen.channels if name in CHANNELS), chosen.quiet_from, chosen.quiet_until
    )
