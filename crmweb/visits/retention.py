"""What is kept of places, photos and recordings only for a while: the policies say for how long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import InstrumentedAttribute

from crmweb import clock, files
from crmweb.accounts.policies import policy
from crmweb.customers.proposals import Proposal
from crmweb.db import db, writing
from crmweb.notes.recordings import VoiceNote
from crmweb.scope import system_access
from crmweb.timeline import Event
from crmweb.visits.models import Visit
from crmweb.visits.photos import VisitPhoto

WHY: Final = "what is kept for a while"
BATCH: Final = 500
"""Rows of one transaction, so that nobody waits long for their turn to write."""
DECIMALS: Final = 2
"""Of a degree: 1.1 km from north to south, and from east to west at the equator."""

PERSONS_PLACES: Final[dict[type[Any], InstrumentedAttribute[datetime]]] = {
    Visit: Visit.started_at,
    Proposal: Proposal.at,
}
"""Every table that tells where a person was, by when; a test looks that none is forgotten."""


def let_go() -> None:
    """Round old places, delete old photos and recordings. Done again, it goes on where it was broken off."""
    with system_access(WHY):
        places, photos = int(policy("location_days")), int(policy("photo_days"))
    for model in PERSONS_PLACES:
        while _round_some(model, before=clock.now() - timedelta(days=places)):
            pass
    while _delete_some_photos(before=clock.now() - timedelta(days=photos)):
        pass
    while _delete_some_recordings(before=clock.now() - timedelta(days=photos)):
        pass


def _round_some(model: type[Any], *, before: datetime) -> int:
    """The next so many places of that table; returns how many there were. Verdict and distance stay."""
    with system_access(WHY), writing():
        exact = (model.lat.is_not(None), model.rounded_at.is_(None), PERSONS_PLACES[model] < before)
        some = select(model.id, model.lat, model.lng).where(*exact, *_spared(model)).limit(BATCH)
        rows = [
            {"id": row.id, "lat": rounded(row.lat), "lng": rounded(row.lng), "rounded_at": clock.now()}
            for row in db.session.execute(some)
        ]
        if rows:
            db.session.execute(update(model), rows)
        return len(rows)


def _spared(model: type[Any]) -> tuple[ColumnElement[bool], ...]:
    """A proposal that waits is where a customer's pin is to be put, and is of no use to anyone when it is coarse."""
    return (model.decided_at.is_not(None),) if model is Proposal else ()


def rounded(degrees: float) -> float:
    """To about 1 km."""
    return round(degrees, DECIMALS)


def _delete_some_photos(*, before: datetime) -> int:
    """The next so many, those taken away too. The files go first: what is broken off leaves a row, which goes next."""
    with system_access(WHY):
        old = select(VisitPhoto.id, VisitPhoto.visit_id, VisitPhoto.name).where(VisitPhoto.taken_at < before)
        rows = db.session.execute(old.order_by(VisitPhoto.taken_at).limit(BATCH)).all()
    for row in rows:
        files.delete(row.name)
    with system_access(WHY), writing():
        db.session.execute(delete(VisitPhoto).where(VisitPhoto.id.in_([row.id for row in rows])))
        gone = {str(row.id) for row in rows}
        for event in db.session.scalars(select(Event).where(Event.id.in_({row.visit_id for row in rows}))):
            _show_no_more(event, gone)
    return len(rows)


def _show_no_more(event: Event, gone: set[str]) -> None:
    """Written past the listeners: nothing happened to the customer."""
    left = [photo for photo in event.payload.get("photos", []) if photo not in gone]
    told = {name: value for name, value in event.payload.items() if name != "photos"}
    event.payload = {**told, "photos": left} if left else told


def _delete_some_recordings(*, before: datetime) -> int:
    """The next so many, files first as with photos. The words of their notes stay."""
    with system_access(WHY):
        old = select(VoiceNote.id, VoiceNote.note_id, VoiceNote.name).where(VoiceNote.recorded_at < before)
        rows = db.session.execute(old.order_by(VoiceNote.recorded_at).limit(BATCH)).all()
    for row in rows:
        files.delete(row.name)
    with system_access(WHY), writing():
        db.session.execute(delete(VoiceNote).where(VoiceNote.id.in_([row.id for row in rows])))
        for event in db.session.scalars(select(Event).where(Event.id.in_({row.note_id for row in rows}))):
            event.payload = {name: value for name, value in event.payload.items() if name != "voice"}
    return len(rows)
