"""Whether pushes arrive on the devices that people are signed in on."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crmweb.db import db
from crmweb.notifications.models import DEAD, FAILED, Delivery
from crmweb.notifications.subscriptions import PushSubscription


@dataclass(frozen=True)
class PushHealth:
    """How push does on one device; `gone` says why it gets nothing any more."""

    gone: str | None
    last_ok_at: datetime | None
    last_failed_at: datetime | None

    @property
    def fails(self) -> bool:
        """Whether the last that was tried did not arrive."""
        if self.last_failed_at is None:
            return False
        return self.last_ok_at is None or self.last_failed_at > self.last_ok_at


def push_health(sessions: Collection[uuid.UUID]) -> dict[uuid.UUID, PushHealth]:
    """By session, for those on which somebody ever said yes to push; two statements, whatever their number."""
    kept = PushSubscription
    asked = select(kept.id, kept.session_id, kept.gone, kept.last_ok_at).where(kept.session_id.in_(sessions))
    rows = db.session.execute(asked.order_by(kept.seen_at, kept.id)).all()
    failed = _last_failures([row.id.hex for row in rows])
    return {row.session_id: PushHealth(row.gone, row.last_ok_at, failed.get(row.id.hex)) for row in rows}


def _last_failures(recipients: Collection[str]) -> dict[str, datetime]:
    ended = (Delivery.kind == "push", Delivery.state.in_((FAILED, DEAD)), Delivery.recipient.in_(recipients))
    asked = select(Delivery.recipient, func.max(Delivery.ended_at)).where(*ended).group_by(Delivery.recipient)
    return {recipient: at for recipient, at in db.session.execute(asked) if at}
