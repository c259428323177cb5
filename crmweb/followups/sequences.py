"""Sequences: a few messages planned at once, by hand or because a visit ended with some outcome."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import ForeignKey, String, Time, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.accounts.models import User
from crmweb.audit import Audited
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.followups.addressees import Addressee, addressees
from crmweb.followups.consents import Consent
from crmweb.followups.letters import prepared
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import reaches

MOST_STEPS: Final = 5
LONGEST_WAIT: Final = 180
"""Days."""


class Sequence(Audited, Model):
    """Begun by hand, or by a visit that ends with `outcome`."""

    __tablename__ = "sequences"
    audited_as = "sequence"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    outcome: Mapped[str | None] = mapped_column(String(40), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    steps: Mapped[list[Step]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin", order_by="Step.position"
    )

    @classmethod
    def all(cls) -> list[Sequence]:
        """The active ones first, by name."""
        return list(db.session.scalars(select(cls).order_by(cls.active.desc(), cls.name, cls.id)))

    @classmethod
    def offered(cls) -> list[Sequence]:
        """Those that may be begun by hand."""
        by_hand = select(cls).where(cls.active.is_(True), cls.outcome.is_(None))
        return [each for each in db.session.scalars(by_hand.order_by(cls.name, cls.id)) if each.steps]

    @classmethod
    def begun_by(cls, outcome: str) -> list[Sequence]:
        """Those that a visit with this outcome begins."""
        active = select(cls).where(cls.active.is_(True), cls.outcome == outcome)
        return list(db.session.scalars(active.order_by(cls.id)))

    def begin(
        self, customer: Customer, *, by: User, at: datetime, since: datetime, cause_id: uuid.UUID
    ) -> list[Followup]:
        """Plan every step, counted from `since`; what this cause has planned already stays as it is."""
        if self._begun(cause_id):
            return []
        return [
            self._plan(step, customer, whom, by=by, at=at, since=since, cause_id=cause_id)
            for step, whom in self._addressed(customer)
        ]

    def _begun(self, cause_id: uuid.UUID) -> bool:
        mine = select(Followup.id).where(
            Followup.sequence_id == self.id, Followup.cause_id == cause_id, Followup.dedupe.is_not(None)
        )
        return db.session.scalar(mine.limit(1)) is not None

    def _addressed(self, customer: Customer) -> Iterator[tuple[Step, Addressee]]:
        for step in self.steps:
            wording = step.template.wording(step.channel)
            whom = best_addressee(customer, step.channel)
            if wording is not None and whom is not None:
                yield step, whom

    def _plan(
        self,
        step: Step,
        customer: Customer,
        whom: Addressee,
        *,
        by: User,
        at: datetime,
        since: datetime,
        cause_id: uuid.UUID,
    ) -> Followup:
        wording, due = step.template.wording(step.channel), step.due(since, by.zone)
        assert wording is not None
        letter = prepared(
            step.channel, wording.subject, wording.text, whom=whom, customer=customer.name, writer=by, day=due
        )
        return Followup.plan(
            customer, whom, letter, by=by, zone=by.zone, at=at, due=due, template_id=step.template_id,
            sequence_id=self.id, cause_id=cause_id, dedupe=f"{cause_id} {step.id}",
        )  # fmt: skip


class Step(Model):
    """One message of a sequence: so many days after its beginning, at that time of the writer's day."""

    __tablename__ = "sequence_steps"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    sequence_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sequences.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    after_days: Mapped[int]
    at_time: Mapped[time] = mapped_column(Time)
    template_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("message_templates.id"), index=True)
    channel: Mapped[str] = mapped_column(String(10))

    template: Mapped[MessageTemplate] = relationship(lazy="joined")

    def due(self, since: datetime, zone: str) -> datetime:
        """When it goes, in a sequence that began then."""
        day = since.astimezone(ZoneInfo(zone)).date() + timedelta(days=self.after_days)
        return datetime.combine(day, self.at_time, ZoneInfo(zone))


def best_addressee(customer: Customer, channel: str) -> Addressee | None:
    """Whom a sequence writes to: the first who agreed, else the first whom the channel reaches."""
    reached = [whom for whom in addressees(customer) if reaches(channel, whom.address(channel))]
    agreed = (
        whom
        for whom in reached
        if Consent.stands(customer.id, whom.contact_id, channel, whom.address(channel) or "")
    )
    return next(agreed, next(iter(reached), None))
