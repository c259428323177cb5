"""What Prometheus reads of what waits to leave the house: the same from every process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError
from sqlalchemy import func, select, text

from crmweb import clock
from crmweb.db import UtcDateTime, db
from crmweb.jobs import QUEUES, bell
from crmweb.metrics import SEEN
from crmweb.notifications.models import STATES, Delivery
from crmweb.scope import system_access


def oldest_due() -> datetime | None:
    """Since when the longest due delivery waits; None where none is due."""
    found: datetime | None = db.session.scalar(select(func.min(Delivery.next_at)).where(_waits()))
    return found if found is not None and found <= clock.now() else None


def _waits() -> Any:
    return text("deliveries.state = 'waiting'")


def last_sweep() -> datetime | None:
    """When somebody last looked for what was missed; None where nobody ever has."""
    beat = text("SELECT at FROM heartbeats WHERE task = 'sweep deliveries'").columns(at=UtcDateTime())
    found: datetime | None = db.session.scalar(beat)
    return found


class Ledger(Collector):
    """Read from the database and Redis when somebody asks."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with system_access("metrics"):
            yield self._by_state()
            yield self._age(
                "crmweb_delivery_oldest_due", "How long the longest due delivery waits", oldest_due()
            )
            yield self._age("crmweb_sweep_age", "How long ago what was missed was looked for", last_sweep())
            yield self._unreached()
        yield from self._queues()

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing: the registry asks when the collector is hung on it, long before there is a database."""
        return []

    @staticmethod
    def _by_state() -> GaugeMetricFamily:
        gauge = GaugeMetricFamily("crmweb_deliveries", "Messages by state", labels=["state"])
        counted = dict.fromkeys(STATES, 0)
        for state, count in db.session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)):
            counted[state] = count
        for state, count in counted.items():
            gauge.add_metric([state], count)
        return gauge

    @staticmethod
    def _age(name: str, what: str, since: datetime | None) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(f"{name}_seconds", what)
        gauge.add_metric([], max((clock.now() - since).total_seconds(), 0) if since else 0)
        return gauge

    @staticmethod
    def _unreached() -> GaugeMetricFamily:
        gauge = GaugeMetricFamily(
            "crmweb_notices_unreached", "Notices that no channel took and nobody has seen"
        )
        count = text("SELECT count(*) FROM notices WHERE state = 'unreached' AND seen_at IS NULL")
        gauge.add_metric([], db.session.scalar(count) or 0)
        return gauge

    @staticmethod
    def _queues() -> Iterator[GaugeMetricFamily]:
        """How many calls wait, and for how long the first; nothing while Redis is away."""
        waiting = GaugeMetricFamily("crmweb_queue_waiting", "Calls that wait for a worker", labels=["queue"])
        age = GaugeMetricFamily(
            "crmweb_queue_age_seconds", "How long the first of them waits", labels=["queue"]
        )
        try:
            for queue in QUEUES:
                waiting.add_metric([queue], bell().waiting(queue))
                age.add_metric([queue], bell().age(queue))
        except (RedisError, OSError):
            return
        yield waiting
        yield age


@cache
def watch() -> None:
    """Have it looked at, once a process."""
    SEEN.register(Ledger())
