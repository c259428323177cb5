"""Rows that an import refused lie in files, and tell of customers who never came to be, or came by another file."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

from sqlalchemy import select

from crmweb.config import current_settings
from crmweb.customers.contacts.models import Contact, CustomerContact
from crmweb.customers.models import Customer
from crmweb.customers.reaching.models import CustomerEmail, CustomerPhone
from crmweb.db import db
from crmweb.holdings import CONTACT, CUSTOMER, Subject, also

REJECTED = "imports"
FEWEST_DIGITS = 8
"""Of a cell that may be a phone number."""


def init() -> None:
    also(CUSTOMER, _forget_customer)
    also(CONTACT, _forget_contact)


def _forget_customer(subject: Subject) -> None:
    customer = db.session.get(Customer, subject.id)
    here = select(CustomerContact.contact_id).where(CustomerContact.customer_id == subject.id)
    told = [customer.name, customer.code, customer.tax_number] if customer else []
    told += db.session.scalars(select(CustomerPhone.typed).where(CustomerPhone.customer_id == subject.id))
    told += db.session.scalars(select(CustomerEmail.typed).where(CustomerEmail.customer_id == subject.id))
    for contact in db.session.scalars(select(Contact).where(Contact.id.in_(here))):
        told += [contact.phone, contact.email]
    _forget_rows(told)


def _forget_contact(subject: Subject) -> None:
    contact = db.session.get(Contact, subject.id)
    _forget_rows([contact.name, contact.phone, contact.email] if contact else [])


def _forget_rows(told: list[str | None]) -> None:
    """Leave out every row with a cell that says one of these."""
    marks = {_mark(text) for text in told if text} - {""}
    for file in sorted((current_settings().home / REJECTED).glob("*.csv")):
        with file.open(encoding="utf-8-sig", newline="") as kept:
            header, *rows = list(csv.reader(kept)) or [[]]
        left = [row for row in rows if not marks & {_mark(cell) for cell in row[2:]}]
        if len(left) < len(rows):
            _write(file, [header, *left])


def _mark(text: str) -> str:
    """By what two spellings are one: a number by its last digits, anything else without case and a cell's guard."""
    digits = re.sub(r"\D", "", text)
    if len(digits) >= FEWEST_DIGITS:
        return digits[-FEWEST_DIGITS:]
    return text.strip().removeprefix("'").casefold()


def _write(file: Path, rows: list[list[str]]) -> None:
    partial = file.with_suffix(".partial")
    with os.fdopen(
        os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w", encoding="utf-8-sig", newline=""
    ) as out:
        csv.writer(out).writerows(rows)
    partial.replace(file)
