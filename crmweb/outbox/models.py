"""What phones brought and is not done: held until its visit comes, or in quarantine until somebody decides."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    Select,
    String,
    Text,
    UniqueConstraint,
    exists,
    func,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.actor import Actor
from crmweb.db import Model, db, new_id
from crmweb.idempotency import LONGEST_KEY, KeptAnswer
from crmweb.scope import Scoped, works_for_viewer

HELD, QUARANTINED = "held", "quarantined"

OLD, NO_RIGHT, NO_VISIT, REFUSED = "old", "no_right", "no_visit", "refused"
"""Why something lies in quarantine."""

WAITS_FOR: Final = timedelta(days=30)
"""So long a held write waits for its visit."""

SETTLED_FOR: Final = timedelta(days=100)
"""So long is kept what somebody has decided about."""

MOST: Final = 300
"""Writes of one person that are held or wait in quarantine; a phone with more has gone wrong."""
MOST_BYTES: Final = 200 * 1024 * 1024
"""Bytes of their photos."""

Fields = list[tuple[str, str]]


class OutboxWrite(Scoped, Model):
    """One write as it came, whole: seen by its author, and by those who see their work.

    `handed` is a copy of what its phone still holds, since we refused it. `customer_id` is what the phone said and may
    name nobody: it is no key. `said` is the reason in the words of whoever refused it; `settled_at` is when somebody
    decided that there is nothing more to do.
    """

    __tablename__ = "outbox_writes"
    __table_args__ = (
        UniqueConstraint("person_id", "key", "handed"),
        Index("ix_outbox_writes_state_arrived_at", "state", "arrived_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    item_key: Mapped[str] = mapped_column(String(LONGEST_KEY))
    handed: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(12))
    act: Mapped[str] = mapped_column(String(20), default="")
    method: Mapped[str] = mapped_column(String(10), default="POST")
    path: Mapped[str] = mapped_column(Text)
    visit_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    customer_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    fields: Mapped[list[list[str]]] = mapped_column(JSON)
    client_at: Mapped[datetime | None]
    arrived_at: Mapped[datetime]
    app_version: Mapped[str] = mapped_column(String(40), default="")
    reason: Mapped[str] = mapped_column(String(12), default="")
    said: Mapped[str] = mapped_column(String(500), default="")
    status: Mapped[int | None]
    quarantined_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    settled_by_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="SET NULL"), index=True
    )

    files: Mapped[list[OutboxFile]] = relationship(
        order_by="OutboxFile.position", cascade="all, delete-orphan", passive_deletes=True, lazy="selectin"
    )

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        return works_for_viewer(cls.__table__.c.person_id)

    def field(self, name: str) -> str:
        """What was sent under this name first; nothing where nothing was."""
        return next((value for each, value in self.fields if each == name), "")

    @property
    def done_at(self) -> datetime:
        """When it was done, as far as we were told."""
        return min(self.client_at or self.arrived_at, self.arrived_at)

    def quarantine(self, reason: str, *, at: datetime, said: str = "", status: int | None = None) -> None:
        """It cannot be done: its author and an admin see why."""
        self.state, self.quarantined_at = QUARANTINED, at
        self.reason, self.said, self.status = reason, said[:500], status

    def settle(self, *, by: Actor, at: datetime) -> bool:
        """There is nothing more to do about it; returns whether there was until now."""
        if self.settled_at is not None:
            return False
        self.settled_at, self.settled_by_id = at, by.id
        return True

    def unsettle(self) -> None:
        self.settled_at = self.settled_by_id = None

    def join_the_others(self) -> None:
        """What is about one visit is about one customer, whichever of them says who that is."""
        if self.visit_id is None:
            return
        db.session.flush()
        same = (
            OutboxWrite.person_id == self.person_id, OutboxWrite.visit_id == self.visit_id,
            OutboxWrite.handed.is_(self.handed),
        )  # fmt: skip
        together = db.session.scalars(select(OutboxWrite).where(*same)).all()
        customer_id = next((write.customer_id for write in together if write.customer_id), None)
        for write in together:
            write.customer_id = write.customer_id or customer_id

    @classmethod
    def known(cls, person_id: uuid.UUID, key: str, *, handed: bool = False) -> OutboxWrite | None:
        """What came under this key before."""
        same = select(cls).where(cls.person_id == person_id, cls.key == key, cls.handed.is_(handed))
        return db.session.scalar(same)

    @classmethod
    def fits(cls, person_id: uuid.UUID, more: int) -> bool:
        """Whether one more, with so many bytes of files, may be kept for this person."""
        waiting = cls.person_id == person_id, cls.settled_at.is_(None)
        count = db.session.scalar(select(func.count(cls.id)).where(*waiting)) or 0
        held = select(func.sum(OutboxFile.bytes)).join(cls, cls.id == OutboxFile.write_id).where(*waiting)
        return count < MOST and int(db.session.scalar(held) or 0) + more <= MOST_BYTES

    @classmethod
    def in_quarantine(cls) -> Select[OutboxWrite]:
        """What somebody has to decide about, the latest first; not what came through after all."""
        return select(cls).where(*cls._to_decide()).order_by(cls.id.desc())

    @classmethod
    def count(cls, person_id: uuid.UUID | None = None) -> int:
        """How many those are, of one person or of all."""
        some = select(func.count(cls.id)).where(*cls._to_decide())
        return db.session.scalar(some.where(cls.person_id == person_id) if person_id else some) or 0

    @classmethod
    def _to_decide(cls) -> tuple[ColumnElement[bool], ...]:
        came = exists().where(KeptAnswer.user_id == cls.person_id, KeptAnswer.key == cls.item_key)
        return cls.state == QUARANTINED, cls.settled_at.is_(None), ~came


class OutboxFile(Model):
    """A file that came along; `name` is what it is kept as."""

    __tablename__ = "outbox_files"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    write_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("outbox_writes.id", ondelete="CASCADE"), index=True
    )
    position: Mapped[int]
    field: Mapped[str] = mapped_column(String(100))
    filename: Mapped[str] = mapped_column(String(255))
    mimetype: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(60))
    bytes: Mapped[int]
