"""P9 and P13: eight who write at once, and what the whole house takes when nobody asks it anything."""

import multiprocessing
import re
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from uuid import UUID

from benchmarks.company import Company
from benchmarks.measure import Result
from crmweb import clock
from crmweb.db import Busy, db, new_id, writing
from crmweb.idempotency import KeptAnswer
from crmweb.scope import system_access
from tests.supervisor.product import Product

WRITERS, WRITE_FOR = 8, timedelta(seconds=10)
LONGEST_S = 0.5
SETTLES = 20
"""Seconds after its start in which the house comes to rest."""
MOST_MB = 300


class Written(NamedTuple):
    """What one writer came to: durable commits, how often it was told that the database is locked, its longest wait
    in seconds.
    """

    commits: int
    locked: int
    longest: float


def writers(company: Company) -> Iterator[Result]:
    """P9, each in a process of its own, by the wall's clock: a wait is a wait. Give it a copy of a company."""
    rep = company.rep(0).viewer_id
    assert rep is not None
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(WRITERS, mp_context=spawn) as pool:
        all_ready = time.time() + 15
        each = [
            pool.submit(_write, company.size, company.path.parent, rep, all_ready) for _ in range(WRITERS)
        ]
        came = [writer.result() for writer in each]
    commits, locked = sum(one.commits for one in came), sum(one.locked for one in came)
    longest = max(one.longest for one in came)
    told = f"{locked} locked, {longest:.2f} s ({commits / WRITE_FOR.total_seconds():,.0f} commits a second)"
    goal = f"0 / ≤ {LONGEST_S} s"
    what = f"{WRITERS} writers on SQLite: “locked” / longest wait"
    yield Result("P9", what, told, goal, not locked and longest <= LONGEST_S)


def _write(size: int, home: Path, rep: UUID, begin: float) -> Written:
    company, waits, locked = Company(size, home), list[float](), 0
    with company.app.app_context(), system_access("a writer of a benchmark"):
        time.sleep(max(0.0, begin - time.time()))
        end = time.monotonic() + WRITE_FOR.total_seconds()
        while (begun := time.monotonic()) < end:
            try:
                with writing():
                    db.session.add(_row(rep))
            except Busy:
                locked += 1
            waits.append(time.monotonic() - begun)
    return Written(len(waits) - locked, locked, max(waits))


def _row(rep: UUID) -> KeptAnswer:
    at, record = clock.now(), new_id()
    return KeptAnswer(
        user_id=rep, key=str(record), endpoint="", digest=bytes(32), status=201, record_id=record, kept_at=at
    )


def idle() -> Iterator[Result]:
    """P13: with the demo, once a page was shown and then nobody came."""
    with TemporaryDirectory() as home:
        house = Product(Path(home)).ready()
        try:
            assert house.get("/session/new") == 200
            time.sleep(SETTLES)
            parts = [_pss_mb(pid) for pid in set(house.everything())]
        finally:
            house.stop()
            house.end()
    told = f"{sum(parts):.0f} MB in {len(parts)} processes"
    yield Result(
        "P13",
        "idle memory of everything that `make run` starts",
        told,
        f"≤ {MOST_MB} MB",
        sum(parts) <= MOST_MB,
    )


def _pss_mb(pid: int) -> float:
    """What a process takes, and its share of what it has in common with others."""
    told = Path(f"/proc/{pid}/smaps_rollup").read_text()
    found = re.search(r"^Pss: +(\d+) kB", told, re.MULTILINE)
    assert found, told
    return int(found[1]) * 1024 / 1e6
