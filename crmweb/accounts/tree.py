"""The tree of the people: who stands above whom, what it cannot become, and whose turn it is to change it."""

from __future__ import annotations

import uuid

from crmweb.db import take_turn

TREE = 0x74726565


class Circle(ValueError):
    """They would work under somebody who works under them."""


class LastOne(ValueError):
    """Nobody else could let people in, or give one of the rights that go."""


def chain(person: uuid.UUID, managers: dict[uuid.UUID, uuid.UUID | None]) -> list[uuid.UUID]:
    """The person and everyone above, nearest first; `managers`: person → manager."""
    chain: list[uuid.UUID] = []
    step: uuid.UUID | None = person
    while step is not None and step not in chain:
        chain.append(step)
        step = managers.get(step)
    return chain


def wait_for_the_tree() -> None:
    """Of two who change who works here, under whom and with which rights, one comes after the other: each looks at all
    the others. Before the first write, so that no two wait for each other.
    """
    take_turn(TREE)
