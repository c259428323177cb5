"""What came back to one message of ours, once each: the row is what makes a second delivery of it count for nothing."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Select, String, Text, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from crmweb.db import Model, db, new_id
from crmweb.followups.models import Followup
from crmweb.scope import OfCustomer

ANSWER, STOP, BOUNCE, ARRIVED = "answer", "stop", "bounce", "arrived"
KINDS: Final = (ANSWER, STOP, BOUNCE, ARRIVED)


class Incoming(OfCustomer, Model):
    """`key` is of the mail or the SMS that it came by; `text` are their words, or those of a far end."""

    __tablename__ = "incoming"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    followup_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("followups.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    sender: Mapped[str] = mapped_column(String(320))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]

    @classmethod
    def keep(
        cls, followup: Followup, kind: str, *, key: str, at: datetime, sender: str = "", text: str = ""
    ) -> Incoming | None:
        """Keep it; None where it was handed in before."""
        row = cls(
            id=new_id(), key=key, customer_id=followup.customer_id, followup_id=followup.id, kind=kind,
            sender=sender, text=text, at=at,
        )  # fmt: skip
        try:
            with db.session.begin_nested():
                db.session.add(row)
        except IntegrityError:
            return None
        return row

    @classmethod
    def to(cls, followup: Followup) -> Select[Any]:
        """What came back to a message, in the order in which it came."""
        return select(cls).where(cls.followup_id == followup.id).order_by(cls.at, cls.id)
