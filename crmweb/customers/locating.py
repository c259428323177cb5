"""A pin for a customer who has only an address: the geocoder is asked once the customer is saved."""

from __future__ import annotations

import uuid
from contextlib import suppress
from datetime import datetime

from crmweb import clock, jobs
from crmweb.accounts.actor import Actor
from crmweb.config import current_settings
from crmweb.customers.models import Customer
from crmweb.db import db, writing
from crmweb.places.geocoder import Unanswered, places_for
from crmweb.places.models import Question, TooMany
from crmweb.scope import system_access


def locate_later(customer: Customer, *, by: Actor, at: datetime) -> None:
    """Have the worker find the pin, if there is none, an address is, and the settings name a geocoder.

    Whoever has asked too much within the hour is saved all the same: the customer stays without a pin.
    """
    if not (current_settings().geocoder and customer.address and customer.lat is None):
        return
    with suppress(TooMany):
        Question.count(by=by, at=at)
        jobs.after_commit("crmweb.customers.locating.locate", str(customer.id), queue="slow")


def locate(customer_id: str) -> None:
    """Put the pin where the geocoder says, unless someone was quicker. It is shown as found by address."""
    with system_access("finding a pin by its address"):
        customer = db.session.get(Customer, uuid.UUID(customer_id))
        if customer is None or customer.lat is not None or not customer.address:
            return
        asked = customer.address
        try:
            found = places_for(asked, current_settings())
        except Unanswered:
            return
        with writing():
            customer = db.session.get_one(Customer, uuid.UUID(customer_id))
            if found and customer.lat is None and customer.address == asked:
                customer.move_pin(found[0].lat, found[0].lng, source="geocoded", by=None, at=clock.now())
