"""Dissolving the demo company: exactly what it made goes, and what people added since stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Column, Table, delete, exists, select, update

from crmweb.accounts.models import Oversight, User
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import Model, db, writing
from crmweb.demo.company import DEMO, refuse_where_unfit
from crmweb.demo.people import PEOPLE
from crmweb.scope import system_access

PERSON_IDS = tuple(person.id for person in PEOPLE)


@dataclass(frozen=True)
class Removed:
    """What is gone; `kept` names the demo's people and contacts that others' work still needs."""

    customers: int
    contacts: int
    people: int
    kept: tuple[str, ...]


def dissolve() -> Removed:
    """Remove the company; `crmweb.demo.remove_demo` says what stays. Raises `Refused`."""
    refuse_where_unfit()
    with system_access("removing the demo company"), writing():
        met = _contacts_of_demo()
        customers = _remove_customers()
        contacts = _remove_contacts(met)
        people = _remove_people()
        kept = (*_names(User, PERSON_IDS), *_names(Contact, met))
    return Removed(customers, contacts, people, kept)


def _contacts_of_demo() -> list[uuid.UUID]:
    made = select(ExternalId.customer_id).where(ExternalId.source == DEMO)
    places = select(CustomerContact.contact_id).where(CustomerContact.customer_id.in_(made))
    return list(db.session.scalars(places.distinct()))


def _remove_customers() -> int:
    """Branches that people hung under a demo head office stand alone from now on."""
    made = list(db.session.scalars(select(ExternalId.customer_id).where(ExternalId.source == DEMO)))
    customers = _table(Customer)
    for ids in _batches(made):
        db.session.execute(update(customers).where(customers.c.parent_id.in_(ids)).values(parent_id=None))
    for ids in _batches(made):
        db.session.execute(delete(customers).where(customers.c.id.in_(ids)))
    return len(made)


def _remove_contacts(met: list[uuid.UUID]) -> int:
    contacts, places = _table(Contact), _table(CustomerContact)
    elsewhere = exists().where(places.c.contact_id == contacts.c.id)
    removed = 0
    for ids in _batches(met):
        gone = delete(contacts).where(contacts.c.id.in_(ids), ~elsewhere).returning(contacts.c.id)
        removed += len(db.session.execute(gone).all())
    return removed


def _remove_people() -> int:
    """Those under others first, so that a manager goes once nobody reports to them."""
    users = _table(User)
    removed = 0
    for person_id in reversed(PERSON_IDS):
        free = [users.c.id == person_id, *(~exists().where(key == person_id) for key in _keys_to_people())]
        removed += len(db.session.execute(delete(users).where(*free).returning(users.c.id)).all())
    Oversight.rebuild()
    return removed


def _keys_to_people() -> Iterator[Column[uuid.UUID]]:
    """Every column of any table that names a person and would keep them from being deleted."""
    for table in Model.metadata.tables.values():
        for key in table.foreign_keys:
            if key.column is _table(User).c.id and key.ondelete != "CASCADE":
                yield key.parent


def _names(kind: type[User] | type[Contact], ids: tuple[uuid.UUID, ...] | list[uuid.UUID]) -> list[str]:
    """The names of those who are still here."""
    found: list[str] = []
    for batch in _batches(list(ids)):
        found.extend(db.session.scalars(select(kind.name).where(kind.id.in_(batch)).order_by(kind.name)))
    return found


def _batches(ids: list[uuid.UUID], size: int = 500) -> Iterator[list[uuid.UUID]]:
    """Pieces small enough for one statement's parameters."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _table(model: type[Model]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
