"""Many deliveries sent at once, lane by lane, so that a far end that hangs delays only what goes to it.

Each lane has hands (threads) of its own. A lane whose send takes longer than ``SLOW`` rests; whoever waits for the
round does not wait for it any longer, its hands write down themselves what came of it.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from typing import Final

import structlog
from flask import Flask
from sqlalchemy.exc import OperationalError

from crmweb.clock import now
from crmweb.db import Busy, application, db, writing
from crmweb.notifications import channels as channel_limits
from crmweb.notifications import outcomes as outcomes_of_tries
from crmweb.notifications.channels import (
    SEND_LIMIT,
    LeaseLost,
    NotWanted,
    NotYet,
    PermanentFailure,
    TransientFailure,
    channels,
)
from crmweb.notifications.claims import MOST_TRIES, Claim
from crmweb.notifications.models import DEAD, FAILED, WAITING
from crmweb.notifications.outcomes import Outcome, as_it_goes, judged
from crmweb.scope import system_access

log = structlog.get_logger(__name__)

# Sends at once to one far end.
HANDS: Final = 6
# Sends to one far end whose outcomes are not written down yet, at most: so many go twice when the process dies.
UNWRITTEN: Final = 2 * HANDS
# Seconds between two looks for lanes that hang.
LOOK: Final = 0.2
# Seconds for which a look at the lease is still fresh.
FRESH: Final = 2.0
# Tries that a notice has by one channel however late it is; the first may have been lost with its lease.
CHANCES: Final = 2
# Seconds between tries to write an outcome down; a try itself waits for its turn (db.LOCK_PATIENCE).
WAITS_TO_WRITE: Final = (0.5, 1.0)


def send_all(claims: Sequence[Claim]) -> None:
    """Send what was claimed, lane by lane side by side, and write down what came of it as it comes."""
    lanes: defaultdict[str, deque[Claim]] = defaultdict(deque)
    for claim in claims:
        lanes[claim.lane].append(claim)
    back: Back = SimpleQueue()
    Round([Lane(application(), name, waiting, back) for name, waiting in lanes.items()], back).run()


class Lane:
    """What goes to one far end in this round. What came of each send goes ``back``: None where the lease was lost."""

    def __init__(self, app: Flask, name: str, waiting: deque[Claim], back: Back) -> None:
        self.name = name
        self._app = app
        self._waiting = waiting
        self._back = back
        self._busy_since: dict[int, float] = {}
        self._alone = False
        self._handing_over = threading.Lock()
        self._room = threading.Semaphore(UNWRITTEN)

    def start(self) -> int:
        """Begin; how many sends will come back."""
        claims = len(self._waiting)
        for _ in range(min(HANDS, claims)):
            threading.Thread(target=self._send_on, name=self.name, daemon=True).start()
        return claims

    def hangs(self) -> bool:
        """Whether somebody has been sending for too long."""
        at = time.monotonic()
        return any(at - since > channel_limits.SLOW for since in list(self._busy_since.values()))

    def go_on(self) -> None:
        """What came of one send is written down."""
        self._room.release()

    def leave_alone(self) -> tuple[list[Claim], int]:
        """Wait no longer. What was not begun, and how many sends will not come back: their hands write them down."""
        with self._handing_over:
            self._alone = True
            unsent = list(self._waiting)
            self._waiting.clear()
            return unsent, len(self._busy_since)

    def _send_on(self) -> None:
        """One pair of hands: the next of this lane, until none is left. What a request would read once, such as the
        policies, is read once here.
        """
        with self._app.app_context(), system_access("deliveries"):
            while (claim := self._next()) is not None:
                outcome = attempted(claim)
                if not self._handed_over(outcome):
                    try:
                        written([outcome] if outcome else [])
                    finally:
                        self.go_on()

    def _next(self) -> Claim | None:
        self._room.acquire()
        with self._handing_over:
            if not self._waiting:
                self._room.release()
                return None
            self._busy_since[threading.get_ident()] = time.monotonic()
            return self._waiting.popleft()

    def _handed_over(self, outcome: Outcome | None) -> bool:
        with self._handing_over:
            del self._busy_since[threading.get_ident()]
            if not self._alone:
                self._back.put((self, outcome))
            return not self._alone


Back = SimpleQueue[tuple[Lane, Outcome | None]]


class Round:
    """Several lanes side by side."""

    def __init__(self, lanes: list[Lane], back: Back) -> None:
        self._lanes = lanes
        self._back = back
        self._left = 0

    def run(self) -> None:
        """Send it all, but for what hangs."""
        self._left = sum(lane.start() for lane in self._lanes)
        while self._left:
            came = self._come_back()
            try:
                written([outcome for _, outcome in came if outcome is not None])
            finally:
                for lane, _ in came:
                    lane.go_on()
            for lane in [lane for lane in self._lanes if lane.hangs()]:
                self._let_go(lane)

    def _come_back(self) -> list[tuple[Lane, Outcome | None]]:
        """What came back since the last look; waits for the first."""
        back = []
        with suppress(Empty):
            back.append(self._back.get(timeout=LOOK))
            while True:
                back.append(self._back.get_nowait())
        self._left -= len(back)
        return back

    def _let_go(self, lane: Lane) -> None:
        """What it has not begun is free for later rounds, when it has rested."""
        self._lanes.remove(lane)
        channels().rest(lane.name)
        unsent, sending = lane.leave_alone()
        self._left -= len(unsent) + sending
        log.warning("far end hangs, left alone", lane=lane.name, unsent=len(unsent), sending=sending)
        written([Outcome(claim, WAITING, until=now(), tried=False) for claim in unsent])


def attempted(claim: Claim) -> Outcome | None:
    """One try at one delivery. None when the lease was lost meanwhile: whoever has it now sends."""
    if early := _not_to_be_tried(claim):
        return early
    try:
        _send(claim)
    except LeaseLost:
        log.warning("lease lost, not sent", delivery=str(claim.delivery), kind=claim.kind)
        return None
    except (NotWanted, NotYet, PermanentFailure, TransientFailure) as known:
        return judged(claim, known, at=now())
    except Exception as bug:
        log.exception("channel broke", delivery=str(claim.delivery), kind=claim.kind)
        return judged(claim, bug, at=now())
    finally:
        db.session.rollback()  # the next one reads afresh
    return judged(claim, None, at=now())


def _not_to_be_tried(claim: Claim) -> Outcome | None:
    if claim.attempts > MOST_TRIES:
        return Outcome(claim, DEAD, "tried too often without an outcome")
    stale_at = claim.message.stale_at
    if stale_at is not None and stale_at <= now() and not _has_a_chance_yet(claim):
        return Outcome(claim, FAILED, "went stale before it could be sent")
    return None


def _has_a_chance_yet(claim: Claim) -> bool:
    """A notice's time by one channel may pass while the house stands still, or in one moment when its clock is set:
    that is no reason to go on to the next channel, or to none.
    """
    tried = claim.attempts > CHANCES or claim.lane in channels().resting()
    return claim.notice_id is not None and not tried


def _send(claim: Claim) -> None:
    """To the channel, if whoever filed it still wants that and the lease did not run out while this process slept."""
    message = as_it_goes(claim.message)
    held = Held(claim)
    if not held(room=SEND_LIMIT):
        raise LeaseLost
    db.session.rollback()  # no connection is held while the far end thinks
    channels().send(claim.kind, claim.lane, replace(message, may_go=held))


class Held:
    """Whether a claim is still ours. Asked of the database again when the last answer has grown old, as it has
    whenever this process slept.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._seen_at = -FRESH

    def __call__(self, *, room: float = 0) -> bool:
        if now() + timedelta(seconds=room) > self._claim.until:
            return False
        if time.monotonic() - self._seen_at < FRESH:
            return True
        held = self._claim.holds(at=now(), room=room)
        if held:
            self._seen_at = time.monotonic()
        return held


def written(outcomes: Sequence[Outcome]) -> None:
    """What cannot be undone is written down though another writer holds the database for long: an outcome
    that is lost is a message sent twice.
    """
    if not outcomes:
        return None
    for wait in WAITS_TO_WRITE:
        try:
            return _written(outcomes)
        except (Busy, OperationalError):
            time.sleep(wait)
    return _written(outcomes)


def _written(outcomes: Sequence[Outcome]) -> None:
    with system_access("outcomes"), writing():
        outcomes_of_tries.write_down(outcomes, at=now())
