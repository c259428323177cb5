"""Which customers a batch of rows speaks of: by external id and by code."""

import uuid
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import db
from crmweb.imports.entries import Entry
from crmweb.names import fold


class Contradiction(Exception):
    """A row's id and its code do not belong together; the text says how."""


Look = tuple[str, str, str]
"""Name, address, main phone."""


@dataclass(slots=True)
class Known:
    """The customers whom some rows speak of."""

    by_external_id: dict[str, Customer]
    by_code: dict[str, Customer]
    by_look: dict[Look, Customer]
    external_id_of: dict[uuid.UUID, str]

    @classmethod
    def of(cls, entries: Sequence[Entry], source: str) -> "Known":
        """Everyone the rows may speak of, in a few queries."""
        ids = dict(_external_ids(source, {entry.external_id for entry in entries if entry.external_id}))
        looks = dict(_looks({entry.look for entry in entries if entry.look}))
        codes = {entry.facts["code"] for entry in entries if "code" in entry.facts}
        found = {customer.id: customer for customer in _customers([*ids.values(), *looks.values()], codes)}
        return cls(
            by_external_id={external_id: found[customer_id] for external_id, customer_id in ids.items()},
            by_code={customer.code: customer for customer in found.values() if customer.code},
            by_look={look: found[customer_id] for look, customer_id in looks.items()},
            external_id_of=dict(_other_way(source, found)),
        )

    def customer_of(self, entry: Entry) -> Customer | None:
        """Whom the row speaks of, or None for somebody new. Raises Contradiction."""
        if entry.look:
            return self.by_look.get(entry.look)
        by_id = self.by_external_id.get(entry.external_id)
        by_code = self.by_code.get(entry.facts.get("code", ""))
        if by_id is not None and by_code is not None and by_id is not by_code:
            raise Contradiction("the code belongs to another customer than the id")
        found = by_id or by_code
        standing = self.external_id_of.get(found.id) if found else None
        if standing and entry.external_id not in ("", standing):
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


def _external_ids(source: str, wanted: Iterable[str]) -> Iterable[tuple[str, uuid.UUID]]:
    found = select(ExternalId).where(ExternalId.source == source, ExternalId.external_id.in_(list(wanted)))
    return [(row.external_id, row.customer_id) for row in db.session.scalars(found)]


def _looks(looks: Set[Look]) -> Iterable[tuple[Look, uuid.UUID]]:
    names = {fold(name)[:80] for name, _, _ in looks}
    columns = select(Customer.id, Customer.name, Customer.address, Customer.phone)
    found = (
        columns.where(Customer.sort_name.in_(names), Customer.archived_at.is_(None))
        if names
        else columns.limit(0)
    )
    rows = [((row.name, row.address, row.phone or ""), row.id) for row in db.session.execute(found)]
    return [(look, customer_id) for look, customer_id in rows if look in looks]


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
