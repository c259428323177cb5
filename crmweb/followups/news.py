"""What visits, calls and changes at a customer mean for follow-ups: told by the timeline."""

from __future__ import annotations

import uuid
from typing import Any, Final

from sqlalchemy import select

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.accounts.signals import access_ended
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.contacts.models import CustomerContact
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.followups.models import PLANNED, Followup, cancel_planned
from crmweb.followups.sequences import Sequence
from crmweb.timeline import Event, happened

NOBODY_MET: Final = ("closed", "owner_away", "moved", "gone")
"""Outcomes of visits at which nobody was spoken to."""


def _finished(_kind: str, *, event: Event, before: str | None, **_: Any) -> None:
    """Somebody spoke with the customer: what sequences of before say is stale. The outcome may begin new ones."""
    outcome = event.payload.get("outcome", "")
    if before == "visit.finished":
        _take_back(event, but=outcome)
    if outcome not in NOBODY_MET:
        _spoken_with(event)
    customer, writer = db.session.get(Customer, event.customer_id), _writer(event)
    if customer is not None and writer is not None and customer.archived_at is None:
        for sequence in Sequence.begun_by(outcome) if outcome else []:
            sequence.begin(customer, by=writer, at=clock.now(), since=event.at, cause_id=event.id)


def _not_finished(_kind: str, *, event: Event, before: str | None, **_: Any) -> None:
    """A result that is taken back takes along what it had planned."""
    if before == "visit.finished":
        _take_back(event)


def _take_back(event: Event, *, but: str = "") -> None:
    """Cancel what this visit planned, unless its outcome still begins the same sequence."""
    theirs = select(Followup).where(Followup.cause_id == event.id, Followup.state == PLANNED)
    for followup in db.session.scalars(theirs.where(Followup.sequence_id.is_not(None))).unique().all():
        sequence = db.session.get(Sequence, followup.sequence_id)
        if sequence is None or not but or sequence.outcome != but:
            followup.take_back(at=clock.now())


def _writer(event: Event) -> User | None:
    """In whose name it goes: the visitor's, where the customer is theirs, else that of who looks after them."""
    theirs = _standing(event.customer_id)
    own = next((each for each in theirs if each.person_id == event.by_id), None)
    chosen = own or next(iter(theirs), None)
    return chosen.person if chosen else None


def _spoken_with(event: Event) -> None:
    with db.session.no_autoflush:
        cancel_planned(event.customer_id, "spoken", at=clock.now(), of_sequences=True, before=event.at)


def _noted(_kind: str, *, event: Event, **_: Any) -> None:
    """A note on a call or on a Zalo message is a sign that they were spoken with."""
    if event.payload.get("about"):
        _spoken_with(event)


def _called(_kind: str, *, event: Event, **_: Any) -> None:
    _spoken_with(event)


def _archived(_kind: str, *, event: Event, **_: Any) -> None:
    cancel_planned(event.customer_id, "archived", at=event.recorded_at)


def _changed(_kind: str, *, event: Event, **_: Any) -> None:
    """Who is no customer any more is not written to, nor who does not stand there any more."""
    changed = event.payload.get("fields", [])
    if "status" in changed:
        customer = db.session.get(Customer, event.customer_id)
        if customer is not None and customer.status == "former":
            cancel_planned(event.customer_id, "former", at=event.recorded_at)
    if "contacts" in changed:
        _contacts_changed(event)


def _contacts_changed(event: Event) -> None:
    db.session.flush()
    left = {place.contact_id for place in CustomerContact.of(event.customer_id)}
    for followup in db.session.scalars(Followup.planned_at(event.customer_id)).unique().all():
        if followup.contact_id is not None and followup.contact_id not in left:
            followup.cancel("contact_gone", at=event.recorded_at)


def _handed_over(_kind: str, *, event: Event, **_: Any) -> None:
    """Words in the name of somebody who does not look after them any more are not sent. A cover's end is asked when
    it would be sent.
    """
    if (told := event.payload.get("person_id")) is None or event.payload.get("stands_in_for_id"):
        return
    with db.session.no_autoflush:  # with the end, whoever hands over may lose sight of the customer
        person_id = uuid.UUID(told)
        if not any(each.person_id == person_id for each in _standing(event.customer_id)):
            cancel_planned(event.customer_id, "handed_over", at=event.recorded_at, person_id=person_id)


def _standing(customer_id: uuid.UUID) -> list[Assignment]:
    """Who looks after the customer now; one that ends in this moment is not flushed yet."""
    standing = select(Assignment).where(Assignment.customer_id == customer_id, Assignment.ended_at.is_(None))
    found = db.session.scalars(standing.order_by(Assignment.created_at)).unique()
    return [each for each in found if each.active]


def _left_us(user: User, **more: Any) -> None:
    """Nobody hears from a person who was deactivated."""
    if user.active:
        return
    theirs = select(Followup).where(Followup.person_id == user.id, Followup.state == PLANNED)
    for followup in db.session.scalars(theirs).unique().all():
        followup.cancel("writer_gone", at=more["at"])


def listen() -> None:
    """Hear from now on what happens to customers, and to those who write to them."""
    for kind, hear in (
        ("visit.finished", _finished),
        ("visit.started", _not_finished),
        ("visit.left", _not_finished),
        ("note.written", _noted),
        ("call.logged", _called),
        ("customer.archived", _archived),
        ("customer.changed", _changed),
        ("assignment.ended", _handed_over),
    ):
        happened.connect(hear, sender=kind)
    access_ended.connect(_left_us)
