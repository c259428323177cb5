"""Touches: what counts as having been in contact with a customer, and when that was last.

A visit, a call or a Zalo talk whose result is told (a shut door is none), a note on a call or a message, a message of
ours that was sent, an answer that came in. It counts for everybody who looks after the customer.
Each assignment carries a copy, as it does of what Nearby sorts by.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import select

from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.timeline import Event, happened

VISIT, PHONE, ZALO, ANSWER = "visit", "phone", "zalo", "answer"

NOBODY_MET: Final = ("closed", "owner_away", "moved", "gone")
"""Results of a visit that found nobody."""

KINDS: Final = ("visit.finished", "call.logged", "note.written", "followup.sent", "followup.answered")
"""The entries of the timeline that may be a touch."""
TAKEN_BACK: Final = ("visit.started", "visit.left", "followup.failed")
"""What such an entry becomes when a result is taken back, or when what was sent came back."""

LATEST: Final = 50
"""So many entries are looked at for the one that counts as the last."""


class Touch(NamedTuple):
    """One contact: when, and `how`: a visit, a call, Zalo, an answer, or the channel of a message of ours."""

    at: datetime
    how: str


def touch_in(kind: str, at: datetime, payload: Mapping[str, Any]) -> Touch | None:
    """The contact that an entry of the timeline tells of, if it tells of one."""
    if kind == "visit.finished":
        met = payload.get("outcome") not in NOBODY_MET
        return Touch(at, _spoken(payload.get("kind")) or VISIT) if met else None
    if kind == "note.written":
        how = _spoken(payload.get("about"))
        return Touch(at, how) if how else None
    if kind == "followup.sent":
        return Touch(_sent_at(payload) or at, str(payload.get("channel") or ""))
    return {"call.logged": Touch(at, PHONE), "followup.answered": Touch(at, ANSWER)}.get(kind)


def last_touch(happenings: Iterable[tuple[str, datetime, Mapping[str, Any]]]) -> Touch | None:
    """The latest among entries, each a kind, a moment and a payload."""
    found = (touch_in(*happening) for happening in happenings)
    return max((touch for touch in found if touch), key=lambda touch: touch.at, default=None)


def _spoken(kind: Any) -> str | None:
    return kind if kind in (PHONE, ZALO) else None


def _sent_at(payload: Mapping[str, Any]) -> datetime | None:
    """An entry of a message stands where it was planned; it says itself when it went."""
    try:
        return datetime.fromisoformat(payload["ended"])
    except (KeyError, TypeError, ValueError):
        return None


def _hear(kind: str, *, event: Event, before: str | None, **_: Any) -> None:
    """Whoever writes to the timeline sees the customer; what cannot be seen any more is nobody's account here."""
    if kind in TAKEN_BACK and before not in KINDS:
        return
    touch = touch_in(kind, event.at, event.payload)
    if touch is None and kind == "note.written":
        return
    with db.session.no_autoflush:
        customer = db.session.get(Customer, event.customer_id)
        standing = [each for each in customer.assignments if each.ended_at is None] if customer else []
    if touch is None and any(_may_rest_on(each.last_touch_at, kind, event) for each in standing):
        touch = _recounted(event)
        for each in standing:
            each.touched_last(touch.at if touch else None, touch.how if touch else None)
    elif touch is not None:
        for each in standing:
            each.touched(touch.at, touch.how)


def _may_rest_on(last: datetime | None, kind: str, event: Event) -> bool:
    """Whether the last touch may be the one that is taken back. When a message went is no longer to be read."""
    return last is not None and (last == event.at or kind == "followup.failed")


def _recounted(event: Event) -> Touch | None:
    theirs = select(Event).where(Event.customer_id == event.customer_id, Event.kind.in_(KINDS))
    found = db.session.scalars(theirs.order_by(Event.seq.desc()).limit(LATEST))
    return last_touch((each.kind, each.at, each.payload) for each in found)


def listen() -> None:
    """Hear from now on what happens to customers."""
    for kind in (*KINDS, *TAKEN_BACK):
        happened.connect(_hear, sender=kind)
