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
    """Whose devices somebody looks for: by the words of the people's search, by the person, or those that hold `unsent`
    work.
    """

    words: str = ""
    person_id: uuid.UUID | None = None
    unsent: bool = False

    def rows(
        self, most: int, *, at: datetime, after: uuid.UUID | None = None
    ) -> Sequence[tuple[DeviceSession, User]]:
        """So many, the latest seen first, those that follow `after`; two statements at most, whatever the number.

        Of those that hold unsent work, whose work waits longest comes first.
        """
        asked: Any = (
            select(DeviceSession, User)
            .join(User, User.id == DeviceSession.user_id)
            .where(*self._fits(at))
            .order_by(*self._order())
            .limit(most)
        )
        last = db.session.get(DeviceSession, after) if after else None
        if last is not None:
            asked = asked.where(self._behind(last))
        return [(device, person) for device, person in db.session.execute(asked)]

    def count(self, *, at: datetime) -> int:
        """How many there are."""
        some = select(func.count(DeviceSession.id)).join(User, User.id == DeviceSession.user_id)
        return db.session.scalar(some.where(*self._fits(at))) or 0

    def _order(self) -> tuple[ColumnElement[Any], ...]:
        if self.unsent:
            return DeviceSession.unsent_since.asc(), DeviceSession.id.asc()
        return DeviceSession.seen_at.desc(), DeviceSession.id.desc()

    def _behind(self, last: DeviceSession) -> ColumnElement[bool]:
        since, seen = DeviceSession.unsent_since, DeviceSession.seen_at
        if self.unsent:
            return or_(
                since > last.unsent_since, and_(since == last.unsent_since, DeviceSession.id > last.id)
            )
        return or_(seen < last.seen_at, and_(seen == last.seen_at, DeviceSession.id < last.id))

    def _fits(self, at: datetime) -> list[ColumnElement[bool]]:
        fits: list[ColumnElement[bool]] = [DeviceSession.alive(at=at), User.deactivated_at.is_(None)]
        fits += [User.folded.like(pattern) for pattern in patterns(self.words)]
        if self.words and not patterns(self.words):
            fits.append(false())
        if self.unsent:
            fits.append(DeviceSession.unsent_since.is_not(None))
        if self.person_id:
            fits.append(DeviceSession.user_id == self.person_id)
        return fits
