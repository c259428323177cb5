"""Addresses at which nobody is: what was sent there came back for good."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db
from crmweb.followups.consents import folded


class Unreachable(Model):
    """An address that nothing reaches, until somebody says that it works. It names nobody but itself."""

    __tablename__ = "unreachable_addresses"

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    since: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(300))

    @classmethod
    def at(cls, channel: str, address: str) -> Unreachable | None:
        """The row of this address, if nothing reaches it."""
        return db.session.get(cls, (channel, folded(channel, address)))

    @classmethod
    def mark(cls, channel: str, address: str, reason: str, *, at: datetime) -> None:
        """Nothing reaches it. Said twice, the first time counts."""
        if cls.at(channel, address) is None:
            row = cls(channel=channel, address=folded(channel, address), since=at, reason=reason[:300])
            db.session.add(row)

    @classmethod
    def lift(cls, channel: str, address: str) -> None:
        """It works, or works again."""
        if known := cls.at(channel, address):
            db.session.delete(known)


def reaches(channel: str, address: str | None) -> bool:
    """Whether there is an address, and nothing came back from it."""
    return bool(address) and Unreachable.at(channel, address or "") is None
