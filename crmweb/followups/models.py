"""A follow-up: one message to one person at a customer, planned, and then sent, failed or cancelled."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, or_, select, text
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from crmweb import timeline
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.followups.addressees import Addressee
from crmweb.followups.window import next_opening
from crmweb.notifications import Delivery
from crmweb.notifications.channels import wire_id
from crmweb.notifications.models import CANCELLED, FAILED, SENT
from crmweb.scope import Scoped, looked_after, works_for_viewer
from crmweb.timeline.models import HasId

if TYPE_CHECKING:
    from crmweb.followups.letters import Letter

PLANNED: Final = "planned"
STATES: Final = (PLANNED, SENT, FAILED, CANCELLED)
ABOUT: Final = "followup"
"""What the deliveries of follow-ups are about."""

USEFUL_FOR: Final = timedelta(days=3)
"""A message that could not be sent for so long says nothing that is still right."""

SECOND_THOUGHT: Final = timedelta(seconds=8)
"""Nothing leaves sooner: as long as the word that it is planned can be seen, it can be taken back."""

_PLANNED: Final = text("state = 'planned'")


class Followup(Scoped, Model):
    """Written by `person`. `due_at` is when it goes: what was asked for, moved into the hours for customers.

    `dedupe` names what a sequence planned it for; one that was taken back has none, so that it can be planned anew.
    `wire_id` is its name out there, by which what comes back is known. `reason` says why it failed or was cancelled:
    one of `words.REASONS`, or a far end's own words. Seen by those who see the customer or the writer's work.
    """

    __tablename__ = "followups"
    __table_args__ = (
        Index("ix_followups_person", "person_id", "state", "due_at"),
        Index("ix_followups_address", "channel", "address", "ended_at"),
        Index("ix_followups_wire_id", "wire_id", unique=True),
        Index("ix_followups_planned", "customer_id", sqlite_where=_PLANNED, postgresql_where=_PLANNED),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("contacts.id", ondelete="SET NULL"), index=True
    )
    to_name: Mapped[str] = mapped_column(String(300))
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(320))
    subject: Mapped[str] = mapped_column(String(300), default="")
    text: Mapped[str] = mapped_column(Text)
    template_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("message_templates.id", ondelete="SET NULL"), index=True
    )
    sequence_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("sequences.id", ondelete="SET NULL"), index=True
    )
    cause_id: Mapped[uuid.UUID | None] = mapped_column(index=True)
    dedupe: Mapped[str | None] = mapped_column(String(160), unique=True)
    wire_id: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(10), default=PLANNED)
    reason: Mapped[str] = mapped_column(String(300), default="")
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]

    customer: Mapped[Customer] = relationship()
    person: Mapped[User] = relationship(lazy="joined")

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        columns = cls.__table__.c
        return or_(works_for_viewer(columns.person_id), looked_after(columns.customer_id))

    @classmethod
    def plan(
        cls,
        customer: Customer,
        whom: Addressee,
        letter: Letter,
        *,
        by: HasId,
        zone: str,
        at: datetime,
        due: datetime | None = None,
        id: uuid.UUID | None = None,
        template_id: uuid.UUID | None = None,
        sequence_id: uuid.UUID | None = None,
        cause_id: uuid.UUID | None = None,
        dedupe: str | None = None,
    ) -> Followup:
        """Let it go at `due` (at once without), within the hours for customers. Its delivery is filed with it."""
        when = next_opening(max(due or at, at), person_id=by.id, zone=zone)
        own = id or new_id()
        followup = cls(
            id=own, wire_id=wire_id(_delivery_dedupe(own)), customer_id=customer.id,
            contact_id=whom.contact_id, to_name=whom.name, person_id=by.id, channel=letter.channel,
            address=whom.address(letter.channel), subject=letter.subject, text=letter.text, template_id=template_id,
            sequence_id=sequence_id, cause_id=cause_id, dedupe=dedupe,
            state=PLANNED, reason="", created_at=at, due_at=when, answered_at=None, ended_at=None, bounced_at=None,
        )  # fmt: skip
        db.session.add(followup)
        timeline.record(customer, "followup.planned", by=by, at=at, payload=followup.told(), id=followup.id)
        followup._file(letter, at=at)
        return followup

    def _file(self, letter: Letter, *, at: datetime) -> None:
        payload = {**letter.payload(self.id), "about": ABOUT, "followup": self.id.hex}
        Delivery.file(
            dedupe=self.delivery_dedupe, kind=self.channel, recipient=self.address, payload=payload, at=at,
            not_before=max(self.due_at, at + SECOND_THOUGHT), stale_at=self.due_at + USEFUL_FOR,
        )  # fmt: skip

    @property
    def delivery_dedupe(self) -> str:
        return _delivery_dedupe(self.id)

    def cancel(self, reason: str, *, at: datetime) -> bool:
        """Not to be sent after all. False where it is sent or just on its way: then it ends as its sender finds."""
        if self.state != PLANNED or not Delivery.cancel([self.delivery_dedupe], at=at):
            return False
        self.end(CANCELLED, reason, at=at)
        return True

    def take_back(self, *, at: datetime) -> bool:
        """What it was planned for did not happen; should it happen yet, it is planned anew."""
        if cancelled := self.cancel("taken_back", at=at):
            self.dedupe = None
        return cancelled

    def end(self, state: str, reason: str, *, at: datetime) -> None:
        """It came to this; the customer's timeline says so."""
        self.state, self.reason, self.ended_at = state, reason[:300], at
        timeline.revise(self.id, f"followup.{state}", payload=self.told())

    def answered(self, *, at: datetime) -> int:
        """The customer came back to us: what else is planned for them is not sent. How many that were."""
        self.answered_at = self.answered_at or at
        return cancel_planned(self.customer_id, "answered", at=at)

    def came_back(self, reason: str, *, at: datetime) -> bool:
        """It was taken on the way and did not arrive after all. Said twice, the first time counts."""
        if self.bounced_at is not None:
            return False
        self.bounced_at = at
        self.end(FAILED, reason, at=at)
        return True

    def told(self) -> dict[str, Any]:
        """What the timeline shows of it."""
        told = {
            "channel": self.channel, "name": self.to_name, "subject": self.subject, "text": self.text[:500],
            "due": self.due_at.isoformat(), "reason": self.reason,
            "ended": self.ended_at.isoformat() if self.ended_at else "",
        }  # fmt: skip
        return {name: value for name, value in told.items() if value}

    @classmethod
    def planned_at(cls, customer_id: uuid.UUID) -> Select[Any]:
        """What is still to be sent to a customer, the next first."""
        theirs = select(cls).where(cls.customer_id == customer_id, cls.state == PLANNED)
        return theirs.order_by(cls.due_at, cls.id)

    @classmethod
    def listed(cls, state: str, *, person_id: uuid.UUID | None) -> Select[Any]:
        """Of one person, or of all that one sees; what is planned with the next first, the rest with the latest."""
        theirs = select(cls).where(cls.state == state).options(joinedload(cls.customer))
        if person_id is not None:
            theirs = theirs.where(cls.person_id == person_id)
        by_time = (cls.due_at, cls.id) if state == PLANNED else (cls.ended_at.desc(), cls.id.desc())
        return theirs.order_by(*by_time)


def record_answer(customer: Customer, name: str, *, by: HasId, at: datetime) -> None:
    """One of us says that they answered, by whatever way; an answer that came in says so itself."""
    timeline.record(customer, "followup.answered", by=by, at=at, payload={"name": name, "told": True})


def _delivery_dedupe(id: uuid.UUID) -> str:
    return f"followup {id}"


def cancel_planned(
    customer_id: uuid.UUID,
    reason: str,
    *,
    at: datetime,
    of_sequences: bool = False,
    to: tuple[str, str] | None = None,
    person_id: uuid.UUID | None = None,
    before: datetime | None = None,
) -> int:
    """Cancel what is planned for a customer: only what sequences planned, only to one address (channel, address), by
    one of us, or planned before a moment. How many were.
    """
    theirs = Followup.planned_at(customer_id)
    if of_sequences:
        theirs = theirs.where(Followup.sequence_id.is_not(None))
    if to is not None:
        theirs = theirs.where(Followup.channel == to[0], Followup.address == to[1])
    if person_id is not None:
        theirs = theirs.where(Followup.person_id == person_id)
    if before is not None:
        theirs = theirs.where(Followup.created_at < before)
    return sum(followup.cancel(reason, at=at) for followup in db.session.scalars(theirs).unique().all())
