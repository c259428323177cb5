"""Customers for the tests of customers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.customers.models import Customer
from crmweb.db import db

PhoneOf = Callable[[Actor], FlaskClient]
House = Callable[[], AbstractContextManager[None]]
Acting = Callable[[Actor], AbstractContextManager[None]]

ENGLISH = {"Accept-Language": "en"}


def shop(
    name: str,
    of: Actor | None,
    *,
    at: tuple[float, float] | None = None,
    visited_days_ago: int | None = None,
    **facts: Any,
) -> uuid.UUID:
    """A customer that `of` looks after, with a pin `at` a place; call it inside `house()` and `writing()`."""
    now = clock.now()
    person = db.session.get_one(User, of.id) if of else None
    customer = Customer.add(by=None, at=now, name=name, responsible=person, **facts)
    if at:
        customer.move_pin(*at, source="gps", by=None, at=now)
    if visited_days_ago is not None:
        customer.assignments[0].visited(at=now - timedelta(days=visited_days_ago))
    db.session.flush()
    return customer.id
