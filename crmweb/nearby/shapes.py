"""What is asked of Nearby, without the values: few shapes, so that the texts of statements are few."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Self

Due = Literal["overdue", "today", "ahead"]

_SLOTS = 4
"""Values a list filter grows by: two tiers and three make the same text, the last one repeated."""


class Shape(NamedTuple):
    """What is asked, without the values: with its name, the key of a statement's text."""

    sees_all: bool
    person: bool
    due: Due | None
    tiers: int
    statuses: int

    @classmethod
    def of(
        cls, sees_all: bool, person: bool, due: Due | None, tiers: Sequence[str], statuses: Sequence[str]
    ) -> Self:
        """The shape of a question; lists are counted in steps, so that they make few shapes."""
        return cls(sees_all, person, due, _slots(tiers), _slots(statuses))

    @property
    def everyone(self) -> bool:
        """Whether no person narrows the scope."""
        return self.sees_all and not self.person

    @property
    def narrowed(self) -> bool:
        """Whether a filter lets only some customers through, by columns of their own."""
        return bool(self.tiers or self.statuses)

    @property
    def through_assignments(self) -> bool:
        """Whether assignments decide which customers count."""
        return not self.everyone or self.due is not None


def slots(name: str, values: Sequence[str]) -> dict[str, str]:
    """The parameters of a list filter: name0, name1, … with the last value in the slots left over."""
    return {f"{name}{i}": values[min(i, len(values) - 1)] for i in range(_slots(values))}


def _slots(values: Sequence[str]) -> int:
    return -(-len(values) // _SLOTS) * _SLOTS
