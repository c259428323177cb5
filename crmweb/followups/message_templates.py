"""Templates: words that a company writes once, per channel, for messages to its customers."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Final

from sqlalchemy import JSON, ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.audit import Audited
from crmweb.db import Model, db, new_id

EMAIL, SMS, ZALO = "email", "sms", "zalo"
CHANNELS: Final = (EMAIL, SMS)
"""By which we send. Zalo's official messages have their place in the tables and are not sent yet."""
WORDED: Final = (EMAIL, SMS, ZALO)
APPROVALS: Final = ("none", "waiting", "approved", "refused")


class MessageTemplate(Audited, Model):
    """What one kind of message says; each channel has its own words."""

    __tablename__ = "message_templates"
    audited_as = "template"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(80))
    purpose: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]

    wordings: Mapped[list[Wording]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, lazy="selectin", order_by="Wording.channel"
    )

    @classmethod
    def offered(cls) -> list[MessageTemplate]:
        """Those that may be chosen today, by name."""
        kept = select(cls).where(cls.retired_at.is_(None)).order_by(cls.name, cls.id)
        return list(db.session.scalars(kept))

    @classmethod
    def all(cls) -> list[MessageTemplate]:
        """The whole list: those that are offered, then the retired ones."""
        order = (cls.retired_at.is_not(None), cls.name, cls.id)
        return list(db.session.scalars(select(cls).order_by(*order)))

    def wording(self, channel: str) -> Wording | None:
        """Its words for a channel, if it has any."""
        return next((wording for wording in self.wordings if wording.channel == channel), None)

    def say(self, channel: str, *, text: str, subject: str = "") -> None:
        """Its words for a channel; without a text it has none there any more."""
        known = self.wording(channel)
        if not text:
            self.wordings = [wording for wording in self.wordings if wording is not known]
        elif known is None:
            self.wordings.append(Wording(channel=channel, subject=subject, text=text))
        else:
            known.subject, known.text = subject, text

    def register(
        self,
        provider_id: str,
        *,
        parameters: list[str],
        approval: str,
        price_minor: int | None,
        currency: str,
    ) -> None:
        """As Zalo knows it: by an id of theirs with parameters, which they approve and charge for."""
        known = self.wording(ZALO)
        if not provider_id:
            self.wordings = [wording for wording in self.wordings if wording is not known]
            return
        if known is None:
            known = Wording(channel=ZALO, subject="", text="")
            self.wordings.append(known)
        known.provider_id, known.parameters, known.approval = provider_id, parameters, approval
        known.price_minor, known.currency = price_minor, currency if price_minor is not None else None

    def retire(self, *, at: datetime) -> None:
        """Not offered any more; what is planned with it stays planned."""
        self.retired_at = self.retired_at or at

    def restore(self) -> None:
        """Offered again."""
        self.retired_at = None


class Wording(Audited, Model):
    """A template's words for one channel, or the id by which a provider knows it. The price is in minor units."""

    __tablename__ = "template_wordings"
    audited_as = "wording"

    template_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("message_templates.id", ondelete="CASCADE"), primary_key=True
    )
    channel: Mapped[str] = mapped_column(String(10), primary_key=True)
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    provider_id: Mapped[str | None] = mapped_column(String(80))
    parameters: Mapped[list[str]] = mapped_column(JSON, default=list)
    approval: Mapped[str] = mapped_column(String(10), default="none")
    price_minor: Mapped[int | None]
    currency: Mapped[str | None] = mapped_column(String(3))

    @property
    def audited_name(self) -> str:
        return self.channel
