"""The people at a customer: one person may stand at several."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import TYPE_CHECKING, cast

from sqlalchemy import ColumnElement, Date, ForeignKey, String, Text, literal_column, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from crmweb import timeline
from crmweb.db import Model, db, new_id
from crmweb.scope import OfCustomer, Scoped, looked_after

if TYPE_CHECKING:
    from crmweb.accounts.actor import Actor
    from crmweb.customers.models import Customer

CONTACT_ROLES = ("owner", "decides", "influences", "pays", "uses", "blocks", "other")


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
    def named(cls, name: str, *, at: datetime, id: uuid.UUID | None = None) -> Contact:
        """A new person, who stands nowhere yet."""
        return cls(id=id or new_id(), name=name, created_at=at)

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
    """A person stands at a customer in a role: owner, decides, influences, pays, uses, blocks."""

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


class WithContacts:
    """A trait of a customer: people with names, the first one first."""

    @declared_attr
    def contacts(cls) -> Mapped[list[CustomerContact]]:
        return relationship(
            order_by=CustomerContact.position, cascade="all, delete-orphan", passive_deletes=True
        )

    def name_contact(self, contact: Contact, role: str, *, by: Actor | None, at: datetime) -> None:
        """Let a person stand at this customer in a role; one who does already gets the role."""
        place = next((place for place in self.contacts if place.contact_id == contact.id), None)
        if place is None:
            last = max((place.position for place in self.contacts), default=-1)
            place = CustomerContact(contact=contact, contact_id=contact.id, role=role, position=last + 1)
            self.contacts.append(place)
        place.role = role
        self._contacts_changed(by, at)

    def drop_contact(self, contact_id: uuid.UUID, *, by: Actor | None, at: datetime) -> None:
        """This person stands here no longer."""
        self.contacts = [place for place in self.contacts if place.contact_id != contact_id]
        self._contacts_changed(by, at)

    def _contacts_changed(self, by: Actor | None, at: datetime) -> None:
        customer = cast("Customer", self)
        customer.updated_at = at
        customer.file()
        timeline.record(customer, "customer.changed", by=by, at=at, payload={"fields": ["contacts"]})
