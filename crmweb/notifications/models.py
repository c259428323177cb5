"""The delivery ledger: a row for everything that must leave the house, written in the transaction of its
cause.

A delivery is *waiting* until it ends as *sent*, *failed* (trying again would not help), *dead* (eight
tries) or *cancelled* (nobody should get it any more). Who sends it holds a lease: see ``claims``.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Index, String, Text, and_, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, changed, db, is_sqlite, new_id
from crmweb.jobs import after_commit

WAITING, SENT, FAILED, DEAD, CANCELLED = "waiting", "sent", "failed", "dead", "cancelled"
STATES: Final = (WAITING, SENT, FAILED, DEAD, CANCELLED)

DELIVER: Final = "crmweb.notifications.jobs.deliver"
# How long a sender has a row for itself. Longer than a bell job may run (jobs.TIME_LIMITS) and than a
# send may take.
LEASE: Final = timedelta(seconds=60)
FREE: Final[dict[str, None]] = {"lease": None, "lease_until": None}

_WAITS: Final = text("state = 'waiting'")
_TELLS: Final = text("notice_id IS NOT NULL")


class Delivery(Model):
    """One message to one recipient by one channel (``kind``). Times are UTC.

    ``dedupe`` names its cause once for all ("reminder 0192… due 2026-03-01"): filed twice, it is one row. ``lane``
    is the far end whose slowness it shares; ``notice_id`` the notice that it carries to one of its person's devices.
    """

    __tablename__ = "deliveries"
    # The clock looks for due rows every two seconds: among millions that have ended only the waiting ones
    # stand here.
    __table_args__ = (
        Index("ix_deliveries_waiting", "next_at", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index("ix_deliveries_state", "state", "id"),
        Index("ix_deliveries_notice_id", "notice_id", sqlite_where=_TELLS, postgresql_where=_TELLS),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    dedupe: Mapped[str] = mapped_column(String(250), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    lane: Mapped[str] = mapped_column(String(120), server_default="")
    recipient: Mapped[str] = mapped_column(String(320))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
    notice_id: Mapped[uuid.UUID | None]
    state: Mapped[str] = mapped_column(String(10), default=WAITING)
    not_before: Mapped[datetime]
    stale_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    lease: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None]

    @classmethod
    def file(
        cls,
        *,
        dedupe: str,
        kind: str,
        recipient: str,
        payload: Mapping[str, Any],
        at: datetime,
        not_before: datetime | None = None,
        stale_at: datetime | None = None,
        lane: str | None = None,
    ) -> uuid.UUID | None:
        """File it in the caller's transaction; after the commit a worker is rung if it is due at ``at``.

        Not sent before ``not_before`` (default ``at``) nor after ``stale_at``. Returns its id, or None
        when a delivery with this ``dedupe`` is filed already, which is then left as it is.
        """
        due = max(not_before or at, at)
        row = {
            "dedupe": dedupe, "kind": kind, "recipient": recipient, "payload": dict(payload), "lane": lane or kind,
            "notice_id": None, "stale_at": stale_at,
        }  # fmt: skip
        filed = cls.file_many([row], at=due)
        if not filed:
            return None
        if due <= at:
            after_commit(DELIVER, filed[0].hex)
        return filed[0]

    @classmethod
    def file_many(cls, rows: Sequence[Mapping[str, Any]], *, at: datetime) -> list[uuid.UUID]:
        """File several that are due at ``at``, and ring nobody. The ids of those that were not filed before."""
        if not rows:
            return []
        insert = sqlite.insert if is_sqlite() else postgresql.insert
        common = {"not_before": at, "next_at": at, "state": WAITING, "attempts": 0}
        statement = insert(cls).values([{**row, **common, "id": new_id()} for row in rows])
        filed = statement.on_conflict_do_nothing(index_elements=["dedupe"]).returning(cls.id)
        return list(db.session.scalars(filed))

    @classmethod
    def due(cls, *, at: datetime) -> ColumnElement[bool]:
        """Rows that somebody should send now: waiting, their time come, in nobody's hands."""
        return and_(text("deliveries.state = 'waiting'"), cls.next_at <= at, cls.free(at=at))

    @classmethod
    def free(cls, *, at: datetime) -> ColumnElement[bool]:
        """Rows in nobody's hands. A lease that ends later than any can was taken before the clock was set back."""
        until = cls.lease_until
        return or_(until.is_(None), until <= at, until > at + 2 * LEASE)

    @classmethod
    def cancel(cls, dedupes: Collection[str], *, at: datetime) -> int:
        """Nobody should get them any more: end those that still wait and that nobody is sending just now.

        Returns how many. One that is being sent ends as its sender finds.
        """
        waiting = (cls.dedupe.in_(dedupes), text("deliveries.state = 'waiting'"), cls.free(at=at))
        return changed(update(cls).where(*waiting).values(state=CANCELLED, ended_at=at, **FREE))

    @classmethod
    def rewrite(cls, payloads: Mapping[str, Mapping[str, Any]], *, at: datetime) -> set[str]:
        """Those that still wait say something else, by their ``dedupe``. Returns which: not one that is being sent."""
        waiting = (cls.dedupe.in_(list(payloads)), text("deliveries.state = 'waiting'"), cls.free(at=at))
        found = db.session.scalars(select(cls).where(*waiting).with_for_update()).all()
        for delivery in found:
            delivery.payload = dict(payloads[delivery.dedupe])
        return {delivery.dedupe for delivery in found}

    @classmethod
    def retry(cls, delivery: uuid.UUID, *, at: datetime, ring: bool = True) -> bool:
        """An admin's button: begin again with a delivery that *failed* or is *dead*. False if it is
        neither. ``ring``: whether a worker is told at once, or the next sweep finds it.
        """
        again = {"state": WAITING, "attempts": 0, "next_at": at, "stale_at": None, "ended_at": None, **FREE}
        statement = update(cls).where(cls.id == delivery, cls.state.in_((FAILED, DEAD))).values(**again)
        if not changed(statement):
            return False
        if ring:
            after_commit(DELIVER, delivery.hex)
        return True

    def __repr__(self) -> str:
        return f"<Delivery {self.id} {self.kind} {self.state}>"
