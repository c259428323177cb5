"""What somebody saw at a customer and somebody else has to approve: a pin, or that they are gone for good."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import Double, ForeignKey, Index, Select, String, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.geo import Point, haversine_m
from crmweb.scope import OfCustomer
from crmweb.timeline.models import HasId

PIN: Final = "pin"
GONE: Final = "gone"
Proposed = Literal["pin", "gone"]
WAITING = text("decided_at IS NULL")


class Proposal(OfCustomer, Model):
    """One at a time of a kind and customer waits: a later one takes the place of one that still does.

    For a pin: latitude, longitude and metres of accuracy. `cause_id` is the visit it comes from, if any.
    One whose place was taken is decided, but neither approved nor rejected.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        Index(
            "uq_proposals_waiting",
            "customer_id",
            "kind",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime]
    lat: Mapped[float | None] = mapped_column(Double)
    lng: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(Double)
    rounded_at: Mapped[datetime | None]
    cause_id: Mapped[uuid.UUID | None]
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    approved: Mapped[bool | None]

    customer: Mapped[Customer] = relationship()
    by: Mapped[User] = relationship(foreign_keys=[by_id])

    @classmethod
    def make(
        cls,
        customer: Customer,
        kind: Proposed,
        *,
        by: HasId,
        at: datetime,
        place: tuple[float, float, float | None] | None = None,
        cause_id: uuid.UUID | None = None,
    ) -> Proposal:
        """Propose it. `place` is latitude, longitude, and metres of accuracy where they are known."""
        cls._wait_for_turn(customer.id)
        cls._take_the_place_of_the_last(customer, kind, by=by, at=at)
        proposal = cls(id=new_id(), customer_id=customer.id, kind=kind, by_id=by.id, at=at, cause_id=cause_id)
        proposal.lat, proposal.lng, proposal.accuracy_m = place or (None, None, None)
        db.session.add(proposal)
        return proposal

    @classmethod
    def _take_the_place_of_the_last(
        cls, customer: Customer, kind: Proposed, *, by: HasId, at: datetime
    ) -> None:
        """It keeps its place and its id, so that nobody approves what they were not shown."""
        waiting = select(cls).where(
            cls.customer_id == customer.id, cls.kind == kind, cls.decided_at.is_(None)
        )
        if last := db.session.scalar(waiting):
            last.decided_at, last.decided_by_id = at, by.id
            db.session.flush()  # before the next one waits

    @classmethod
    def alone(cls, id: uuid.UUID) -> Proposal | None:
        """The one of that id, as it stands once nobody else proposes or decides at its customer; for the write."""
        one = select(cls).where(cls.id == id)
        if found := db.session.scalar(one):
            cls._wait_for_turn(found.customer_id)
        return db.session.scalar(one.execution_options(populate_existing=True))

    @classmethod
    def _wait_for_turn(cls, customer_id: uuid.UUID) -> None:
        """SQLite has one writer at a time anyway; PostgreSQL lets two through, and each sees what was before."""
        here = select(Customer.id).where(Customer.id == customer_id)
        db.session.execute(here.with_for_update(of=Customer, key_share=True)).all()

    @classmethod
    def waiting(cls) -> Select[Any]:
        """Those that the viewer sees and nobody has decided, the oldest first."""
        undecided = select(cls).where(cls.decided_at.is_(None))
        return undecided.options(joinedload(cls.customer), joinedload(cls.by)).order_by(cls.at, cls.id)

    @classmethod
    def waiting_at(cls, customer: Customer) -> list[Proposal]:
        """Those at one customer."""
        return list(db.session.scalars(cls.waiting().where(cls.customer_id == customer.id)))

    @property
    def moves_m(self) -> float | None:
        """How many metres the pin would move; nothing where there is none yet."""
        here = self.customer
        if self.lat is None or self.lng is None or not here.has_pin or here.lat is None or here.lng is None:
            return None
        return haversine_m(Point(here.lat, here.lng), Point(self.lat, self.lng))

    @property
    def decider(self) -> str | None:
        """Who is to decide: the manager of whoever proposed it, if they have one."""
        return db.session.scalar(select(User.name).where(User.id == self.by.manager_id))

    def may_be_decided_by(self, actor: Actor) -> bool:
        """Nobody approves what they proposed themselves."""
        return actor.may("customers:approve") and actor.id != self.by_id

    @property
    def is_past(self) -> bool:
        """Whether a later one took its place."""
        return self.decided_at is not None and self.approved is None

    def approve(self, *, by: Actor, at: datetime) -> None:
        """Make it so. What is decided stays decided."""
        if self.decided_at is not None:
            return
        self._decide(True, by=by, at=at)
        if self.kind == GONE:
            self.customer.change(by=by, at=at, status="former")
        elif self.lat is not None and self.lng is not None:
            self.customer.move_pin(self.lat, self.lng, source="gps", by=by, at=at)

    def reject(self, *, by: Actor, at: datetime) -> None:
        """It stays as it is."""
        if self.decided_at is None:
            self._decide(False, by=by, at=at)

    def _decide(self, approved: bool, *, by: Actor, at: datetime) -> None:
        self.approved, self.decided_at, self.decided_by_id = approved, at, by.id
