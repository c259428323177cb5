"""Leases on deliveries: who sends a row has it for a while, and nobody else does.

A lease is taken by one conditional UPDATE, looked at again just before sending, and the outcome is written only
while it is still one's own; so two workers never send the same row but where the first died after the far end may
have accepted it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, or_, select, text, update

from crmweb.db import changed, db
from crmweb.notifications.channels import Message
from crmweb.notifications.models import CANCELLED, DEAD, FAILED, FREE, LEASE, SENT, Delivery

MOST_TRIES: Final = 8
# Waits between tries: 10 s, 40 s, 2.7 min, 11 min, 43 min, 2.8 h, 6 h. Quick enough for a hiccup, and the
# eighth try comes ten hours after the first, when somebody has mended the mail server.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(hours=6)
LONGEST_ERROR: Final = 500


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the ``attempts``-th try failed."""
    wait: timedelta = FIRST_WAIT * 4 ** (attempts - 1)
    return min(wait, LONGEST_WAIT)


@dataclass(frozen=True)
class Claim:
    """A delivery in somebody's hands: what to send, and the lease that proves the right to."""

    lease: str
    until: datetime
    kind: str
    lane: str
    attempts: int
    notice_id: uuid.UUID | None
    message: Message

    @property
    def delivery(self) -> uuid.UUID:
        return self.message.delivery

    @classmethod
    def take(
        cls, deliveries: Collection[uuid.UUID], *, at: datetime, but: Collection[str] = ()
    ) -> list[Claim]:
        """Take those for ``LEASE`` that are to be had, in a transaction that the caller commits before sending.

        Left are the ones that are not due, ended, in other hands, or of a lane in ``but`` (unless they have gone
        stale there: then it is time to say so). The try is counted here, so that a message which kills its worker
        each time ends as *dead* too.
        """
        lease, until = uuid.uuid4().hex, at + LEASE
        asked = {"ids": list(deliveries), "at": at, "lease": lease, "until": until, "but": list(but)}
        asked["far"] = at + 2 * LEASE
        return [cls._of(row, lease, until) for row in db.session.execute(_TAKE, asked)]

    @classmethod
    def _of(cls, row: Any, lease: str, until: datetime) -> Claim:
        delivery, dedupe, kind, lane, recipient, payload, stale_at, attempts, notice_id = row
        message = Message(dedupe, recipient, payload, stale_at, delivery=delivery)
        return cls(lease, until, kind, lane, attempts, notice_id, message)

    def holds(self, *, at: datetime, room: float) -> bool:
        """Whether it is still ours, and for ``room`` seconds more. Asked just before sending."""
        if at + timedelta(seconds=room) > self.until:
            return False
        mine = select(Delivery.id).where(Delivery.id == self.delivery, Delivery.lease == self.lease)
        return db.session.scalar(mine) is not None

    def give_back(self, *, until: datetime) -> bool:
        """Nothing was tried: free the row for whoever comes at ``until``."""
        return self._write(attempts=Delivery.attempts - 1, next_at=until)

    @staticmethod
    def all_sent(claims: Sequence[Claim], *, at: datetime) -> set[uuid.UUID]:
        """The far end has them all. Those whose lease was ours still; the others were not written, like below."""
        written: set[uuid.UUID] = set()
        for lease in {claim.lease for claim in claims}:
            ids = [claim.delivery for claim in claims if claim.lease == lease]
            written |= {*db.session.scalars(_ALL_SENT, {"ids": ids, "ours": lease, "end": SENT, "ended": at})}
        return written

    def failed(self, reason: str, *, at: datetime) -> bool:
        """It never will be sent."""
        return self._write(state=FAILED, ended_at=at, last_error=reason[:LONGEST_ERROR])

    def cancelled(self, reason: str, *, at: datetime) -> bool:
        """Nobody should get it any more."""
        return self._write(state=CANCELLED, ended_at=at, last_error=reason[:LONGEST_ERROR])

    def dead(self, reason: str, *, at: datetime) -> bool:
        """It was tried often enough."""
        return self._write(state=DEAD, ended_at=at, last_error=reason[:LONGEST_ERROR])

    def put_off(self, reason: str, *, until: datetime) -> bool:
        """It may be sent later."""
        return self._write(next_at=until, last_error=reason[:LONGEST_ERROR])

    def _write(self, **values: Any) -> bool:
        mine = update(Delivery).where(Delivery.id == self.delivery, Delivery.lease == self.lease)
        return bool(changed(mine.values(**values, **FREE)))


_LEDGER: Final[Any] = Delivery.__table__
_ROW: Final = _LEDGER.c
# Of one shape and past the objects: a thousand that fall due at once are claimed in batches, and the statement's
# making was a third of it.
_TAKE: Final = (
    _LEDGER.update()
    .where(
        _ROW.id.in_(bindparam("ids", expanding=True)),
        text("deliveries.state = 'waiting'"),
        _ROW.next_at <= bindparam("at"),
        or_(
            _ROW.lease_until.is_(None),
            _ROW.lease_until <= bindparam("at"),
            _ROW.lease_until > bindparam("far"),  # see Delivery.free
        ),
        or_(_ROW.lane.not_in(bindparam("but", expanding=True)), _ROW.stale_at <= bindparam("at")),
    )
    .values(lease=bindparam("lease"), lease_until=bindparam("until"), attempts=_ROW.attempts + 1)
    .returning(
        _ROW.id, _ROW.dedupe, _ROW.kind, _ROW.lane, _ROW.recipient, _ROW.payload, _ROW.stale_at, _ROW.attempts,
        _ROW.notice_id,
    )
)  # fmt: skip
_ALL_SENT: Final = (
    _LEDGER.update()
    .where(_ROW.id.in_(bindparam("ids", expanding=True)), _ROW.lease == bindparam("ours"))
    .values(
        state=bindparam("end"), ended_at=bindparam("ended"), last_error=None, lease=None, lease_until=None
    )
    .returning(_ROW.id)
)
