"""The devices that a person lets us push to."""

from __future__ import annotations

import uuid


def subscriptions_of(_person_id: uuid.UUID) -> list[tuple[uuid.UUID, str]]:
    """Each device's id, with the host of its push service."""
    return []
