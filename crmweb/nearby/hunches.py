"""What a process remembers of earlier questions, to choose the way to the next answer: it may be stale, since no answer
depends on it.
"""

from collections.abc import Hashable
from time import monotonic
from typing import Any

MOST = 10_000
"""Questions remembered of each kind; then all of them are forgotten."""

LASTS = 600.0
"""Seconds that a hunch is trusted."""


class Hunches:
    """Values by what they are about."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Any]] = {}

    def get(self, about: Hashable) -> Any:
        until, value = self._known.get(about, (0.0, None))
        return value if monotonic() < until else None

    def note(self, about: Hashable, value: Any) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[about] = monotonic() + LASTS, value
