"""What a process remembers to choose the way to an answer: it may be stale, since no answer depends on it."""

from collections.abc import Hashable
from time import monotonic
from typing import Generic, TypeVar

Known = TypeVar("Known")

MOST = 10_000
"""Hunches kept; then all of them are forgotten."""

LASTS = 600.0
"""Seconds that one is trusted."""


class Hunches(Generic[Known]):
    """Sizes, or metres, by what they are of."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Known]] = {}

    def get(self, about: Hashable) -> Known | None:
        until, known = self._known.get(about, (0.0, None))
        return known if monotonic() < until else None

    def note(self, about: Hashable, known: Known) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[about] = monotonic() + LASTS, known
