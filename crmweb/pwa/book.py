"""What a phone takes along of one person's own customers: read at once for all, in a fixed number of statements."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Executable, Select, case, func, select
from sqlalchemy.orm import joinedload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.faces import Face, faces, last_visit, standings
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.notes.models import Note
from crmweb.notes.recordings import VoiceNote
from crmweb.reminders.models import Reminder
from crmweb.routes.plans import Day

MOST = 400
"""Customers in a pack: who looks after more has at hand whom they visit today and who is due first."""

NOTES, TO_DO = 3, 3
"""How many of each stand on a customer's page without a signal."""

Of = TypeVar("Of")


class Person(NamedTuple):
    """A contact at a customer, and what they are there."""

    customer_id: uuid.UUID
    id: uuid.UUID
    name: str
    role: str
    phone: str | None
    dials: str | None


class Noted(NamedTuple):
    """One note: who wrote it, and when it was by their phone. A recording itself stays here."""

    customer_id: uuid.UUID
    text: str
    at: datetime
    by: str
    spoken: bool
    seconds: int | None


class Kept(NamedTuple):
    """All that a phone keeps of one customer."""

    face: Face
    find: str
    last_visit_at: datetime | None
    people: list[Person]
    to_do: list[Reminder]
    notes: list[Noted]


class Book(NamedTuple):
    """One person's customers, today's stops first and then by date; `stops` are the stops in their order."""

    customers: list[Kept]
    stops: list[uuid.UUID]

    @classmethod
    def of(cls, who: Actor, today: date) -> Book:
        """Those whom this person looks after themself today, whomever else they may see."""
        planned = Day(who.id, today).customer_ids()
        find = {row.id: row.folded for row in db.session.execute(_own(who.id, planned))}
        stops = [each for each in planned if each in find]
        order = [*stops, *(each for each in find if each not in set(stops))]
        return cls(list(_kept(order, find, today)), stops)


def _own(person_id: uuid.UUID, planned: Sequence[uuid.UUID]) -> Select[Any, Any]:
    """The customers of this person's running assignments: who is planned first, then as they fall due."""
    due = func.min(Assignment.next_due)
    return (
        select(Customer.id, Customer.folded)
        .join(Assignment, Assignment.customer_id == Customer.id)
        .where(
            Assignment.person_id == person_id, Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None), Customer.archived_at.is_(None),
        )
        .group_by(Customer.id)
        .order_by(case((Customer.id.in_(planned), 0), else_=1), due.is_(None), due, Customer.sort_name, Customer.id)
        .limit(MOST)
    )  # fmt: skip


def _kept(ids: list[uuid.UUID], find: dict[uuid.UUID, str], today: date) -> Iterable[Kept]:
    looked_after = standings(ids)
    people = _by_customer(Person._make(row) for row in db.session.execute(_people(ids)))
    to_do = _by_customer(db.session.scalars(_to_do(ids)).unique())
    notes = _by_customer(Noted._make(row) for row in db.session.execute(_notes(ids)))
    for face in faces(ids, today, looked_after):
        of = face.id
        seen = last_visit(looked_after.get(of, []))
        yield Kept(face, find[of].strip(), seen, people[of], to_do[of], notes[of])


def _people(ids: list[uuid.UUID]) -> Executable:
    return (
        select(
            CustomerContact.customer_id, Contact.id, Contact.name, CustomerContact.role, Contact.phone,
            Contact.phone_e164,
        )
        .join(Contact, Contact.id == CustomerContact.contact_id)
        .where(CustomerContact.customer_id.in_(ids))
        .order_by(CustomerContact.position, Contact.id)
    )  # fmt: skip


def _to_do(ids: list[uuid.UUID]) -> Select[Any]:
    """What is promised or to be done there, promises first, each the earliest first."""
    order = (Reminder.promised_by.is_(None), Reminder.due_at, Reminder.id)
    place = func.row_number().over(partition_by=Reminder.customer_id, order_by=order)
    ranked = (
        select(Reminder.id, place.label("place"))
        .where(Reminder.customer_id.in_(ids), Reminder.done_at.is_(None), Reminder.dropped_at.is_(None))
        .subquery()
    )
    return (
        select(Reminder)
        .join(ranked, ranked.c.id == Reminder.id)
        .where(ranked.c.place <= TO_DO)
        .options(joinedload(Reminder.person))
        .order_by(*order)
    )


def _notes(ids: list[uuid.UUID]) -> Executable:
    """The last ones, as the timeline orders them: by when they reached us."""
    newest = (Note.recorded_at.desc(), Note.id.desc())
    place = func.row_number().over(partition_by=Note.customer_id, order_by=newest)
    ranked = select(Note.id, place.label("place")).where(Note.customer_id.in_(ids)).subquery()
    return (
        select(Note.customer_id, Note.text, Note.at, User.name, VoiceNote.id.is_not(None), VoiceNote.seconds)
        .join(ranked, ranked.c.id == Note.id)
        .join(User, User.id == Note.by_id)
        .outerjoin(VoiceNote, VoiceNote.note_id == Note.id)
        .where(ranked.c.place <= NOTES)
        .order_by(*newest)
    )


def _by_customer(rows: Iterable[Of]) -> defaultdict[uuid.UUID, list[Of]]:
    found: defaultdict[uuid.UUID, list[Of]] = defaultdict(list)
    for row in rows:
        found[row.customer_id].append(row)  # type: ignore[attr-defined]
    return found
