"""Which customers a batch of rows speaks of: by external id and by code."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crmweb.customers.contacts import CustomerContact
from crmweb.customers.imports.entries import Entry
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import db


class Contradiction(Exception):
    """A row's id and its code do not belong together; the text says how."""


@dataclass(slots=True)
class Known:
    """The customers whom some rows speak of."""

    by_external_id: dict[str, Customer] = field(default_factory=dict)
    by_code: dict[str, Customer] = field(default_factory=dict)
    external_id_of: dict[uuid.UUID, str] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Sequence[Entry], source: str) -> "Known":
        """Everything the rows may speak of, in a few queries."""
        known = cls()
        ids = dict(_pairs(source, {entry.external_id for entry in entries if entry.external_id}))
        codes = {entry.facts["code"] for entry in entries if "code" in entry.facts}
        by_id = {customer.id: customer for customer in _customers(ids.values(), codes)}
        known.by_code = {customer.code: customer for customer in by_id.values() if customer.code}
        known.by_external_id = {external: by_id[customer_id] for external, customer_id in ids.items()}
        known.external_id_of = dict(_other_way(source, by_id))
        return known

    def customer_of(self, entry: Entry) -> Customer | None:
        """Whom the row speaks of, or None for somebody new. Raises Contradiction."""
        by_id = self.by_external_id.get(entry.external_id)
        by_code = self.by_code.get(entry.facts.get("code", ""))
        if by_id is not None and by_code is not None and by_id is not by_code:
            raise Contradiction("the code belongs to another customer than the id")
        found = by_id or by_code
        if found is not None and entry.external_id not in (
            "",
            self.external_id_of.get(found.id, entry.external_id),
        ):
            raise Contradiction("the customer with this code has another id")
        return found

    def remember(self, entry: Entry, customer: Customer, source: str) -> bool:
        """Tie the row's id to the customer; returns whether it is new to them."""
        if not entry.external_id or entry.external_id in self.by_external_id:
            return False
        self.by_external_id[entry.external_id] = customer
        self.external_id_of[customer.id] = entry.external_id
        db.session.add(ExternalId(customer_id=customer.id, source=source, external_id=entry.external_id))
        return True


def _pairs(source: str, wanted: Iterable[str]) -> Iterable[tuple[str, uuid.UUID]]:
    found = select(ExternalId).where(ExternalId.source == source, ExternalId.external_id.in_(list(wanted)))
    return [(row.external_id, row.customer_id) for row in db.session.scalars(found)]


def _other_way(source: str, customer_ids: Iterable[uuid.UUID]) -> Iterable[tuple[uuid.UUID, str]]:
    found = select(ExternalId).where(
        ExternalId.source == source, ExternalId.customer_id.in_(list(customer_ids))
    )
    return [(row.customer_id, row.external_id) for row in db.session.scalars(found)]


def _customers(ids: Iterable[uuid.UUID], codes: Iterable[str]) -> Sequence[Customer]:
    return db.session.scalars(
        select(Customer)
        .where(Customer.id.in_(list(ids)) | Customer.code.in_(list(codes)))
        .options(
            selectinload(Customer.phones),
            selectinload(Customer.emails),
            selectinload(Customer.tag_rows),
            selectinload(Customer.assignments),
            selectinload(Customer.contacts).joinedload(CustomerContact.contact),
        )
    ).all()
