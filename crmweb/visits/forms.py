"""What a phone sends of a visit. Only what cannot be a number, a moment or a known word is refused, in words."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice, zip_longest

from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import UnprocessableEntity

from crmweb import clock
from crmweb.customers.beyond import OLDEST
from crmweb.customers.fields import is_blank, lines, one_line
from crmweb.customers.place_words import point_words
from crmweb.geo import BadPoint, Point, read_accuracy
from crmweb.languages import gettext as _
from crmweb.notes.models import LONGEST
from crmweb.reminders.models import Promised
from crmweb.visits.evidence import WHYS
from crmweb.visits.models import KINDS
from crmweb.visits.outcomes import SHUT, Outcome
from crmweb.visits.verdicts import Fix

LONGEST_WORD = 200
"""Characters that say why there is no photo."""
LONGEST_PROMISE = 500
MOST_PROMISES = 10
QUEUED_FROM = timedelta(minutes=1)
"""A result that is so much older than its arrival has lain in the phone."""

NO_STEP = "none"
"""The next step of somebody who agreed on none."""

LATER = {"tomorrow": timedelta(days=1), "two_weeks": timedelta(days=14)}
"""Next steps in words, from a page that a phone has kept for days."""

Sent = MultiDict[str, str]


class BadVisit(UnprocessableEntity):
    """Something that was sent cannot be; `field` is its name, the description says what is wrong with it.

    `row` counts the rows before it, where there are several of a kind.
    """

    def __init__(self, field: str, words: str, row: int = 0) -> None:
        super().__init__(words)
        self.field, self.row = field, row


def read_fix(sent: Mapping[str, str]) -> Fix | None:
    """Where the phone was, None where it did not say. Raises `BadVisit`."""
    lat, lng = sent.get("lat", "").strip(), sent.get("lng", "").strip()
    if not lat and not lng:
        return None
    try:
        at = Point.read(lat, lng)
    except BadPoint as wrong:
        raise BadVisit("lat", point_words(wrong)) from None
    return Fix(at, _accuracy(sent.get("accuracy_m", "")), read_moment(sent, "fixed_at"))


def _accuracy(text: str) -> float | None:
    try:
        return read_accuracy(text)
    except ValueError:
        raise BadVisit("accuracy_m", _("The accuracy is a number of metres.")) from None


def read_moment(sent: Mapping[str, str], name: str) -> datetime | None:
    """A moment in ISO 8601, in UTC; one without a zone is meant so. Raises `BadVisit`."""
    try:
        return clock.read_moment(sent.get(name, ""))
    except ValueError:
        raise BadVisit(name, _("A moment looks like 2026-11-25T08:15:00Z.")) from None


@dataclass(frozen=True)
class CheckIn:
    """A check-in as it was sent."""

    kind: str
    outcome: str | None
    fix: Fix | None
    client_at: datetime | None

    @classmethod
    def read(cls, sent: Mapping[str, str]) -> CheckIn:
        """Raises `BadVisit`. Where no place is asked for, none is taken."""
        outcome = sent.get("outcome") or None
        kind = sent.get("kind") or ("closed" if outcome in SHUT else "in_person")
        if kind not in KINDS:
            raise BadVisit("kind", _("A visit is in person, closed, by phone or by Zalo."))
        if kind == "closed" and (outcome or SHUT[0]) not in SHUT:
            raise BadVisit("outcome", _("Say why it was shut: closed, owner away, moved, or gone for good."))
        client_at = read_moment(sent, "client_at")
        if client_at is not None and client_at < clock.now() - OLDEST:
            raise BadVisit("client_at", _("This was more than 30 days ago. Write it down as a note."))
        fix = read_fix(sent) if kind in ("in_person", "closed") else None
        return cls(kind, outcome, fix, client_at)


@dataclass(frozen=True)
class Promise:
    """One promise as it was typed: by us or by them, until a day."""

    by: Promised
    text: str
    until: date


@dataclass(frozen=True)
class Finish:
    """A result as it was sent. `next_on` only where another day than the route's was agreed, `no_next` where none."""

    outcome: str
    note: str
    next_on: date | None
    attendees: tuple[uuid.UUID, ...]
    promises: tuple[Promise, ...]
    client_at: datetime | None
    why: str | None = None
    no_photo: str | None = None
    no_next: bool = False

    @classmethod
    def read(cls, sent: Sent, *, today: date) -> Finish:
        """`today` is the visitor's date when they filled it in. Raises `BadVisit`."""
        outcome = sent.get("outcome") or ""
        if not Outcome.is_known(outcome):
            raise BadVisit("outcome", _("Choose what came of it."))
        note = lines(sent.get("note"))
        if len(note) > LONGEST:
            raise BadVisit("note", _("A note has at most %(most)s characters.", most=LONGEST))
        return cls(
            outcome, note, _next_day(sent, today), _attendees(sent), _promises(sent, today),
            read_moment(sent, "client_at"), read_why(sent), _no_photo(sent), _said_next(sent) == NO_STEP,
        )  # fmt: skip

    def was_queued(self, at: datetime) -> bool:
        """Whether the phone kept it for a while: nobody stands before the screen any more who could be asked."""
        return self.client_at is not None and at - self.client_at > QUEUED_FROM


