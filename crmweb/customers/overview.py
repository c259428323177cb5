"""All that the page of one customer shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from crmweb.accounts.actor import Actor
from crmweb.customers.due import Due, late_before
from crmweb.customers.faces import Standing, last_visit, main_standing, next_due, standings
from crmweb.customers.models import Customer
from crmweb.customers.sites import Relative, Site, head_office, sites
from crmweb.timeline.entries import Entry, entries, how_many

ENTRIES, NOTES = 30, 3


@dataclass(frozen=True)
class Overview:
    """A customer whom the viewer may see, with everything around them that the viewer may see."""

    customer: Customer
    people: list[Standing]
    due: Due
    last_visit_at: datetime | None
    parent: Relative | None
    sites: list[Site]
    notes: list[Entry]
    entries: list[Entry]
    entries_in_all: int

    @classmethod
    def of(cls, customer: Customer, *, by: Actor, today: date) -> Overview:
        """Everything, as `by` sees it on their date of today."""
        people = standings([customer.id]).get(customer.id, [])
        latest = entries(customer.id, most=ENTRIES)
        in_all = len(latest) if len(latest) < ENTRIES else how_many(customer.id)
        return cls(
            customer=customer,
            people=people,
            due=Due.seen_from(today, next_due(people), late_before(today)),
            last_visit_at=last_visit(people),
            parent=head_office(customer),
            sites=sites(customer.id, today),
            notes=_notes(customer, latest, in_all),
            entries=latest,
            entries_in_all=in_all,
        )

    @property
    def responsible(self) -> Standing | None:
        return main_standing(self.people)


def _notes(customer: Customer, latest: list[Entry], in_all: int) -> list[Entry]:
    """The last notes; the timeline is asked again only when those shown hold too few."""
    notes = [entry for entry in latest if entry.kind == "note.written"]
    if len(notes) >= NOTES or in_all == len(latest):
        return notes[:NOTES]
    return entries(customer.id, most=NOTES, kind="note.written")
