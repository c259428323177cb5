"""What happened at the demo company's shops in the last half year, relative to a moment.

Every standing gets a due date first (a fifth overdue, a tenth due today, the rest ahead); the last
visit follows from it, and the earlier ones from the tier's rhythm.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crmweb.customers.touches import Touch, touch_in
from crmweb.demo import notes
from crmweb.demo.books import Standing
from crmweb.demo.calendar import DAY_MINUTES, any_moment, local_day, moment, workday_near, worked_until, works
from crmweb.demo.chance import dice_for
from crmweb.demo.contacts import DemoContact
from crmweb.demo.shops import DemoShop

INTERVALS = {"A": 14, "B": 30, "C": 60}
"""Days between two visits, by tier."""

HISTORY_DAYS = 185

_NOT_OUT = ("lan", "thao")
"""Lan is whom one tries the product as, and Thảo is ill."""
_MINUTES_A_STOP = 35

_LATE_SHARE, _TODAY_SHARE = 0.20, 0.10
_MOST_LATE_DAYS = 21

QUIET = {"chain-3": 41, "chain-5": 19, "chain-8": 24, "chain-5-3": 75}
"""Accounts where nobody has been in touch for so many days, by their key."""

_OUTCOMES = ("order_taken", "no_order", "interested", "closed", "owner_away")
_OUTCOME_ODDS = (46, 27, 10, 10, 7)
_SHUT = ("closed", "owner_away")
_VERDICTS = ("on_site", "unproven", "away")
_VERDICT_ODDS = (86, 10, 4)


@dataclass(frozen=True)
class Happening:
    """One entry of a customer's timeline."""

    shop: str
    kind: str
    by: str
    at: dt.datetime
    payload: dict[str, Any]


@dataclass(frozen=True)
class _Visit:
    """A planned stop of one person on one day; the times come when the whole day is known."""

    standing: Standing
    day: dt.date
    last: bool


