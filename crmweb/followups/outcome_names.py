"""The outcomes that may begin a sequence. Visits stand above and give their list when the app is put together."""

from __future__ import annotations

from collections.abc import Callable

from crmweb.timeline.words import outcome_name

Choices = list[tuple[str, str]]

_BUILT_IN = ("order_taken", "no_order", "interested", "not_now", "owner_away", "closed")
_listed: list[Callable[[], Choices]] = []


def offer_outcomes(listed: Callable[[], Choices]) -> None:
    """Have `listed` asked for the company's outcomes, as (name, words)."""
    _listed[:] = [listed]


def outcome_choices() -> Choices:
    """Every outcome with its words."""
    return _listed[0]() if _listed else [(name, outcome_name(name)) for name in _BUILT_IN]
