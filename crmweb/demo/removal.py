"""Dissolving the demo company: exactly what it made goes, and what people added since stays."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import Column, Table, delete, exists, or_, select, update

from crmweb import audit
from crmweb.accounts.models import Oversight, User
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import Model, db, writing
from crmweb.demo import letters
from crmweb.demo.company import DEMO, refuse_where_unfit
from crmweb.demo.people import PEOPLE
from crmweb.followups.message_templates import MessageTemplate
from crmweb.followups.models import Followup
from crmweb.followups.sequences import Sequence, Step
from crmweb.notifications import Delivery, Notice
from crmweb.reminders.models import Reminder
from crmweb.scope import system_access

T = TypeVar("T")

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
        met, told = _contacts_of_demo(), _notices_of_demo()
        _remove_letters()
        customers = _remove_customers()
        contacts = _remove_contacts(met)
        _remove_reminders()
        people = _remove_people()
        _remove_deliveries_of(told)
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


def _remove_letters() -> None:
    """What waits to be sent to demo customers, and the words and the sequence that nobody else uses."""
    made = select(ExternalId.customer_id).where(ExternalId.source == DEMO)
    planned = db.session.scalars(select(Followup).where(Followup.customer_id.in_(made))).unique()
    for dedupes in _batches([followup.delivery_dedupe for followup in planned]):
        db.session.execute(delete(_table(Delivery)).where(_table(Delivery).c.dedupe.in_(dedupes)))
    sequences, steps, templates = _table(Sequence), _table(Step), _table(MessageTemplate)
    db.session.execute(delete(sequences).where(sequences.c.id == letters.SEQUENCE_ID))
    unused = ~exists().where(steps.c.template_id == templates.c.id)
    db.session.execute(delete(templates).where(templates.c.id.in_(letters.TEMPLATE_IDS), unused))
    db.session.expire_all()


def _notices_of_demo() -> list[uuid.UUID]:
    made = select(ExternalId.customer_id).where(ExternalId.source == DEMO)
    theirs = or_(Notice.person_id.in_(PERSON_IDS), Notice.customer_id.in_(made))
    return list(db.session.scalars(select(Notice.id).where(theirs)))


def _remove_deliveries_of(notices: list[uuid.UUID]) -> None:
    """What would have told somebody, where the notice went with its person or its customer."""
    deliveries = _table(Delivery)
    for ids in _batches(notices):
        stay = set(db.session.scalars(select(Notice.id).where(Notice.id.in_(ids))))
        gone = [each for each in ids if each not in stay]
        named = deliveries.c.dedupe.in_([f"notice {each}" for each in gone])
        db.session.execute(delete(deliveries).where(or_(named, deliveries.c.notice_id.in_(gone))))


def _remove_contacts(met: list[uuid.UUID]) -> int:
    contacts, places = _table(Contact), _table(CustomerContact)
    elsewhere = exists().where(places.c.contact_id == contacts.c.id)
    removed = 0
    for ids in _batches(met):
        gone = delete(contacts).where(contacts.c.id.in_(ids), ~elsewhere).returning(contacts.c.id)
        removed += len(db.session.execute(gone).all())
    return removed


def _remove_reminders() -> None:
    """What people of the demo have to do that is about no customer; what was given to them by others stays."""
    reminders = _table(Reminder)
    theirs = (reminders.c.person_id.in_(PERSON_IDS), reminders.c.created_by_id.in_(PERSON_IDS))
    db.session.execute(delete(reminders).where(reminders.c.customer_id.is_(None), *theirs))


def _remove_people() -> int:
    """Those under others first, so that a manager goes once nobody reports to them."""
    users = _table(User)
    removed = 0
    for person_id in reversed(PERSON_IDS):
        free = [users.c.id == person_id, *(~exists().where(key == person_id) for key in _keys_to_people())]
        removed += len(db.session.execute(delete(users).where(*free).returning(users.c.id)).all())
    Oversight.rebuild()
    audit.forget("user", set(PERSON_IDS) - set(db.session.scalars(select(User.id))))
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


def _batches(ids: list[T], size: int = 500) -> Iterator[list[T]]:
    """Pieces small enough for one statement's parameters."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _table(model: type[Model]) -> Table:
    table = model.__table__
    assert isinstance(table, Table)
    return table
