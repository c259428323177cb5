"""What one has to know before a meeting, on one page: read in as many statements however long the past is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.due import OVERDUE, TODAY, Due, late_before
from crmweb.customers.faces import Standing, main_standing, next_due, standings
from crmweb.customers.models import Customer
from crmweb.customers.quiet import Quiet
from crmweb.customers.sites import Relative, Site, head_office, sites
from crmweb.customers.tiers import Tier
from crmweb.customers.touches import KINDS, LATEST, touch_in
from crmweb.db import db
from crmweb.followups.models import Followup
from crmweb.reminders.models import Reminder
from crmweb.timeline import Event
from crmweb.timeline.entries import Entry, entries
from crmweb.visits.met import last_met
from crmweb.visits.models import Visit

TOUCHES: Final = 3
NOTES: Final = 2
MOST: Final = 12
"""Of anything else; who has more open than that reads it on the customer's own page."""


class Stakeholder(NamedTuple):
    """Somebody at the customer in their role, and when one of us met them last."""

    place: CustomerContact
    met_at: datetime | None


@dataclass(frozen=True)
class Brief:
    """An account before a meeting. `last_visit` is the last one with a result: what came of it, and what was next."""

    customer: Customer
    people: list[Standing]
    due: Due
    quiet: Quiet
    parent: Relative | None
    stakeholders: list[Stakeholder]
    touches: list[Entry]
    notes: list[Entry]
    promises: list[Reminder]
    to_do: list[Reminder]
    followups: list[Followup]
    last_visit: Visit | None
    sites_due: list[Site]

    @classmethod
    def of(cls, customer: Customer, *, today: date, zone: str) -> Brief:
        """As the person at work sees it on their date of today."""
        people, late = standings([customer.id]).get(customer.id, []), late_before(today)
        return cls(
            customer=customer,
            people=people,
            due=Due.seen_from(today, next_due(people), late),
            quiet=_quiet(customer, people, today, zone),
            parent=head_office(customer),
            stakeholders=_stakeholders(customer),
            touches=_touches(customer),
            notes=entries(customer.id, most=NOTES, kind="note.written"),
            promises=_some(Reminder.promised(customer.id)),
            to_do=_some(Reminder.to_do_at(customer.id)),
            followups=_some(Followup.planned_at(customer.id)),
            last_visit=_last_visit(customer),
            sites_due=[site for site in sites(customer.id, today) if site.due.state in (OVERDUE, TODAY)],
        )

    @property
    def responsible(self) -> Standing | None:
        return main_standing(self.people)

    @property
    def ours(self) -> list[Reminder]:
        """What we promised and have not kept, the longest overdue first."""
        return [promise for promise in self.promises if promise.promised_by == "us"]

    @property
    def theirs(self) -> list[Reminder]:
        """What they promised and have not kept, the longest overdue first."""
        return [promise for promise in self.promises if promise.promised_by == "them"]


def _some(asked: Select[Any]) -> list[Any]:
    return list(db.session.scalars(asked.limit(MOST)).unique())


def _quiet(customer: Customer, people: Sequence[Standing], today: date, zone: str) -> Quiet:
    """By the most pressing of the dates of those whose work the viewer sees."""
    after = [each.quiet_after for each in people if each.overseen and each.started_at and each.quiet_after]
    return Quiet.seen_from(
        today,
        last_touch=max((each.last_touch_at for each in people if each.last_touch_at), default=None),
        after=min(after, default=None),
        every_days=Tier.intervals().get(customer.tier or ""),
        late_before=late_before(today),
        zone=zone,
    )


def _stakeholders(customer: Customer) -> list[Stakeholder]:
    met = last_met(customer.id)
    return [Stakeholder(place, met.get(place.contact_id)) for place in CustomerContact.of(customer.id)[:MOST]]


def _touches(customer: Customer) -> list[Entry]:
    """The last contacts of any kind. A note alone is none; the brief has the last ones beside."""
    latest = select(Event).where(Event.customer_id == customer.id, Event.kind.in_(KINDS))
    found = db.session.scalars(latest.order_by(Event.seq.desc()).limit(LATEST)).unique()
    touching = [each for each in found if touch_in(each.kind, each.at, each.payload)][:TOUCHES]
    return [
        Entry(
            each.seq,
            each.id,
            each.kind,
            each.at,
            each.recorded_at,
            each.payload,
            each.by.name if each.by else None,
        )
        for each in touching
    ]


def _last_visit(customer: Customer) -> Visit | None:
    with_result = select(Visit).where(Visit.customer_id == customer.id, Visit.outcome.is_not(None))
    latest = with_result.options(joinedload(Visit.note)).order_by(Visit.started_at.desc()).limit(1)
    found: Visit | None = db.session.scalars(latest).first()
    return found
