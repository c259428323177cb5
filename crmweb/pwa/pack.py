"""The pack: what a phone keeps of a person's book, so that it opens for three days where there is no signal."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from crmweb.accounts.actor import Actor
from crmweb.assets import build_id
from crmweb.languages import language
from crmweb.pwa.book import Book
from crmweb.pwa.frames import FRAMES
from crmweb.pwa.pages import Pages
from crmweb.timeline.words import outcome_name
from crmweb.visits.outcomes import SHUT, Outcome

LIFE = timedelta(hours=72)
"""So long a phone shows what it took along. After that too much of it has changed."""

LARGEST = 1_000_000
"""Bytes of the whole, before anything presses it together."""

FRESH = timedelta(hours=6)
"""A pack that says the same is a new one after so long, so that its end moves on with those who are online."""

_ASIDE = 20_000
"""Bytes for what is not a customer: the day's stops, the names of the frames."""


@dataclass(frozen=True)
class Pack:
    """As it is sent. `mark` is the same for packs that say the same."""

    text: str
    mark: str

    @classmethod
    def of(cls, who: Actor, *, at: datetime) -> Pack:
        """What this person takes along from now on."""
        book = Book.of(who, who.today(at))
        customers = Pages(book, writes=who.may("visits:write")).within(LARGEST - _ASIDE)
        here = {customer["id"] for customer in customers}
        said = {
            "person": str(who.id),
            "version": build_id(),
            "lang": language(),
            "outcomes": _outcomes(),
            "frames": [name for name, frame in FRAMES.items() if who.may(frame.needs)],
            "customers": customers,
            "stops": [str(each) for each in book.stops if str(each) in here],
        }
        age = int(at.timestamp() // FRESH.total_seconds())
        mark = hashlib.sha256(f"{age}{(text := in_json(said))}".encode()).hexdigest()[:24]
        times = in_json({"made_at": _moment(at), "expires_at": _moment(at + LIFE)})
        return cls(f"{times[:-1]},{text[1:]}", mark)


def _outcomes() -> dict[str, str]:
    """What may come of a visit, in words."""
    offered = {each.name: each.label or outcome_name(each.name) for each in Outcome.offered()}
    return {**offered, **{name: outcome_name(name) for name in SHUT}}


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def in_json(value: Any) -> str:
    """As small as it goes; letters stand for themselves."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