def read_why(sent: Mapping[str, str]) -> str | None:
    """The visitor's own word for a doubtful place, None where they gave none. Raises `BadVisit`."""
    why = sent.get("why", "")
    if why and why not in WHYS:
        raise BadVisit("why", _("Choose one of these."))
    return why or None


def _no_photo(sent: Mapping[str, str]) -> str | None:
    word = one_line(sent.get("no_photo"))
    if len(word) > LONGEST_WORD:
        raise BadVisit("no_photo", _("At most %(most)s characters fit here.", most=LONGEST_WORD))
    return word if not is_blank(word) else None


def _said_next(sent: Mapping[str, str]) -> str:
    return sent.get("next", "") or sent.get("next_on", "")


def _next_day(sent: Mapping[str, str], today: date) -> date | None:
    text = _said_next(sent)
    if text == "other" and not (text := sent.get("next_other", "")):
        raise BadVisit("next", _("Choose the day of the next step."))
    if text in ("", "route", NO_STEP):
        return None
    if text in LATER:
        return today + LATER[text]
    day = _day(text, "next")
    if not today <= day <= today + timedelta(days=366):
        raise BadVisit("next", _("The next step lies between today and a year from now."))
    return day


def _day(text: str, field: str, row: int = 0) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadVisit(field, _("A day looks like 2026-11-27."), row) from None


def _attendees(sent: Sent) -> tuple[uuid.UUID, ...]:
    try:
        return tuple(dict.fromkeys(uuid.UUID(text) for text in sent.getlist("attendee") if text))
    except ValueError:
        raise BadVisit("attendee", _("One of the people is not known.")) from None


def _promises(sent: Sent, today: date) -> tuple[Promise, ...]:
    said, by, until = (sent.getlist(name) for name in ("promise", "promise_by", "promise_until"))
    rows = islice(zip_longest(said, by, until, fillvalue=""), len(said))
    typed = [(who, one_line(text), day) for text, who, day in rows if text.strip()]
    if len(typed) > MOST_PROMISES:
        raise BadVisit("promise", _("At most %(most)s promises fit into one visit.", most=MOST_PROMISES))
    return tuple(_promise(who, text, until, today, row) for row, (who, text, until) in enumerate(typed))


def _promise(who: str, text: str, until: str, today: date, row: int) -> Promise:
    if len(text) > LONGEST_PROMISE:
        raise BadVisit("promise", _("A promise has at most %(most)s characters.", most=LONGEST_PROMISE), row)
    day = _day(until, "promise_until", row) if until.strip() else today + timedelta(days=7)
    if not today <= day <= today + timedelta(days=366 * 2):
        raise BadVisit("promise_until", _("A promise is kept between today and two years from now."), row)
    return Promise("them" if who == "them" else "us", text, day)
