"""The one place that reads the time, so that a test can hold it still."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo


class HeldClock:
    """A clock that stands at ``at`` until a test moves it."""

    def __init__(self, at: datetime) -> None:
        self.at = at.astimezone(UTC)

    def move(self, by: timedelta) -> None:
        """Go on (or back, with a negative ``by``) and stand there."""
        self.at += by


_held: HeldClock | None = None


def now() -> datetime:
    """The moment, aware, in UTC."""
    return _held.at if _held else datetime.now(UTC)


def today(zone: str) -> date:
    """The date that a person in ``zone`` (an IANA name, such as ``Asia/Ho_Chi_Minh``) reads off the wall.

    Raises ``ZoneInfoNotFoundError`` for a zone that does not exist.
    """
    return now().astimezone(ZoneInfo(zone)).date()


def read_moment(text: str) -> datetime | None:
    """A moment as a phone tells it (ISO 8601), in UTC; one without a zone is meant so. None for nothing.

    Raises ValueError for what is no moment.
    """
    if not text.strip():
        return None
    moment = datetime.fromisoformat(text.strip())
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError(text) from None


def on_the_phone(text: str | None) -> datetime:
    """When it was by a phone's own clock, never later than now. A clock that babbles must not cost anybody their words:
    what is no moment counts as now.
    """
    here = now()
    try:
        return min(read_moment(text or "") or here, here)
    except ValueError:
        return here


@contextmanager
def frozen(at: datetime) -> Iterator[HeldClock]:
    """For tests: hold the time at ``at`` (aware) in every thread of this process until the block ends."""
    global _held
    before, _held = _held, HeldClock(at)
    try:
        yield _held
    finally:
        _held = before


LONGEST_MICROS = 17
"""Digits up to which microseconds since 1970 are a moment of ours: until the year 5138."""


def to_micros(moment: datetime) -> int:
    """A moment as it stands in an address, to be found again by: microseconds since 1970."""
    return (moment - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime | None:
    """The moment that an address names; None for what cannot be one."""
    if not 0 <= micros < 10**LONGEST_MICROS:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=micros)
