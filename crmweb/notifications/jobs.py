"""The ledger's jobs: send what was rung, ring what falls due, sweep up what was missed.

All of them may run twice at once, in any number of processes: who sends is decided by the claim alone.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy import select

from crmweb.clock import now
from crmweb.db import db, writing
from crmweb.jobs import Call, bell
from crmweb.notifications.channels import channels
from crmweb.notifications.claims import Claim
from crmweb.notifications.models import DELIVER, Delivery
from crmweb.notifications.outcomes import NOTICE
from crmweb.notifications.sending import send_all
from crmweb.notifications.setting_out import set_out
from crmweb.scope import system_access

# Ids that one job carries: many, for a job costs more than a row.
BATCH: Final = 100
# A job takes up no further round after this (seconds): with the last one it still ends within the bell's
# time limit.
BATCH_SECONDS: Final = 20.0
# What one round rings at most; the rest is there in the next round.
MOST_AT_ONCE: Final = 2000
# A bell queue this long rings enough already.
ENOUGH_JOBS: Final = 100
# So much overdue although rung, nobody works on the queue: the sweep sends it itself.
NOBODY_CAME: Final = timedelta(seconds=60)
# Two of the clock's rounds (crmweb.schedule), so that a late round leaves none out.
JUST_NOW: Final = timedelta(seconds=4)


def deliver(*ids: str) -> None:
    """Send these deliveries, as far as they are due and free, and at once what a notice among them files. What
    time does not allow is left to the sweep.
    """
    end = time.monotonic() + BATCH_SECONDS
    waiting = [uuid.UUID(delivery) for delivery in ids]
    while waiting and time.monotonic() < end:
        now_, waiting = waiting[:BATCH], waiting[BATCH:]
        waiting = [*_round(now_), *waiting]


def _round(deliveries: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """One try at each that is to be had. What notices among them filed, to be sent next."""
    with system_access("deliveries"), writing():
        claims = Claim.take(deliveries, at=now(), but=channels().resting())
    filed = set_out([claim for claim in claims if claim.kind == NOTICE])
    send_all([claim for claim in claims if claim.kind != NOTICE])
    return filed


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
