"""How to reach a customer: phones and emails, kept as typed beside the form that machines use."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from crmweb.customers.reaching.emails import ReadEmail, read_email
from crmweb.customers.reaching.phones import ReadPhone, read_phone
from crmweb.db import Model, new_id
from crmweb.scope import OfCustomer


class CustomerPhone(OfCustomer, Model):
    """One number of a customer. `e164` is empty where `flaw` says what is wrong with it."""

    __tablename__ = "customer_phones"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    typed: Mapped[str] = mapped_column(String(120))
    e164: Mapped[str | None] = mapped_column(String(20), index=True)
    flaw: Mapped[str | None] = mapped_column(String(30))


class CustomerEmail(OfCustomer, Model):
    """One email of a customer. `address` is empty where `flaw` says what is wrong with it."""

    __tablename__ = "customer_emails"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    customer_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("customers.id", ondelete="CASCADE"), index=True)
    position: Mapped[int]
    typed: Mapped[str] = mapped_column(String(254))
    address: Mapped[str | None] = mapped_column(String(254), index=True)
    flaw: Mapped[str | None] = mapped_column(String(30))


class Reachable:
    """A trait of a customer: numbers and addresses, the main one copied beside the name for lists."""

    phone: Mapped[str | None] = mapped_column(String(120))
    email: Mapped[str | None] = mapped_column(String(254))

    @declared_attr
    def phones(cls) -> Mapped[list[CustomerPhone]]:
        return relationship(
            order_by=CustomerPhone.position, cascade="all, delete-orphan", passive_deletes=True
        )

    @declared_attr
    def emails(cls) -> Mapped[list[CustomerEmail]]:
        return relationship(
            order_by=CustomerEmail.position, cascade="all, delete-orphan", passive_deletes=True
        )

    def set_phones(self, typed: Iterable[str | ReadPhone], *, region: str = "VN") -> None:
        """These numbers and no others, the main one first. A number with a flaw is kept as typed.

        An import hands in numbers that it has read before its turn to write.
        """
        numbers = [
            text if isinstance(text, ReadPhone) else read_phone(text, region)
            for text in typed
            if isinstance(text, ReadPhone) or text.strip()
        ]
        self.phones = [
            CustomerPhone(position=place, typed=number.typed[:120], e164=number.e164, flaw=number.flaw)
            for place, number in enumerate(numbers)
        ]
        self.phone = main_phone(numbers)

    def set_emails(self, typed: Iterable[str | ReadEmail]) -> None:
        """These addresses and no others, the main one first. An address with a flaw is kept as typed."""
        addresses = [
            text if isinstance(text, ReadEmail) else read_email(text)
            for text in typed
            if isinstance(text, ReadEmail) or text.strip()
        ]
        self.emails = [
            CustomerEmail(
                position=place, typed=address.typed[:254], address=address.address, flaw=address.flaw
            )
            for place, address in enumerate(addresses)
        ]
        self.email = main_email(addresses)


def main_phone(numbers: Sequence[ReadPhone]) -> str | None:
    """What lists show: the first number that can be dialled, else the first as typed."""
    return next(
        (number.e164 for number in numbers if number.e164), numbers[0].typed[:120] if numbers else None
    )


def main_email(emails: Sequence[ReadEmail]) -> str | None:
    """What lists show: the first address that mail can be sent to."""
    return next((email.address for email in emails if email.address), None)
