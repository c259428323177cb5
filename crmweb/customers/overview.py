"""All that the page of one customer shows."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.due import Due, late_before
from crmweb.customers.faces import Standing, main_standing, next_due, standings
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.timeline.entries import Entry, entries, how_many

ENTRIES, NOTES, BRANCHES = 30, 3, 50


class Relative(NamedTuple):
    """A head office or a branch, in a word."""

    id: uuid.UUID
    name: str
    address: str


@dataclass(frozen=True)
class Overview:
    """A customer whom the viewer may see, with everything around them that the viewer may see."""

    customer: Customer
    people: list[Standing]
    due: Due
    last_visit_at: datetime | None
    parent: Relative | None
    branches: list[Relative]
    notes: list[Entry]
    entries: list[Entry]
    entries_in_all: int

    @classmethod
    def of(cls, customer: Customer, *, by: Actor, today: date) -> Overview:
        """Everything, as `by` sees it on their date of today."""
        people = standings([customer.id]).get(customer.id, [])
        latest = entries(customer.id, most=ENTRIES)
        in_all = len(latest) if len(latest) < ENTRIES else how_many(customer.id)
        visits = [person.last_visit_at for person in people if person.last_visit_at]
        return cls(
            customer=customer,
            people=people,
            due=Due.seen_from(today, next_due(people), late_before(today)),
            last_visit_at=max(visits, default=None),
            parent=_parent(customer),
            branches=_branches(customer),
            notes=_notes(customer, latest, in_all),
            entries=latest,
            entries_in_all=in_all,
        )

    @property
    def responsible(self) -> Standing | None:
        return main_standing(self.people)


def _parent(customer: Customer) -> Relative | None:
    if customer.parent_id is None:
        return None
    row = db.session.execute(_RELATIVES.where(Customer.id == customer.parent_id)).one_or_none()
    return Relative(*row) if row else None


def _branches(customer: Customer) -> list[Relative]:
    found = _RELATIVES.where(Customer.parent_id == customer.id, Customer.archived_at.is_(None))
    return [Relative(*row) for row in db.session.execute(found.order_by(Customer.sort_name).limit(BRANCHES))]


_RELATIVES = select(Customer.id, Customer.name, Customer.address)


def _notes(customer: Customer, latest: list[Entry], in_all: int) -> list[Entry]:
    """The last notes; the timeline is asked again only when those shown hold too few."""
    notes = [entry for entry in latest if entry.kind == "note.written"]
    if len(notes) >= NOTES or in_all == len(latest):
        return notes[:NOTES]
    return entries(customer.id, most=NOTES, kind="note.written")
