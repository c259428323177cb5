"""Channels: the ways out of the house. Each has one ``send`` and two kinds of error."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

from flask import current_app

# Seconds that one ``send`` may take in all, whatever the far end does. Well within a lease (see
# models.LEASE).
SEND_LIMIT: Final = 20.0
# Seconds: a failure that took longer than SLOW lets its kind rest for REST.
SLOW: Final = 5.0
REST: Final = 60.0


class PermanentFailure(Exception):
    """Trying again would not help: the message ends as *failed* with these words, for an admin to read."""


class TransientFailure(Exception):
    """It may work later. ``retry_after`` is what the far end asked for, in seconds."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class LeaseLost(Exception):
    """Somebody else sends it now: whoever slept so long must not."""


@dataclass(frozen=True)
class Message:
    """One delivery as a channel sees it.

    ``dedupe`` is the same at each resend: a channel makes from it what lets the far end recognise the repeat
    (a mail's ``Message-ID``, a push's ``Topic``). ``payload`` holds what the channel's docstring says.
    """

    dedupe: str
    recipient: str
    payload: Mapping[str, Any]
    stale_at: datetime | None = None
    may_go: Callable[[], bool] = lambda: True

    def last_look(self) -> None:
        """For a channel whose far end is slow: ask once more before the word that cannot be taken back.

        Raises LeaseLost.
        """
        if not self.may_go():
            raise LeaseLost


class Channel(Protocol):
    """Carries messages of one kind; called from several threads and processes."""

    def send(self, message: Message) -> None:
        """Hand ``message`` to the far end within ``SEND_LIMIT``; raise Permanent- or TransientFailure if
        it was not taken.
        """


class Channels:
    """The channels of an app, by the kind of delivery they carry.

    A far end that hangs holds whoever speaks with it. So after ``SLOW`` seconds without success a kind rests for
    ``REST`` seconds in this process, and the others go on.
    """

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = dict(channels)
        self._rest_until: dict[str, float] = {}

    def register(self, kind: str, channel: Channel) -> None:
        """Let ``channel`` carry the deliveries of ``kind``, in place of any other."""
        self._channels[kind] = channel

    def resting(self) -> frozenset[str]:
        """Kinds that nobody should try just now."""
        at = time.monotonic()
        return frozenset(kind for kind, until in self._rest_until.items() if until > at)

    def send(self, kind: str, message: Message) -> None:
        """Send by the channel of ``kind``. Raises what the channel raises, PermanentFailure if there is none."""
        if kind not in self._channels:
            raise PermanentFailure(f"no channel carries deliveries of the kind {kind!r}")
        begun = time.monotonic()
        try:
            self._channels[kind].send(message)
        except TransientFailure:
            if time.monotonic() - begun > SLOW:
                self._rest_until[kind] = time.monotonic() + REST
            raise


def channels() -> Channels:
    """The current app's channels."""
    found: Channels = current_app.extensions["channels"]
    return found
