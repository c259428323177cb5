"""What is held of messages to customers: who agreed, what was sent, what came back."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, tuple_

from crmweb.customers.contacts.models import Contact
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.db import changed, db
from crmweb.followups.consents import Consent, Stopped
from crmweb.followups.incoming.models import Incoming
from crmweb.followups.message_templates import EMAIL, SMS
from crmweb.followups.models import Followup
from crmweb.followups.unreachable import Unreachable
from crmweb.holdings import Fits, Part, Subject, hold, nobodys, of
from crmweb.languages import lazy_gettext as _
from crmweb.notifications import Delivery, Notice
from crmweb.timeline import Event

WANTS_NO_MORE = _("So that nobody writes to this address again. It names nobody but itself.")


def init() -> None:
    hold(
        Consent, _("Agreed to messages, or not"), customer=Part(of(Consent.customer_id)),
        contact=Part(of(Consent.contact_id), None, _leave_timeline),
        person=Part(
            of(Consent.by_id), _("It shows that the customer agreed."),
            columns=("id", "customer_id", "channel", "given", "how", "by_id", "at"),
        ),
    )  # fmt: skip
    hold(
        Followup, _("Messages to customers"), customer=Part(of(Followup.customer_id), None, _leave_ledger_of_customer),
        contact=Part(of(Followup.contact_id), None, _leave_ledger_of_contact),
        person=Part(
            of(Followup.person_id), _("They are the customer's history."),
            columns=(
                "id", "customer_id", "to_name", "person_id", "channel", "subject", "text", "state", "reason",
                "created_at", "due_at", "ended_at", "answered_at",
            ),
        ),
    )  # fmt: skip
    hold(
        Incoming, _("Answers of customers"), customer=Part(of(Incoming.customer_id)),
        contact=Part(lambda who: Incoming.followup_id.in_(select(Followup.id).where(Followup.contact_id == who))),
    )  # fmt: skip
    hold(
        Stopped, _("Addresses that want no more"),
        customer=Part(_addresses(Stopped), WANTS_NO_MORE), contact=Part(_addresses(Stopped), WANTS_NO_MORE),
    )  # fmt: skip
    hold(
        Unreachable, _("Addresses at which nobody is"),
        customer=Part(_addresses(Unreachable)), contact=Part(_addresses(Unreachable)),
    )  # fmt: skip
    nobodys(
        message_templates="words for anybody", template_wordings="words for anybody",
        sequences="which messages follow a visit", sequence_steps="which messages follow a visit",
    )  # fmt: skip


def _addresses(model: Any) -> Fits:
    """The rows of the addresses that a customer, or a person there, has."""

    def fits(id: uuid.UUID) -> ColumnElement[bool]:
        known = _known(id)
        return tuple_(model.channel, model.address).in_(known) if known else model.channel.in_([])

    return fits


def _known(id: uuid.UUID) -> list[tuple[str, str]]:
    here = select(CustomerEmail.address).where(CustomerEmail.customer_id == id)
    emails = [*db.session.scalars(here), *db.session.scalars(select(Contact.email).where(Contact.id == id))]
    there = select(CustomerPhone.e164).where(CustomerPhone.customer_id == id)
    phones = [
        *db.session.scalars(there),
        *db.session.scalars(select(Contact.phone_e164).where(Contact.id == id)),
    ]
    return [(EMAIL, each.casefold()) for each in emails if each] + [(SMS, each) for each in phones if each]


def _leave_timeline(subject: Subject) -> None:
    """Entries that name whom a message or a consent was of, and what told one of us of an answer."""
    consents = select(Consent.id).where(Consent.contact_id == subject.id)
    followups = select(Followup.id).where(Followup.contact_id == subject.id)
    answers = select(Incoming.id).where(Incoming.followup_id.in_(followups))
    told = select(Event).where(or_(*(Event.id.in_(ids) for ids in (consents, followups, answers))))
    for event in db.session.scalars(told).unique():
        event.payload = {}
    notices = list(db.session.scalars(select(Notice.id).where(Notice.about_id.in_(followups.union(answers)))))
    changed(delete(Delivery).where(Delivery.notice_id.in_(notices)))
    changed(delete(Notice).where(Notice.id.in_(notices)))


def _leave_ledger_of_customer(subject: Subject) -> None:
    _leave_ledger(Followup.customer_id == subject.id)


def _leave_ledger_of_contact(subject: Subject) -> None:
    _leave_ledger(Followup.contact_id == subject.id)


def _leave_ledger(whose: ColumnElement[bool]) -> None:
    """Nothing of theirs leaves the house any more, and what left is not kept as a copy."""
    for followup in db.session.scalars(select(Followup).where(whose)).unique():
        for delivery in db.session.scalars(
            select(Delivery).where(Delivery.dedupe == followup.delivery_dedupe)
        ):
            db.session.delete(delivery)
