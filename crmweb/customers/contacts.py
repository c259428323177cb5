"""The people at a customer: one person may stand at several."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, ForeignKey, String, Text, literal_column, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb.db import Model, db, new_id
from crmweb.scope import OfCustomer, Scoped, looked_after

CONTACT_ROLES = ("owner", "decides", "pays", "uses", "other")


class Contact(Scoped, Model):
    """A person with a name, seen by everyone who sees one of their customers."""

    __tablename__ = "contacts"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(200))
    phone: Mapped[str | None] = mapped_column(String(120))
    phone_e164: Mapped[str | None] = mapped_column(String(20), index=True)
    email: Mapped[str | None] = mapped_column(String(254))
    birthday: Mapped[date | None] = mapped_column(Date)
    birthday_lunar: Mapped[bool] = mapped_column(default=False)
    preferences: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]

    places: Mapped[list[CustomerContact]] = relationship(back_populates="contact", passive_deletes=True)

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        stands = CustomerContact.__table__.alias()
        return (
            select(literal_column("1"))
            .select_from(stands)
            .where(stands.c.contact_id == cls.__table__.c.id, looked_after(stands.c.customer_id))
            .correlate(cls.__table__)
            .exists()
        )


class CustomerContact(OfCustomer, Model):
    """A person stands at a customer in a role: owner, decides, pays, uses."""

    __tablename__ = "customer_contacts"

    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    contact_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("contacts.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(60), default="other")
    position: Mapped[int] = mapped_column(default=0)

    contact: Mapped[Contact] = relationship(back_populates="places", lazy="joined")

    @classmethod
    def of(cls, customer_id: uuid.UUID) -> list[CustomerContact]:
        found = select(cls).where(cls.customer_id == customer_id).order_by(cls.position, cls.contact_id)
        return list(db.session.scalars(found))
