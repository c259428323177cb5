"""Who has agreed to be written to, by which channel, and who wants no more."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer
from crmweb.db import Model, db, new_id
from crmweb.followups.addressees import Addressee
from crmweb.followups.message_templates import EMAIL
from crmweb.scope import OfCustomer
from crmweb.timeline.models import HasId

SPOKEN, WRITTEN, FORM = "spoken", "written", "form"
HOWS: Final = (SPOKEN, WRITTEN, FORM)
LINK, TOLD, ANSWERED = "link", "told", "answer"
"""How it was withdrawn: by the link in a message, they told one of us, or they answered STOP."""


class NeedsWriting(Exception):
    """Whoever wanted no more can be written to again only once they say so in writing."""


class Consent(OfCustomer, Model):
    """One person at a customer (or the shop itself) agreed, or wants no more. The latest row of a channel counts."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_customer", "customer_id", "channel", "contact_id"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"))
    contact_id: Mapped[uuid.UUID | None] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), index=True
    )
    channel: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(320))
    given: Mapped[bool]
    how: Mapped[str] = mapped_column(String(10))
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[datetime]

    @classmethod
    def give(
        cls, customer: Customer, whom: Addressee, channel: str, *, how: str, by: Actor, at: datetime
    ) -> Consent:
        """They agreed. Raises NeedsWriting where this address wanted no more and they only said so."""
        address = whom.address(channel) or ""
        if stopped := Stopped.at(channel, address):
            if how == SPOKEN:
                raise NeedsWriting
            db.session.delete(stopped)
        return cls._write(customer, whom.contact_id, whom.name, channel, address, True, how, by=by, at=at)

    @classmethod
    def withdraw(
        cls,
        customer: HasId,
        contact_id: uuid.UUID | None,
        channel: str,
        address: str,
        *,
        name: str,
        how: str,
        by: Actor | None,
        at: datetime,
    ) -> None:
        """They want no more at this address, wherever else it stands. Said twice, the first time counts."""
        if Stopped.at(channel, address) is None:
            db.session.add(Stopped(channel=channel, address=folded(channel, address), since=at))
        latest = cls.latest(customer.id, contact_id, channel)
        if latest is None or latest.given:
            cls._write(customer, contact_id, name, channel, address, False, how, by=by, at=at)

    @classmethod
    def _write(
        cls,
        customer: HasId,
        contact_id: uuid.UUID | None,
        name: str,
        channel: str,
        address: str,
        given: bool,
        how: str,
        *,
        by: Actor | None,
        at: datetime,
    ) -> Consent:
        consent = cls(
            id=new_id(), customer_id=customer.id, contact_id=contact_id, channel=channel, address=address,
            given=given, how=how, by_id=by.id if by else None, at=at,
        )  # fmt: skip
        db.session.add(consent)
        kind = "consent.given" if given else "consent.withdrawn"
        told = {"channel": channel, "how": how, "name": name}
        timeline.record(customer, kind, by=by, at=at, payload=told, id=consent.id)
        return consent

    @classmethod
    def latest(cls, customer_id: uuid.UUID, contact_id: uuid.UUID | None, channel: str) -> Consent | None:
        """What was last said about this."""
        theirs = select(cls).where(
            cls.customer_id == customer_id,
            cls.contact_id.is_not_distinct_from(contact_id),
            cls.channel == channel,
        )
        return db.session.scalar(theirs.order_by(cls.at.desc(), cls.id.desc()).limit(1))

    @classmethod
    def stands(cls, customer_id: uuid.UUID, contact_id: uuid.UUID | None, channel: str, address: str) -> bool:
        """Whether they may be written to there: they agreed for this address, and it has not been stopped."""
        latest = cls.latest(customer_id, contact_id, channel)
        agreed = latest is not None and latest.given
        same = latest is not None and folded(channel, latest.address) == folded(channel, address)
        return agreed and same and Stopped.at(channel, address) is None


class Stopped(Model):
    """An address that wants no more, whoever has it. It names nobody but itself."""

    __tablename__ = "stopped_addresses"

    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    since: Mapped[datetime]

    @classmethod
    def at(cls, channel: str, address: str) -> Stopped | None:
        """The row of this address, if it wants no more."""
        return db.session.get(cls, (channel, folded(channel, address)))


def folded(channel: str, address: str) -> str:
    """Two spellings of one address are one: mail servers do not tell upper case from lower."""
    return address.casefold() if channel == EMAIL else address
