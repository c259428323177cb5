"""Channels: the ways out of the house. Each has one ``send`` and two kinds of error, and may hold back."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

from flask import current_app

from crmweb.db import new_id

# Seconds that one ``send`` may take in all, whatever the far end does. Well within a lease (see
# models.LEASE).
SEND_LIMIT: Final = 20.0
# Seconds: a failure that took longer than SLOW lets its lane rest for REST.
SLOW: Final = 5.0
REST: Final = 60.0


class PermanentFailure(Exception):
    """Trying again would not help: the message ends as *failed* with these words, for an admin to read."""


class TransientFailure(Exception):
    """It may work later. ``retry_after`` is what the far end asked for, in seconds; ``rest``: so many seconds its
    whole lane is left alone.
    """

    def __init__(self, reason: str, *, retry_after: float | None = None, rest: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after
        self.rest = rest


class NotWanted(Exception):
    """Nobody should get it any more, for this reason: the message ends as *cancelled*."""


class NotYet(Exception):
    """Its time has not come: nothing was tried, and somebody looks again at ``until``."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"not before {until.isoformat()}")
        self.until = until


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
    delivery: uuid.UUID = field(default_factory=new_id)

    def last_look(self) -> None:
        """For every channel: ask once more before the word that cannot be taken back.

        Raises LeaseLost.
        """
        if not self.may_go():
            raise LeaseLost


def wire_id(dedupe: str) -> str:
    """The name of a delivery out there, the same for each resend: who got the message already can tell, and what comes
    back to it names it.
    """
    return hashlib.sha256(dedupe.encode()).hexdigest()[:32]


class Channel(Protocol):
    """Carries messages of one kind; called from several threads and processes, within the app's context."""

    def send(self, message: Message) -> None:
        """Hand ``message`` to the far end within ``SEND_LIMIT``; raise Permanent- or TransientFailure if
        it was not taken, NotWanted or NotYet if it should not go.
        """


class Channels:
    """The channels of an app, by the kind of delivery they carry.

    A far end that hangs holds whoever speaks with it. So after ``SLOW`` seconds without success a lane (all that
    goes to one far end) rests for ``REST`` seconds in this process, and the others go on.
    """

    def __init__(self, channels: Mapping[str, Channel]) -> None:
        self._channels = dict(channels)
        self._rest_until: dict[str, float] = {}

    def register(self, kind: str, channel: Channel) -> None:
        """Let ``channel`` carry the deliveries of ``kind``, in place of any other."""
        self._channels[kind] = channel

    def carries(self, kind: str) -> bool:
        """Whether deliveries of ``kind`` can go out at all."""
        return kind in self._channels

    def resting(self) -> frozenset[str]:
        """Lanes that nobody should try just now."""
        at = time.monotonic()
        return frozenset(lane for lane, until in list(self._rest_until.items()) if until > at)

    def rest(self, lane: str, seconds: float | None = None) -> None:
        """Leave a lane alone for so long (``REST``)."""
        until = time.monotonic() + (REST if seconds is None else seconds)
        self._rest_until[lane] = max(until, self._rest_until.get(lane, 0.0))

    def send(self, kind: str, lane: str, message: Message) -> None:
        """Send by the channel of ``kind``. Raises what the channel raises, PermanentFailure if there is none."""
        if kind not in self._channels:
            raise PermanentFailure(f"no channel carries deliveries of the kind {kind!r}")
        begun = time.monotonic()
        try:
            self._channels[kind].send(message)
        except TransientFailure as failure:
            if failure.rest or time.monotonic() - begun > SLOW:
                self.rest(lane, failure.rest)
            raise


def channels() -> Channels:
    """The current app's channels."""
    found: Channels = current_app.extensions["channels"]
    return found
