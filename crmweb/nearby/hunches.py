"""What a process remembers to choose the way to an answer: it may be stale, since no answer depends on it."""

from collections.abc import Hashable
from time import monotonic

MOST = 10_000
"""Hunches kept; then all of them are forgotten."""

LASTS = 600.0
"""Seconds that one is trusted."""


class Hunches:
    """Sizes by what they are of."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, int]] = {}

    def get(self, about: Hashable) -> int | None:
        until, size = self._known.get(about, (0.0, None))
        return size if monotonic() < until else None

    def note(self, about: Hashable, size: int) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[about] = monotonic() + LASTS, size
