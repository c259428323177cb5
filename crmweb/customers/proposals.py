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
    """One at a time of a kind and customer: a later one takes the place of one that still waits.

    For a pin: latitude, longitude and metres of accuracy. `cause_id` is the visit it comes from, if any.
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
        waiting = db.session.scalar(
            select(cls).where(cls.customer_id == customer.id, cls.kind == kind, cls.decided_at.is_(None))
        )
        proposal = waiting or cls(id=new_id(), customer_id=customer.id, kind=kind)
        proposal.by_id, proposal.at, proposal.cause_id = by.id, at, cause_id
        proposal.lat, proposal.lng, proposal.accuracy_m = place or (None, None, None)
        db.session.add(proposal)
        return proposal

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
