"""The devices on which people are signed in, all of them, as whoever looks after them finds one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from crmweb.accounts.finding import patterns
from crmweb.accounts.models import User
from crmweb.accounts.sessions import DeviceSession
from crmweb.db import db


@dataclass(frozen=True)
class DevicesQuestion:
    """Whose devices somebody looks for: by the words of the people's search, or by the person."""

    words: str = ""
    person_id: uuid.UUID | None = None

    def rows(
        self, most: int, *, at: datetime, after: uuid.UUID | None = None
    ) -> Sequence[tuple[DeviceSession, User]]:
        """So many, the latest seen first, those that follow `after`; two statements at most, whatever the number."""
        asked: Any = (
            select(DeviceSession, User)
            .join(User, User.id == DeviceSession.user_id)
            .where(*self._fits(at))
            .order_by(DeviceSession.seen_at.desc(), DeviceSession.id.desc())
            .limit(most)
        )
        last = db.session.get(DeviceSession, after) if after else None
        if last is not None:
            earlier = DeviceSession.seen_at < last.seen_at
            same = and_(DeviceSession.seen_at == last.seen_at, DeviceSession.id < last.id)
            asked = asked.where(or_(earlier, same))
        return [(device, person) for device, person in db.session.execute(asked)]

    def count(self, *, at: datetime) -> int:
        """How many there are."""
        some = select(func.count(DeviceSession.id)).join(User, User.id == DeviceSession.user_id)
        return db.session.scalar(some.where(*self._fits(at))) or 0

    def _fits(self, at: datetime) -> list[ColumnElement[bool]]:
        fits: list[ColumnElement[bool]] = [DeviceSession.alive(at=at), User.deactivated_at.is_(None)]
        fits += [User.folded.like(pattern) for pattern in patterns(self.words)]
        if self.words and not patterns(self.words):
            fits.append(false())
        if self.person_id:
            fits.append(DeviceSession.user_id == self.person_id)
        return fits
