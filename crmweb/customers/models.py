"""The customer: a shop, a company or a person whom somebody looks after."""

from __future__ import annotations

import unicodedata
import uuid
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, Index, Select, String, Text, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.audit import Reference
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import WithContacts
from crmweb.customers.pins import Pinned
from crmweb.customers.reaching.models import Reachable
from crmweb.customers.search import search_text
from crmweb.db import Model, db, new_id
from crmweb.names import fold, stream_safe
from crmweb.scope import OfCustomer, Scoped, looked_after

KINDS = ("shop", "company", "person")
STATUSES = ("lead", "customer", "former")
ON_THE_MAP = text("cell IS NOT NULL")

BY_BYTES = String(80).with_variant(String(80, collation="C"), "postgresql")
"""Text that both databases put in the same order, and whose beginnings an index finds."""

FACTS = (
    "code",
    "kind",
    "tax_number",
    "name",
    "address",
    "website",
    "tier",
    "status",
    "source",
    "preferences",
)
"""What a form or a file may say about a customer directly."""


class Customer(Pinned, Reachable, WithContacts, Scoped, Model):
    """Never deleted but by erasure: archived instead."""

    __tablename__ = "customers"
    __table_args__ = (
        Index(
            "ix_customers_place",
            "cell",
            "tier",
            "status",
            "lat",
            "lng",
            "id",
            sqlite_where=ON_THE_MAP,
            postgresql_where=ON_THE_MAP,
        ),
        Index("ix_customers_sort_name", "sort_name", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str | None] = mapped_column(String(60), unique=True)
    kind: Mapped[str] = mapped_column(String(12), default="shop")
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("customers.id"), index=True)
    tax_number: Mapped[str | None] = mapped_column(String(40), index=True)
    name: Mapped[str] = mapped_column(String(300))
    sort_name: Mapped[str] = mapped_column(BY_BYTES)
    folded: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text, default="")
    website: Mapped[str | None] = mapped_column(String(500))
    tier: Mapped[str | None] = mapped_column(ForeignKey("tiers.name"))
    status: Mapped[str] = mapped_column(String(12), default="customer")
    source: Mapped[str | None] = mapped_column(String(80))
    preferences: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    archived_at: Mapped[datetime | None]

    parent: Mapped[Customer | None] = relationship(remote_side="Customer.id", back_populates="branches")
    branches: Mapped[list[Customer]] = relationship(back_populates="parent", order_by="Customer.name")
    assignments: Mapped[list[Assignment]] = relationship(
        back_populates="customer",
        order_by=Assignment.created_at,
        cascade="all, delete-orphan",
        passive_deletes=True,
    )
    tag_rows: Mapped[list[CustomerTag]] = relationship(
        order_by="CustomerTag.tag", cascade="all, delete-orphan", passive_deletes=True
    )

    @classmethod
    def seen_by_viewer(cls) -> ColumnElement[bool]:
        return looked_after(cls.__table__.c.id)

    @classmethod
    def visible_to(cls, actor: Actor) -> Select[tuple[Customer]]:
        """The customers that this person may see; the session's scope adds the criterion itself."""
        return select(cls)

    @classmethod
    def add(
        cls,
        *,
        by: Actor | None,
        at: datetime,
        id: uuid.UUID | None = None,
        responsible: User | None = None,
        **facts: Any,
    ) -> Customer:
        """A new customer, looked after by `responsible`. `facts` are those of `FACTS`, and phones, emails, tags."""
        customer = cls(
            id=id or new_id(), created_at=at, updated_at=at, folded="", sort_name="", archived_at=None
        )
        customer.status = "customer"
        db.session.add(customer)
        customer._take(facts)
        if responsible is not None:
            Assignment.between(customer, responsible, at=at)
        customer.file()
        timeline.record(customer, "customer.created", by=by, at=at, payload={"source": customer.source})
        return customer

    def change(self, *, by: Actor | None, at: datetime, **facts: Any) -> set[str]:
        """Take over new facts; returns the names of those that changed, and tells the timeline if any did."""
        changed = self._take(facts)
        if changed:
            self.updated_at = at
            self.file()
            timeline.record(self, "customer.changed", by=by, at=at, payload={"fields": sorted(changed)})
        return changed

    def _take(self, facts: dict[str, Any]) -> set[str]:
        facts = dict(facts)
        lists = {name: list(facts.pop(name)) for name in ("phones", "emails", "tags") if name in facts}
        changed = {name for name, value in facts.items() if self._set(name, value)}
        setters: dict[str, Callable[[list[Any]], None]] = {
            "phones": self.set_phones,
            "emails": self.set_emails,
            "tags": self.set_tags,
        }
        for name, values in lists.items():
            if [getattr(value, "typed", value) for value in values] != self._typed(name):
                setters[name](values)
                changed.add(name)
        return changed

    def _set(self, name: str, value: Any) -> bool:
        if name not in (*FACTS, "parent_id"):
            raise AttributeError(f"{name} is not a fact about a customer")
        value = unicodedata.normalize("NFC", stream_safe(value)).strip() if isinstance(value, str) else value
        if name in ("code", "tax_number", "website", "source", "tier"):
            value = value or None
        if getattr(self, name) == value:
            return False
        setattr(self, name, value)
        return True

    def _typed(self, name: str) -> list[str]:
        if name == "tags":
            return self.tags
        rows: list[Any] = getattr(self, name)
        return [row.typed for row in rows]

    @property
    def tags(self) -> list[str]:
        return [row.tag for row in self.tag_rows]

    def set_tags(self, tags: Iterable[str]) -> None:
        """These tags and no others; two spellings of one tag are one."""
        wanted = {
            unicodedata.normalize("NFC", stream_safe(tag)).strip()[:60]: None for tag in tags if tag.strip()
        }
        self.tag_rows = [CustomerTag(tag=tag) for tag in sorted(wanted)]

    def move_pin(
        self, lat: float, lng: float, *, source: str, by: Actor | None, at: datetime, flaw: str | None = None
    ) -> None:
        """Put the pin there. The timeline keeps where it was."""
        before = [self.lat, self.lng] if self.lat is not None else None
        self.place_pin(lat, lng, source=source, by=by, at=at, flaw=flaw)
        self.updated_at = at
        self.file()
        if before is not None:
            timeline.record(
                self, "pin.moved", by=by, at=at, payload={"from": before, "to": [lat, lng], "source": source}
            )

    def remove_pin(self, *, by: Actor | None, at: datetime) -> None:
        """Nobody knows any more where this is."""
        before = [self.lat, self.lng]
        self.take_pin_away()
        self.updated_at = at
        self.file()
        timeline.record(self, "pin.removed", by=by, at=at, payload={"from": before})

    @property
    def reference(self) -> Reference:
        """What the audit says an entry is about."""
        return Reference("customer", self.id, self.name)

    def assign(
        self,
        person: User,
        *,
        by: Actor | None,
        at: datetime,
        line: str = "",
        since: date | None = None,
        until: date | None = None,
    ) -> Assignment:
        """Let a person look after this customer; the one who already does stands as it is."""
        for standing in self.assignments:
            own = standing.person_id == person.id and standing.stands_in_for_id is None
            if own and standing.line == line and standing.ended_at is None:
                return standing
        assignment = Assignment.between(self, person, at=at, line=line, since=since, until=until)
        timeline.record(
            self, "assignment.started", by=by, at=at, payload={"person": person.name, "line": line}
        )
        return assignment

    def archive(self, *, by: Actor | None, at: datetime) -> bool:
        """Put away: no list but the search finds it, and it can come back. False where it is already."""
        if self.archived_at is not None:
            return False
        self.archived_at = at
        self.file()
        timeline.record(self, "customer.archived", by=by, at=at)
        return True

    def restore(self, *, by: Actor | None, at: datetime) -> bool:
        """Bring it back. False where it is not away."""
        if self.archived_at is None:
            return False
        self.archived_at = None
        self.file()
        timeline.record(self, "customer.restored", by=by, at=at)
        return True

    def file(self) -> None:
        """Bring the copies up to date: the search text, and what each assignment carries. Every verb ends with it."""
        if self.archived_at is not None:
            self.cell = None
        elif self.cell is None and self.has_pin:
            self.put_on_map()
        self.sort_name = fold(self.name)[:80]
        self.folded = search_text(
            self.name,
            self.code,
            self.tax_number,
            self.address,
            *(row.contact.name for row in self.contacts),
            numbers=[
                *(row.e164 or row.typed for row in self.phones),
                *(number for row in self.contacts if (number := row.contact.phone_e164 or row.contact.phone)),
            ],
        )
        for assignment in self.assignments:
            assignment.copy_customer()

    @property
    def people(self) -> list[Assignment]:
        """Who looks after this customer now."""
        return [assignment for assignment in self.assignments if assignment.active]


class CustomerTag(OfCustomer, Model):
    """A word that someone tied to a customer."""

    __tablename__ = "customer_tags"

    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    tag: Mapped[str] = mapped_column(String(60), primary_key=True, index=True)


class ExternalId(OfCustomer, Model):
    """What another system calls this customer; a file with the same id updates instead of adding."""

    __tablename__ = "external_ids"
    __table_args__ = (UniqueConstraint("source", "external_id"),)

    customer_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True
    )
    source: Mapped[str] = mapped_column(String(80), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(200))
