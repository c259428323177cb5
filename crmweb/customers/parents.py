"""Head offices: found by what people type, and never their own."""

from __future__ import annotations

import uuid

from sqlalchemy import or_, select

from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.names import fold
from crmweb.scope import system_access


def named(text: str) -> list[uuid.UUID]:
    """The visible customers with this code, else those with this name, else the one with this id; at most two."""
    by_code = db.session.scalars(select(Customer.id).where(Customer.code == text)).all()
    if by_code:
        return list(by_code)
    called = or_(Customer.sort_name == fold(text)[:80], Customer.id == _id(text))
    return list(
        db.session.scalars(select(Customer.id).where(called, Customer.archived_at.is_(None)).limit(2))
    )


def spoken_name(parent_id: uuid.UUID | None) -> str:
    """How the form names a head office: by its code, else its name; nothing where one may not see it."""
    row = db.session.execute(
        select(Customer.code, Customer.name).where(Customer.id == parent_id)
    ).one_or_none()
    return (row.code or row.name) if row else ""


def is_hidden(parent_id: uuid.UUID | None) -> bool:
    """Whether there is a head office that the person at work may not see, and so may not take away."""
    if parent_id is None:
        return False
    return db.session.scalar(select(Customer.id).where(Customer.id == parent_id)) is None


def makes_circle(customer_id: uuid.UUID, parent_id: uuid.UUID) -> bool:
    """Whether the customer stands above this head office already, or is it."""
    with system_access("keeping head offices in order"):
        above: uuid.UUID | None = parent_id
        seen: set[uuid.UUID] = set()
        while above is not None and above not in seen:
            if above == customer_id:
                return True
            seen.add(above)
            above = db.session.scalar(select(Customer.parent_id).where(Customer.id == above))
    return False


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
