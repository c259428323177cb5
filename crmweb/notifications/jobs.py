"""The ledger's jobs: send what was rung, ring what falls due, sweep up what was missed.

All of them may run twice at once, in any number of processes: who sends is decided by the claim alone.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from crmweb.clock import now
from crmweb.db import Busy, db, writing
from crmweb.jobs import Call, bell
from crmweb.notifications.channels import (
    SEND_LIMIT,
    LeaseLost,
    PermanentFailure,
    TransientFailure,
    channels,
)
from crmweb.notifications.models import DELIVER, MOST_TRIES, Claim, Delivery
from crmweb.scope import system_access

log = structlog.get_logger(__name__)

# Ids that one job carries: many, for a job costs more than a row.
BATCH: Final = 50
# A job takes up no new delivery after this (seconds): with the last send it still ends within the bell's
# time limit.
BATCH_SECONDS: Final = 20.0
# What one round rings at most; the rest is there in the next round.
MOST_AT_ONCE: Final = 2000
# Seconds between tries to write an outcome down; a try itself waits for its turn (db.LOCK_PATIENCE).
WAITS_TO_WRITE: Final = (0.5, 1.0)
# A bell queue this long rings enough already.
ENOUGH_JOBS: Final = 100
# So much overdue although rung, nobody works on the queue: the sweep sends it itself.
NOBODY_CAME: Final = timedelta(seconds=60)
# Two of the clock's rounds (crmweb.schedule), so that a late round leaves none out.
JUST_NOW: Final = timedelta(seconds=4)


def deliver(*ids: str) -> None:
    """Send these deliveries, as far as they are due and free. What time does not allow is left to the
    sweep.
    """
    end = time.monotonic() + BATCH_SECONDS
    for delivery in ids:
        if time.monotonic() > end:
            return
        attempt(uuid.UUID(delivery))


def attempt(delivery: uuid.UUID) -> None:
    """One try at one delivery: claim, send, write down what came of it."""
    with system_access("deliveries"):
        with writing():
            claim = Claim.take(delivery, at=now(), but=channels().resting())
        if claim is not None:
            _send(claim)


def _send(claim: Claim) -> None:
    """Send what was claimed, unless there is a reason not to any more."""
    stale_at = claim.message.stale_at
    if claim.attempts > MOST_TRIES:
        _put_off(claim, "tried too often without an outcome", None)
    elif stale_at is not None and stale_at <= now():
        _failed(claim, "went stale before it could be sent")
    else:
        _hand_over(claim)


def _hand_over(claim: Claim) -> None:
    """To the channel, unless the lease ran out while this process slept."""
    try:
        if not _still_ours(claim, room=SEND_LIMIT):
            raise LeaseLost
        channels().send(claim.kind, replace(claim.message, may_go=lambda: _still_ours(claim, room=0)))
    except LeaseLost:
        log.warning("lease lost, not sent", delivery=str(claim.delivery), kind=claim.kind)
    except PermanentFailure as error:
        _failed(claim, str(error))
    except TransientFailure as error:
        _put_off(claim, str(error), error.retry_after)
    except Exception as error:
        log.exception("channel broke", delivery=str(claim.delivery), kind=claim.kind)
        _put_off(claim, f"{type(error).__name__}: {error}", None)
    else:
        _sent(claim)


def _still_ours(claim: Claim, *, room: float) -> bool:
    with system_access("lease"):
        return claim.holds(at=now(), room=room)


def _sent(claim: Claim) -> None:
    mine = _written(lambda: claim.sent(at=now()))
    log.info("delivered", delivery=str(claim.delivery), kind=claim.kind, tries=claim.attempts, kept=mine)


def _failed(claim: Claim, reason: str) -> None:
    _written(lambda: claim.failed(reason, at=now()))
    log.error("delivery failed", delivery=str(claim.delivery), kind=claim.kind, reason=reason)


def _put_off(claim: Claim, reason: str, retry_after: float | None) -> None:
    _written(lambda: claim.put_off(reason, at=now(), retry_after=retry_after))
    log.warning("delivery put off", delivery=str(claim.delivery), kind=claim.kind, reason=reason)


def _written(outcome: Callable[[], bool]) -> bool:
    """What cannot be undone is written down though another writer holds the database for long: an outcome
    that is lost is a message sent twice. False when the lease was lost.
    """
    for wait in WAITS_TO_WRITE:
        try:
            with writing():
                return outcome()
        except (Busy, OperationalError):
            time.sleep(wait)
    with writing():
        return outcome()


def ring_due() -> None:
    """Ring what fell due within the last moments. Older ones were rung before: they are the sweep's."""
    at = now()
    _rung(_due(at=at, since=at - JUST_NOW))


def sweep() -> None:
    """Ring whatever is due and was missed. While Redis is away, or when nobody works on its queue, send
    it here.
    """
    at = now()
    if _rung_unless_full(_due(at=at)):
        deliver(*_due(at=at, until=at - NOBODY_CAME))
    else:
        deliver(*_due(at=at))


def _rung_unless_full(ids: list[str]) -> bool:
    """Whether a worker will hear of them: rung now, or so many jobs wait that another would tell it
    nothing new.
    """
    try:
        return bell().waiting("bell") >= ENOUGH_JOBS or _rung(ids)
    except (RedisError, OSError):
        return False


def _due(*, at: datetime, since: datetime | None = None, until: datetime | None = None) -> list[str]:
    """Ids of due rows, the longest due first; those that fell due after ``since`` and up to ``until``."""
    query = select(Delivery.id).where(Delivery.due(at=at))
    if since is not None:
        query = query.where(Delivery.next_at > since)
    if until is not None:
        query = query.where(Delivery.next_at <= until)
    with system_access("due deliveries"):
        return [
            found.hex for found in db.session.scalars(query.order_by(Delivery.next_at).limit(MOST_AT_ONCE))
        ]


def _rung(ids: list[str]) -> bool:
    return bell().ring(Call(DELIVER, batch) for batch in _batches(ids))


def _batches(ids: list[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(ids[start : start + BATCH]) for start in range(0, len(ids), BATCH))
