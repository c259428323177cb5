"""The spine of every customer's page. Higher slices write through `record` and listen to `happened`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from blinker import Signal
from sqlalchemy import JSON, ForeignKey, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.db import Model, SerialId, db, new_id
from crmweb.scope import OfCustomer

happened = Signal(
    "Something happened to a customer. Sender: the kind; `event`: the row; `before`: the kind it was, or None if new."
)


class HasId(Protocol):
    """Whatever has an id: a customer, a person at work."""

    @property
    def id(self) -> uuid.UUID: ...


class Event(OfCustomer, Model):
    """One thing that happened. Order comes from `seq` (the server's), display from `at` (the phone's)."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_customer", "customer_id", "seq"),)

    seq: Mapped[int] = mapped_column(SerialId, primary_key=True, autoincrement=True)
    # Given by us, so that many rows go in one statement and each still learns its `seq`.
    id: Mapped[uuid.UUID] = mapped_column(unique=True, default=new_id, insert_sentinel=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(60))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    by: Mapped[User | None] = relationship(lazy="joined")

    @classmethod
    def of(cls, customer: HasId, *, most: int = 30, before: int | None = None) -> list[Event]:
        """The latest events of a customer, newest first; `before` is the `seq` from which to go on."""
        latest = select(cls).where(cls.customer_id == customer.id).order_by(cls.seq.desc()).limit(most)
        if before is not None:
            latest = latest.where(cls.seq < before)
        return list(db.session.scalars(latest))


def record(
    customer: HasId,
    kind: str,
    *,
    by: HasId | None,
    at: datetime,
    payload: dict[str, Any] | None = None,
    id: uuid.UUID | None = None,
) -> Event:
    """Write down what happened, and tell whoever listens.

    `kind` is `noun.verb` ("visit.finished"); `at` is when it happened for the person; `payload` holds plain JSON;
    `id` is that of the record that the entry stands for, where it has one.
    """
    event = Event(
        id=id or new_id(),
        customer_id=customer.id,
        kind=kind,
        by_id=by.id if by else None,
        at=at,
        recorded_at=clock.now(),
        payload=payload or {},
    )
    db.session.add(event)
    happened.send(kind, event=event, before=None)
    return event


def revise(record_id: uuid.UUID, kind: str, *, payload: dict[str, Any]) -> None:
    """The record went on (a visit was finished, its place came): its one entry says so, and listeners are told.

    Raises LookupError where nothing was written down for it.
    """
    event = db.session.scalar(select(Event).where(Event.id == record_id))
    if event is None:
        raise LookupError(f"no entry stands for {record_id}")
    before, event.kind, event.payload = event.kind, kind, payload
    happened.send(kind, event=event, before=before)


def record_many(
    kind: str, happenings: Sequence[Mapping[str, Any]], *, by: HasId | None, at: datetime
) -> None:
    """Write down the same kind of thing for many customers. A happening has a `customer_id` and a `payload`.

    Whoever listens is told of each, with an event that no session holds.
    """
    common = {"kind": kind, "by_id": by.id if by else None, "at": at, "recorded_at": clock.now()}
    rows = [{"id": new_id(), **common, **happening} for happening in happenings]
    if rows:
        db.session.execute(insert(Event), rows)
    if happened.has_receivers_for(kind):
        for row in rows:
            happened.send(kind, event=Event(**row), before=None)


def reword_many(payloads: Mapping[uuid.UUID, dict[str, Any]]) -> None:
    """Records say the same in other words: so do their entries, and nobody needs to be told."""
    for event in db.session.scalars(select(Event).where(Event.id.in_(list(payloads)))).unique():
        event.payload = payloads[event.id]
