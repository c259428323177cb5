"""What the worker does for places."""

from __future__ import annotations

import uuid

from crmweb import clock, jobs
from crmweb.config import current_settings
from crmweb.db import db, writing
from crmweb.places.geocoder import Unanswered, places_for
from crmweb.places.models import Lookup
from crmweb.scope import system_access


def look_up(lookup_id: str) -> None:
    """Ask the geocoder one question and write down what it says."""
    with system_access("looking up an address"):
        lookup = db.session.get(Lookup, uuid.UUID(lookup_id))
        if lookup is None or lookup.answered_at is not None:
            return
        try:
            found = places_for(lookup.address, current_settings())
        except Unanswered:
            found = None
        with writing():
            lookup = db.session.get_one(Lookup, uuid.UUID(lookup_id))
            if found is None:
                lookup.fail(at=clock.now())
            else:
                lookup.answer(found, at=clock.now())


def ring_lost() -> None:
    """Ring again for the questions that a lost Redis forgot. The clock calls it."""
    with system_access("lost look-ups"):
        for lookup_id in Lookup.waiting(at=clock.now()):
            jobs.ring("crmweb.places.work.look_up", str(lookup_id), queue="slow")
