"""What Prometheus reads: how the edge answers. What waits in the house: ``notifications.metrics``.

Whoever starts several web processes names a folder for prometheus_client (`PROMETHEUS_MULTIPROC_DIR`) before this
module is imported: there each counts, and whichever is asked tells what all have counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from crmweb.db import db

SEEN = CollectorRegistry()
"""What is not counted but looked at, by the process that is asked."""

ANSWERS = Counter("crmweb_answers_total", "Requests answered", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "crmweb_answer_seconds",
    "Time to answer",
    ["endpoint"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)


METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"))
"""Methods with a count of their own; a stranger may send any word as one."""


def count_answer(endpoint: str, method: str, status: int, seconds: float) -> None:
    """One more request answered. `endpoint` is its name, never its address: that may carry a secret."""
    answers, times = _counts_of(endpoint, method if method in METHODS else "other", status)
    answers.inc()
    times.observe(seconds)


@cache
def _counts_of(endpoint: str, method: str, status: int) -> tuple[Counter, Histogram]:
    """Looked up once: there are as many as the addresses and answers that we have."""
    return ANSWERS.labels(endpoint, method, status), SECONDS.labels(endpoint)


def told() -> bytes:
    """All of it, as Prometheus reads it."""
    return generate_latest(_counted()) + generate_latest(SEEN)


def _counted() -> CollectorRegistry:
    if values.ValueClass is values.MutexValue:
        return REGISTRY
    of_all = CollectorRegistry()
    MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
    return of_all


class House(Collector):
    """What this process holds, read when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        pool = GaugeMetricFamily("crmweb_database_connections", "Connections in use by this process")
        pool.add_metric([], getattr(db.engine.pool, "checkedout", lambda: 0)())
        yield pool

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry asks when the collector is hung on it, long before there is a database."""
        return []


SEEN.register(House())
