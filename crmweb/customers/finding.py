"""Finding the customer of an address or a form, for the person at work."""

from __future__ import annotations

import uuid

from flask_login import current_user
from werkzeug.exceptions import UnprocessableEntity

from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.languages import gettext as _
from crmweb.web import not_found_unless


def found_customer(id: uuid.UUID) -> Customer:
    """The customer, or 404 when there is none that this person may see."""
    customer: Customer = not_found_unless(
        db.session.scalar(Customer.visible_to(current_user).where(Customer.id == id))
    )
    return customer


def named_id(text: str) -> uuid.UUID:
    """The id that a form names. 422 for what is none."""
    try:
        return uuid.UUID(text)
    except ValueError:
        raise UnprocessableEntity(_("Nobody is known by that id.")) from None
