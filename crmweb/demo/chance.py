"""Chance that falls alike on every machine."""

from random import Random


def dice_for(seed: str, what: str) -> Random:
    """Dice of their own for each part, so that a change in one does not change the others."""
    return Random(f"{seed}:{what}")  # nosec B311  # noqa: S311 - this makes a story up, it keeps no secret
