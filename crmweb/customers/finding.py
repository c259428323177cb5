"""Finding the customer of an address, for the person at work."""

from __future__ import annotations

import uuid

from flask_login import current_user

from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.web import not_found_unless


def found_customer(id: uuid.UUID) -> Customer:
    """The customer, or 404 when there is none that this person may see."""
    customer: Customer = not_found_unless(
        db.session.scalar(Customer.visible_to(current_user).where(Customer.id == id))
    )
    return customer
