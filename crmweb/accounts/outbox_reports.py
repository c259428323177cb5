"""What a device tells of its outbox: how much it could not send yet, since when, and whether the browser keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import clock

STORAGE: Final = ("persisted", "best effort", "refused")
"""Whether the browser promised to keep what lies on the device, may drop it when room is short, or has none."""
MOST_UNSENT: Final = 100_000
MOST_BYTES: Final = 2**53
LONGEST_VERSION: Final = 40


class BadReport(ValueError):
    """Something in a report cannot be; `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


@dataclass(frozen=True)
class Report:
    """What a device told; None where it did not."""

    unsent: int | None
    oldest: datetime | None
    version: str | None
    storage: str | None
    quota_bytes: int | None
    used_bytes: int | None

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> Report:
        """Raises `BadReport`."""
        storage = sent.get("storage", "").strip() or None
        if storage not in (None, *STORAGE):
            raise BadReport("storage")
        version = sent.get("version", "").strip()[:LONGEST_VERSION] or None
        return cls(
            _number(sent, "unsent", MOST_UNSENT), _moment(sent), version, storage,
            _number(sent, "quota", MOST_BYTES), _number(sent, "used", MOST_BYTES),
        )  # fmt: skip


def _number(sent: Mapping[str, str], name: str, most: int) -> int | None:
    text = sent.get(name, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 20 and int(text) <= most):
        raise BadReport(name)
    return int(text)


def _moment(sent: Mapping[str, str]) -> datetime | None:
    try:
        return clock.read_moment(sent.get("oldest", ""))
    except ValueError:
        raise BadReport("oldest") from None


class OutboxReports:
    """A trait of a signed-in device. `told_at` is when it last said how its outbox stands; most have never."""

    told_at: Mapped[datetime | None]
    unsent: Mapped[int | None]
    unsent_since: Mapped[datetime | None]
    app_version: Mapped[str | None] = mapped_column(String(LONGEST_VERSION))
    storage: Mapped[str | None] = mapped_column(String(12))
    quota_bytes: Mapped[int | None] = mapped_column(BigInteger)
    used_bytes: Mapped[int | None] = mapped_column(BigInteger)

    def tell(self, report: Report, *, at: datetime) -> None:
        """How it stands now. Work that is of a later day than ours was kept by a clock that runs ahead."""
        self.told_at, self.unsent = at, report.unsent
        self.unsent_since = min(report.oldest or at, at) if report.unsent else None
        self.app_version, self.storage = report.version, report.storage
        self.quota_bytes, self.used_bytes = report.quota_bytes, report.used_bytes
