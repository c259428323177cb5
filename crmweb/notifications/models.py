"""The delivery ledger: a row for everything that must leave the house, written in the transaction of its
cause.

A delivery is *waiting* until it ends as *sent*, *failed* (trying again would not help) or *dead* (eight
tries). Whoever sends it holds a lease. A lease is taken by one conditional UPDATE, looked at again just
before sending, and the outcome is written only while it is still one's own; so two workers never send the
same row but where the first died after the far end may have accepted it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import JSON, ColumnElement, Index, String, Text, Update, and_, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db, is_sqlite, new_id
from crmweb.jobs import after_commit
from crmweb.notifications.channels import Message

WAITING, SENT, FAILED, DEAD = "waiting", "sent", "failed", "dead"

# How long a sender has a row for itself. Longer than a bell job may run (jobs.TIME_LIMITS) and than a
# send may take.
LEASE: Final = timedelta(seconds=60)
MOST_TRIES: Final = 8
# Waits between tries: 10 s, 40 s, 2.7 min, 11 min, 43 min, 2.8 h, 6 h. Quick enough for a hiccup, and the
# eighth try comes ten hours after the first, when somebody has mended the mail server.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)
LONGEST_ERROR: Final = 500

DELIVER: Final = "crmweb.notifications.jobs.deliver"


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the ``attempts``-th try failed."""
    wait: timedelta = FIRST_WAIT * 4 ** (attempts - 1)
    return min(wait, LONGEST_WAIT)


class Delivery(Model):
    """One message to one recipient by one channel (``kind``). Times are UTC.

    ``dedupe`` names its cause once for all ("reminder 0192… due 2026-03-01"): filed twice, it is one row.
    """

    __tablename__ = "deliveries"
    # The clock looks for due rows every two seconds: among millions that have ended only the waiting ones
    # stand here.
    __table_args__ = (
        Index(
            "ix_deliveries_waiting",
            "next_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    dedupe: Mapped[str] = mapped_column(String(250), unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    recipient: Mapped[str] = mapped_column(String(320))
    payload: Mapped[dict[str, Any]] = mapped_column(JSON)
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
    ) -> uuid.UUID | None:
        """File it in the caller's transaction; after the commit a worker is rung if it is due at ``at``.

        Not sent before ``not_before`` (default ``at``) nor after ``stale_at``. Returns its id, or None
        when a delivery with this ``dedupe`` is filed already, which is then left as it is.
        """
        due = max(not_before or at, at)
        insert = sqlite.insert if is_sqlite() else postgresql.insert
        row = {
            "id": new_id(),
            "dedupe": dedupe,
            "kind": kind,
            "recipient": recipient,
            "payload": dict(payload),
        }
        times = {"not_before": due, "next_at": due, "stale_at": stale_at}
        statement = insert(cls).values(**row, **times, state=WAITING, attempts=0)
        filed = db.session.scalar(
            statement.on_conflict_do_nothing(index_elements=["dedupe"]).returning(cls.id)
        )
        if filed is not None and due <= at:
            after_commit(DELIVER, filed.hex)
        return filed

    @classmethod
    def due(cls, *, at: datetime) -> ColumnElement[bool]:
        """Rows that somebody should send now: waiting, their time come, in nobody's hands."""
        free = or_(cls.lease_until.is_(None), cls.lease_until <= at)
        return and_(text("deliveries.state = 'waiting'"), cls.next_at <= at, free)

    @classmethod
    def retry(cls, delivery: uuid.UUID, *, at: datetime) -> bool:
        """An admin's button: begin again with a delivery that *failed* or is *dead*. False if it is
        neither.
        """
        again = {"state": WAITING, "attempts": 0, "next_at": at, "stale_at": None, "ended_at": None, **_FREE}
        statement = update(cls).where(cls.id == delivery, cls.state.in_((FAILED, DEAD))).values(**again)
        if not _changed(statement):
            return False
        after_commit(DELIVER, delivery.hex)
        return True

    def __repr__(self) -> str:
        return f"<Delivery {self.id} {self.kind} {self.state}>"


_FREE: Final[dict[str, None]] = {"lease": None, "lease_until": None}


@dataclass(frozen=True)
class Claim:
    """A delivery in somebody's hands: what to send, and the lease that proves the right to."""

    delivery: uuid.UUID
    lease: str
    until: datetime
    kind: str
    attempts: int
    message: Message

    @classmethod
    def take(cls, delivery: uuid.UUID, *, at: datetime, but: Collection[str] = ()) -> Claim | None:
        """Take it for ``LEASE``, in a transaction that the caller commits before sending. None if it is
        not to be had: not due, ended, in other hands, or of a kind in ``but``.

        The try is counted here, so that a message which kills its worker each time ends as *dead* too.
        """
        lease, until = uuid.uuid4().hex, at + LEASE
        statement = (
            update(Delivery)
            .where(Delivery.id == delivery, Delivery.due(at=at), Delivery.kind.not_in(but))
            .values(lease=lease, lease_until=until, attempts=Delivery.attempts + 1)
            .returning(*_CLAIMED)
            .execution_options(synchronize_session=False)
        )
        row = db.session.execute(statement).one_or_none()
        if row is None:
            return None
        message = Message(
            dedupe=row.dedupe, recipient=row.recipient, payload=row.payload, stale_at=row.stale_at
        )
        return cls(delivery, lease, until, row.kind, row.attempts, message)

    def holds(self, *, at: datetime, room: float) -> bool:
        """Whether it is still ours, and for ``room`` seconds more. Asked just before sending."""
        if at + timedelta(seconds=room) > self.until:
            return False
        mine = select(Delivery.id).where(Delivery.id == self.delivery, Delivery.lease == self.lease)
        return db.session.scalar(mine) is not None

    def give_back(self, *, at: datetime) -> bool:
        """Nothing was tried: free the row for whoever comes next."""
        return self._write(attempts=Delivery.attempts - 1, next_at=at)

    def sent(self, *, at: datetime) -> bool:
        """The far end has it. Like the verbs below: False when the lease was lost meanwhile and nothing
        was written.
        """
        return self._write(state=SENT, ended_at=at, last_error=None)

    def failed(self, reason: str, *, at: datetime) -> bool:
        """It never will be sent."""
        return self._write(state=FAILED, ended_at=at, last_error=reason[:LONGEST_ERROR])

    def put_off(self, reason: str, *, at: datetime, retry_after: float | None = None) -> bool:
        """It may be sent later: after ``retry_after`` seconds if the far end named them, else by the list
        of waits.
        """
        if self.attempts >= MOST_TRIES:
            return self._write(state=DEAD, ended_at=at, last_error=reason[:LONGEST_ERROR])
        wait = wait_after(self.attempts) if retry_after is None else timedelta(seconds=retry_after)
        return self._write(next_at=at + min(wait, LONGEST_WAIT), last_error=reason[:LONGEST_ERROR])

    def _write(self, **values: Any) -> bool:
        mine = update(Delivery).where(Delivery.id == self.delivery, Delivery.lease == self.lease)
        return _changed(mine.values(**values, **_FREE))


_CLAIMED: Final = (
    Delivery.dedupe,
    Delivery.kind,
    Delivery.recipient,
    Delivery.payload,
    Delivery.stale_at,
    Delivery.attempts,
)


def _changed(statement: Update) -> bool:
    result: Any = db.session.execute(statement.execution_options(synchronize_session=False))
    return bool(result.rowcount)
