"""One person at several customers, some of whom the person at work may not see."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Exists, select
from sqlalchemy.orm import aliased

from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.search import Search, search_text
from crmweb.db import db
from crmweb.scope import Principal, act_for, principal

LOOKED_THROUGH, SHOWN = 2_000, 10


class Known(NamedTuple):
    """Somebody known from another customer."""

    id: uuid.UUID
    name: str
    role: str
    customer: str


def known_contacts(typed: str, *, but: uuid.UUID) -> list[Known]:
    """People at other visible customers whose name has words that begin so, or whose number has these digits."""
    rows = db.session.execute(
        select(
            Contact.id, Contact.name, CustomerContact.role, Customer.name, Contact.phone_e164, Contact.phone
        )
        .join(CustomerContact, CustomerContact.contact_id == Contact.id)
        .join(Customer, Customer.id == CustomerContact.customer_id)
        .where(~_stands_at(but))
        .order_by(Contact.name, Contact.id)
        .limit(LOOKED_THROUGH)
    )
    wanted = Search(typed)
    found = {
        row[0]: Known(*row[:4])
        for row in rows
        if wanted.finds_in(search_text(row[1], numbers=[row[4] or row[5] or ""]))
    }
    return list(found.values())[:SHOWN]


def _stands_at(customer_id: uuid.UUID) -> Exists:
    stands = aliased(CustomerContact)
    return (
        select(stands.contact_id)
        .where(stands.contact_id == Contact.id, stands.customer_id == customer_id)
        .correlate(Contact)
        .exists()
    )


def refile_all(contact: Contact) -> None:
    """Bring the search text of every customer of theirs up to date, also of those whom the person may not see."""
    db.session.flush()
    with _seeing_everyone("a contact's name is in the search of all their customers"):
        stand = select(CustomerContact.customer_id).where(CustomerContact.contact_id == contact.id)
        for customer in db.session.scalars(select(Customer).where(Customer.id.in_(stand))):
            customer.file()
        db.session.flush()


def forget_if_nowhere(contact: Contact) -> None:
    """Delete who stands at no customer any more: nobody could ever see them again."""
    db.session.flush()
    with _seeing_everyone("is this contact anywhere else"):
        stand = select(CustomerContact.customer_id).where(CustomerContact.contact_id == contact.id).limit(1)
        if db.session.scalar(stand) is None:
            db.session.delete(contact)
            db.session.flush()


@contextmanager
def _seeing_everyone(why: str) -> Iterator[None]:
    """The same transaction with the house's eyes, for what no person is shown."""
    before = principal()
    act_for(Principal(viewer_id=None, sees_all=True, why=why))
    try:
        yield
    finally:
        act_for(before)