class DemoHistory:
    """All happenings before `at`, and when each person was last at each of their shops."""

    def __init__(
        self, seed: str, standings: Sequence[Standing], contacts: Sequence[DemoContact], at: dt.datetime
    ) -> None:
        self._dice = dice_for(seed, "history")
        self._today = local_day(at)
        self._worked = worked_until(at)
        self._who = {place: contact.called for contact in reversed(contacts) for place, _ in contact.places}
        self._decks: dict[str, list[str]] = {}
        self.last_visits: dict[tuple[str, str], dt.datetime] = {}
        visits = [visit for person in self._people(standings) for visit in self._plan(person)]
        happenings = [*self._walk(visits), *self._calls(standings)]
        self.happenings = tuple(sorted(happenings, key=lambda happening: happening.at))
        self.touches = {each.shop: touch for each in self.happenings if (touch := _touch(each))}

    def _people(self, standings: Sequence[Standing]) -> Iterator[list[Standing]]:
        books: dict[str, list[Standing]] = defaultdict(list)
        for standing in standings:
            if not standing.is_cover:
                books[standing.person].append(standing)
        yield from books.values()

    def _plan(self, book: list[Standing]) -> Iterator[_Visit]:
        """The days on which one person was at each shop of their book."""
        settled = [s for s in book if s.shop.status == "customer" and s.shop.key not in QUIET]
        for standing, last_day in self._last_days(settled):
            yield from self._rhythm(standing, last_day)
        for standing in book:
            if standing.shop.key in QUIET:
                yield from self._rhythm(standing, self._workday(QUIET[standing.shop.key]))
            elif standing.shop.status == "lead":
                yield from self._first_talks(standing)
            elif standing.shop.status == "former":
                yield from self._rhythm(standing, self._workday(self._dice.randint(95, 170)))

    def _last_days(self, book: list[Standing]) -> Iterator[tuple[Standing, dt.date]]:
        """Last visits chosen so that the next ones are late, due today or ahead in the wanted shares."""
        drawn = self._dice.sample(book, len(book))
        due = [s for s in drawn if works(self._last_for(s, 0))][: round(_TODAY_SHARE * len(drawn))]
        rest = [standing for standing in drawn if standing not in due]
        late = round(_LATE_SHARE * len(drawn))
        out = self._out_today(due)
        for standing in due:
            yield standing, self._today if standing in out else self._last_for(standing, 0)
        for standing in rest[:late]:
            yield standing, self._drawn_day(standing, range(-_MOST_LATE_DAYS, 0))
        for standing in rest[late:]:
            yield standing, self._drawn_day(standing, range(1, _interval(standing.shop)))

    def _out_today(self, due: list[Standing]) -> list[Standing]:
        """Those of a colleague's due shops where they have been already; Lan's day has not begun."""
        if not due or not works(self._today) or due[0].person in _NOT_OUT:
            return []
        return due[: int(self._worked / _MINUTES_A_STOP)]

    def _last_for(self, standing: Standing, ahead: int) -> dt.date:
        """The last visit that makes the next one due `ahead` days from today."""
        return self._today + dt.timedelta(days=ahead - _interval(standing.shop))

    def _drawn_day(self, standing: Standing, ahead: range) -> dt.date:
        days = [day for days in ahead if works(day := self._last_for(standing, days))]
        return self._dice.choice(days) if days else self._workday(1)

    def _workday(self, days_ago: int) -> dt.date:
        return workday_near(self._today - dt.timedelta(days=days_ago), self._today)

    def _rhythm(self, standing: Standing, last_day: dt.date) -> Iterator[_Visit]:
        """The last visit and those before it, about an interval apart."""
        yield _Visit(standing, last_day, last=True)
        day, earliest = last_day, max(standing.since, self._today - dt.timedelta(days=HISTORY_DAYS))
        while True:
            gap = round(_interval(standing.shop) * self._dice.uniform(0.85, 1.45))
            day = workday_near(day - dt.timedelta(days=gap), day)
            if day <= earliest:
                return
            yield _Visit(standing, day, last=False)

    def _first_talks(self, standing: Standing) -> Iterator[_Visit]:
        """A lead was seen on the day it was added, and now and then once more."""
        first = workday_near(standing.since, self._today)
        again = workday_near(first + dt.timedelta(days=self._dice.randint(6, 12)), self._today)
        yield _Visit(standing, first, last=again <= first)
        if again > first:
            yield _Visit(standing, again, last=True)

    def _walk(self, visits: Sequence[_Visit]) -> Iterator[Happening]:
        """Give each person's day its times, shop after shop along the ward."""
        days: dict[tuple[str, dt.date], list[_Visit]] = defaultdict(list)
        for visit in visits:
            days[visit.standing.person, visit.day].append(visit)
        for (_, day), stops in sorted(days.items()):
            stops.sort(key=lambda visit: (visit.standing.shop.ward.name, visit.standing.shop.key))
            slot = (self._worked if day == self._today else DAY_MINUTES) / len(stops)
            for position, visit in enumerate(stops):
                minutes = self._minutes(slot)
                start = slot * (position + self._dice.uniform(0.0, 0.6))
                yield from self._stop(visit, moment(day, start), minutes)

    def _minutes(self, slot: float) -> int:
        """How long a visit takes: 4 to 28 minutes, less on a crowded day."""
        return max(3, min(self._dice.randint(4, 28), int(slot * 0.35)))

    def _stop(self, visit: _Visit, start: dt.datetime, minutes: int) -> Iterator[Happening]:
        shop, person = visit.standing.shop, visit.standing.person
        outcome, text = self._told(visit)
        end = start + dt.timedelta(minutes=2 if outcome in _SHUT else minutes)
        if visit.last:
            self.last_visits[shop.key, person] = end
        finished = Happening(shop.key, "visit.finished", person, end, self._facts(shop, outcome, end - start))
        yield finished
        if text is not None:
            yield replace(finished, kind="note.written", payload={"text": text})

    def _told(self, visit: _Visit) -> tuple[str, str | None]:
        """How it went and what was written down, if anything; the two do not contradict each other."""
        shop = visit.standing.shop
        if shop.status == "former" and visit.last:
            return "no_order", self._dice.choice(notes.FORMER)
        silent = self._dice.random() > (0.85 if visit.last else 0.45)
        if shop.status == "lead":
            return "interested", None if silent else self._spoken(shop, self._dice.choice(notes.LEADS))
        outcome = self._dice.choices(_OUTCOMES, _OUTCOME_ODDS)[0]
        if silent:
            return outcome, None
        if outcome in _SHUT:
            return outcome, self._dice.choice(notes.NOBODY_IN)
        note = self._next_note(shop)
        return notes.outcome_of(note) or outcome, self._spoken(shop, note)

    def _spoken(self, shop: DemoShop, note: str) -> str:
        who = self._who.get(shop.key, _NOBODY[shop.trade])
        return notes.speak(note, who, self._dice.randint(2, 9), shop.ward.lane)

    def _facts(self, shop: DemoShop, outcome: str, stay: dt.timedelta) -> dict[str, Any]:
        verdict = self._dice.choices(_VERDICTS, _VERDICT_ODDS)[0] if shop.pin else "unproven"
        return {"outcome": outcome, "minutes": stay // dt.timedelta(minutes=1), "verdict": verdict}

    def _next_note(self, shop: DemoShop) -> str:
        """Notes of the shop's trade and of every shop, shuffled; none comes twice before all were used."""
        deck = self._decks.setdefault(shop.key, [])
        if not deck:
            own = notes.BY_TRADE[shop.trade]
            deck.extend(self._dice.sample(own + notes.ANYWHERE, len(own) + len(notes.ANYWHERE)))
        return deck.pop()

    def _calls(self, standings: Sequence[Standing]) -> Iterator[Happening]:
        """A third of the shops that have not left were on the phone lately."""
        for standing in standings:
            talks = standing.shop.phones and standing.shop.status != "former" and not standing.is_cover
            if talks and self._dice.random() < 0.33:
                for _ in range(self._dice.randint(1, 3)):
                    yield from self._call(standing)

    def _call(self, standing: Standing) -> Iterator[Happening]:
        reach = min(120, (self._today - standing.since).days)
        since = min(QUIET.get(standing.shop.key, 1), reach)
        when = any_moment(self._workday(self._dice.randint(since, reach)), self._dice)
        note = self._dice.choice(notes.CALLS)
        minutes = 0 if note.startswith("Không bắt máy") else self._dice.randint(1, 9)
        told = {
            "kind": "phone",
            "outcome": notes.outcome_of(note) or "interested",
            "minutes": minutes,
            "verdict": "",
        }
        text = notes.speak(note, "khách", self._dice.randint(2, 9), standing.shop.ward.lane)
        call = Happening(standing.shop.key, "visit.finished", standing.person, when, told)
        yield call
        yield replace(call, kind="note.written", payload={"text": text})


def _touch(happening: Happening) -> Touch | None:
    return touch_in(happening.kind, happening.at, happening.payload)


def _interval(shop: DemoShop) -> int:
    return INTERVALS[shop.tier or "C"]


_NOBODY = {
    "grocery": "cô chủ", "minimart": "quản lý", "dealer": "chủ đại lý", "pharmacy": "dược sĩ",
    "books": "cô thủ kho",
    "stall": "cô chủ", "person": "khách", "cafe": "chủ quán", "tea": "chủ quán", "food": "chủ quán",
    "hotel": "lễ tân", "karaoke": "quản lý", "canteen": "cô bếp trưởng", "office": "phòng mua hàng",
}  # fmt: skip
"""Whom a note speaks of where no contact is known."""
