"""The page of one visit, and the sheet that finishes it: always seen with the viewer's own eyes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Response, abort, request
from flask_login import current_user
from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.tiers import Tier
from crmweb.db import db
from crmweb.reminders.models import Reminder
from crmweb.scope import act_for
from crmweb.timeline.entries import Entry, entries
from crmweb.visits.evidence import WHYS
from crmweb.visits.forms import BadVisit
from crmweb.visits.models import Visit
from crmweb.visits.outcomes import Outcome
from crmweb.visits.verdicts import LATEST
from crmweb.web import not_found_unless, page


@dataclass(frozen=True)
class Seen:
    """A visit with what stands around it. `customer` is None for a helper, who may not open them."""

    visit: Visit
    visitor: str
    customer: Customer | None
    mine: bool

    @property
    def promises(self) -> list[Reminder]:
        """What is open with this customer, as far as one may see it."""
        return list(db.session.scalars(Reminder.promised(self.visit.customer_id)))

    @property
    def to_do(self) -> list[Reminder]:
        """What is to be done here though nobody promised it."""
        return list(db.session.scalars(Reminder.to_do_at(self.visit.customer_id)))

    @property
    def last_note(self) -> Entry | None:
        """The note before this visit's own."""
        if self.customer is None:
            return None
        notes = entries(self.visit.customer_id, most=2, kind="note.written")
        return next((note for note in notes if note.id != self.visit.note_id), None)

    @property
    def seconds_to_place(self) -> int:
        """How long a position may still be taken for this visit."""
        since = clock.now() - self.visit.recorded_at
        return max(round((LATEST - since).total_seconds()), 0)

    @property
    def contacts(self) -> list[CustomerContact]:
        return CustomerContact.of(self.visit.customer_id) if self.customer else []

    def rhythm_day(self, today: date) -> date | None:
        """When the visitor is due here next where no route says so."""
        standing = self.customer.assignments if self.customer else []
        own = next(
            (each for each in standing if each.active and each.person_id == self.visit.person_id), None
        )
        if own is None or own.status != "customer":
            return None
        if not self.visit.at_the_place:
            return own.next_due
        days = Tier.intervals().get(own.tier or "")
        return today + timedelta(days=days) if days else None


def seen(id: uuid.UUID) -> Seen:
    """The visit as the person at work may see it, whatever was opened to them for a write. 404 for a stranger's."""
    act_for(current_user.principal)
    visit: Visit = not_found_unless(db.session.scalar(select(Visit).where(Visit.id == id)))
    visitor = db.session.get_one(User, visit.person_id).name
    return Seen(visit, visitor, visit.customer, visit.person_id == current_user.id)


def seen_own(id: uuid.UUID) -> Seen:
    """The same, for what only the visitor may do. 403 for a colleague's."""
    found = seen(id)
    if not found.mine:
        abort(403)
    return found


def show_visit(found: Seen, *, status: int = 200, wrong: BadVisit | None = None) -> Response:
    """`wrong` is what was refused, in words."""
    return page("visits/show.html", status=status, seen=found, whys=WHYS, wrong=wrong, now=clock.now())


def show_finish(found: Seen, *, status: int = 200, wrong: BadVisit | None = None) -> Response:
    """The sheet on which one says what came of it, with all that was typed."""
    return page(
        "visits/finish.html", status=status, seen=found, outcomes=Outcome.offered(), wrong=wrong, today=_today(),
        whys=WHYS, typed=request.form, promises=_typed_promises(),
    )  # fmt: skip


def _today() -> date:
    now: datetime = clock.now()
    today: date = current_user.today(now)
    return today


def _typed_promises() -> list[tuple[str, str, str]]:
    """Whose, what and until when, as typed; one empty one to begin with, and one more for each that is filled."""
    form = request.form
    typed = zip(
        form.getlist("promise_by"), form.getlist("promise"), form.getlist("promise_until"), strict=False
    )
    return [*(each for each in typed if each[1].strip()), ("us", "", "")]
