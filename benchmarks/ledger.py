"""P7 and P8: finding, claiming and enqueueing what falls due among a million deliveries; sealing pushes."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import median
from time import process_time

from sqlalchemy import insert

from benchmarks.company import Company
from benchmarks.measure import Result
from crmweb import clock
from crmweb.db import db, new_id, writing
from crmweb.jobs import Bell, bell
from crmweb.notifications import jobs
from crmweb.notifications.claims import Claim
from crmweb.notifications.endpoints import Endpoint
from crmweb.notifications.models import SENT, WAITING, Delivery
from crmweb.notifications.push import Push
from crmweb.notifications.vapid import vapid
from crmweb.outgoing import Outgoing
from crmweb.scope import system_access
from tests.machine.redis import RedisServer
from tests.notifications.push_house import Browser, open_service

ALL, DUE = 1_000_000, 1_000
AT_ONCE = 20_000
ROUNDS = 5
PUSHES, FEWEST = 3_000, 3_000
MOST_MS = 20


def due_deliveries(company: Company) -> Iterator[Result]:
    """P7, with a real Redis. Give it a copy of a company."""
    redis = RedisServer().start()
    company.app.extensions["bell"] = Bell(redis.url)
    try:
        with company.app.app_context():
            _fill(clock.now())
            rung, claimed = zip(*(_once(number) for number in range(ROUNDS)), strict=True)
    finally:
        redis.discard()
    ms = median(rung) + median(claimed)
    came_to = f"{ms:.1f} ({median(rung):.1f} found and rung, {median(claimed):.1f} claimed)"
    yield Result(
        "P7", f"claim and enqueue {DUE:,} of {ALL:,} deliveries, ms", came_to, f"≤ {MOST_MS}", ms <= MOST_MS
    )


def sealed_pushes(company: Company) -> Iterator[Result]:
    """P8: encrypted for a browser and signed for its push service, by the channel's own way."""
    settings = company.app.extensions["settings"]
    with open_service() as service, company.app.app_context():
        browser = Browser(service)
        endpoint = Endpoint.read(browser.endpoint, browser.p256dh, browser.auth, (service.origin,))
        push, signing = Push(settings, Outgoing()), vapid(settings)
        text = b'{"web_push":8030,"notification":{"title":"Send Minh the quote","navigate":"/customers/1"}}'
        push.sealed(text, endpoint)
        begun = process_time()
        for _ in range(PUSHES):
            push.sealed(text, endpoint)
            signing.authorization(endpoint.origin)
        a_second = PUSHES / (process_time() - begun)
    came_to, goal = f"{a_second:,.0f}", f"≥ {FEWEST:,}"
    yield Result("P8", "pushes encrypted and signed, a second and core", came_to, goal, a_second >= FEWEST)


def _fill(at: datetime) -> None:
    """Half of them have ended, half wait for a day to come."""
    with system_access("benchmark"):
        for start in range(0, ALL, AT_ONCE):
            with writing():
                rows = [_row(number, at) for number in range(start, start + AT_ONCE)]
                db.session.execute(insert(Delivery), rows)


def _row(number: int, at: datetime, *, due: bool = False) -> dict[str, object]:
    ended = number % 2 == 0 and not due
    next_at = at if due else at + timedelta(days=1, seconds=number)
    return {
        "id": new_id(), "dedupe": f"reminder {number} {due} {at}", "kind": "notice", "lane": "notice",
        "recipient": uuid.UUID(int=number).hex, "payload": {}, "state": SENT if ended else WAITING, "attempts": 0,
        "not_before": next_at, "next_at": next_at, "ended_at": at if ended else None,
    }  # fmt: skip


def _once(number: int) -> tuple[float, float]:
    """Milliseconds to find and ring what fell due just now, and to claim it as a worker does, batch by batch."""
    at = clock.now()
    with system_access("benchmark"), writing():
        db.session.execute(insert(Delivery), [_row(each, at, due=True) for each in range(DUE)])
    bell().redis.flushall()
    begun = process_time()
    jobs.ring_due()
    rung = process_time()
    batches = [job.args for job in bell().queue("bell").jobs]
    read = process_time()
    claimed = 0
    with system_access("benchmark"):
        for batch in batches:
            with writing():
                claimed += len(Claim.take([uuid.UUID(each) for each in batch], at=clock.now()))
    assert claimed == DUE, f"{claimed} of {DUE} were claimed"
    ended = process_time()
    return (rung - begun) * 1000, (ended - read) * 1000
