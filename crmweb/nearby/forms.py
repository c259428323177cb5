"""What may be asked of Nearby: a place, how many, and filters. All of it comes from the address."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from werkzeug.datastructures import MultiDict

from crmweb.customers.due import DUE_STATES
from crmweb.customers.models import STATUSES
from crmweb.geo import BadPoint, Point
from crmweb.languages import gettext as _
from crmweb.nearby.asking import Filters
from crmweb.templating import GAP

FEW, MOST = 20, 200
TIERS = ("A", "B", "C")


class BadQuestion(ValueError):
    """Something in the address cannot be; `str()` says what, to the person."""


@dataclass(frozen=True)
class Question:
    """One look at Nearby. `at` is empty until the person says where they are."""

    at: Point | None
    k: int = FEW
    filters: Filters = Filters()
    accuracy_m: int | None = None

    @classmethod
    def read(cls, args: MultiDict[str, str]) -> Question:
        """What the address asks. Raises `BadQuestion`."""
        return cls(
            at=_place(args),
            k=_how_many(args),
            filters=Filters(
                tiers=_several(args, "tier", TIERS),
                due=_one(args, "due", DUE_STATES),
                statuses=_several(args, "status", STATUSES),
                person_id=_person(args),
            ),
            accuracy_m=_whole(args, "accuracy_m", 10_000_000),
        )

    def address(self, path: str = "/nearby", **changes: Any) -> str:
        """The address that asks the same but for `changes` (`k`, or a field of the filters); None takes one away.

        A page has fifteen of them. Nothing in one needs quoting: numbers, ids and words of our own.
        """
        k, filters = changes.pop("k", FEW), self.filters._replace(**changes)
        asked = [*filter(None, [self.place]), *(f"{name}={value}" for name, value in _chosen(k, filters))]
        return f"{path}?{'&'.join(asked)}" if asked else path

    def chosen(self) -> list[tuple[str, Any]]:
        """What an address holds beside the place."""
        return list(_chosen(self.k, self.filters))

    @cached_property
    def place(self) -> str:
        """The place as an address holds it: to 4 decimals, 11 m, so that no log or history holds more."""
        place = f"lat={self.at.lat:.4f}&lng={self.at.lng:.4f}" if self.at else ""
        sure = f"accuracy_m={self.accuracy_m}" if self.accuracy_m else ""
        return "&".join(filter(None, (place, sure)))

    @property
    def here(self) -> str:
        """The place as the map reads it."""
        assert self.at is not None
        sure = "" if self.accuracy_m is None else f",{self.accuracy_m}"
        return f"{self.at.lat:.4f},{self.at.lng:.4f}{sure}"

    @property
    def narrowed(self) -> bool:
        """Whether there is a filter to take away."""
        return self.filters != Filters()

    def toggled(self, tier: str) -> tuple[str, ...]:
        """The tiers with this one added, or taken away."""
        return tuple(name for name in TIERS if (name in self.filters.tiers) != (name == tier))


class Anywhere(Question):
    """A question in a fragment that is kept for every place: its addresses have a gap there."""

    place = str(GAP.place)
    here = str(GAP.here)


def _chosen(k: int, filters: Filters) -> Iterator[tuple[str, Any]]:
    if k != FEW:
        yield "k", k
    yield from (("tier", tier) for tier in filters.tiers)
    if filters.due:
        yield "due", filters.due
    yield from (("status", status) for status in filters.statuses)
    if filters.person_id:
        yield "person", filters.person_id


def _place(args: MultiDict[str, str]) -> Point | None:
    lat, lng = _only(args, "lat"), _only(args, "lng")
    if not lat and not lng:
        return None
    try:
        return Point.read(lat, lng)
    except BadPoint as wrong:
        raise BadQuestion(point_words(wrong)) from None


def point_words(wrong: BadPoint) -> str:
    """What is wrong with a typed place, and how to right it."""
    if wrong.reason == "swapped" and wrong.suggestion:
        meant = f"{wrong.suggestion.lat:g}, {wrong.suggestion.lng:g}"
        return _("Latitude and longitude look swapped. Did you mean %(place)s?", place=meant)
    words: Mapping[str, str] = {
        "missing": _("A place needs both numbers: latitude and longitude."),
        "not_a_number": _("Latitude and longitude are numbers like 21.0285 and 105.8542."),
        "not_finite": _("Latitude and longitude are numbers like 21.0285 and 105.8542."),
        "out_of_range": _("Latitude goes from -90 to 90, longitude from -180 to 180."),
    }
    return words[wrong.reason]


def _only(args: MultiDict[str, str], name: str) -> str:
    values = args.getlist(name)
    if len(values) > 1:
        raise BadQuestion(_("%(name)s was given twice.", name=name))
    return values[0].strip() if values else ""


def _whole(args: MultiDict[str, str], name: str, most: int) -> int | None:
    text = _only(args, name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 0 <= int(text) <= most):
        raise BadQuestion(_("%(name)s is a whole number up to %(most)s.", name=name, most=most))
    return int(text)


def _how_many(args: MultiDict[str, str]) -> int:
    """At least one; more than `MOST` are cut to that, since a page of them helps nobody."""
    k = _whole(args, "k", 10_000_000)
    if k == 0:
        raise BadQuestion(_("%(name)s is a whole number from 1.", name="k"))
    return min(k or FEW, MOST)


def _one(args: MultiDict[str, str], name: str, allowed: tuple[str, ...]) -> Any:
    value = _only(args, name)
    if value and value not in allowed:
        raise BadQuestion(_("%(name)s can be %(allowed)s.", name=name, allowed=", ".join(allowed)))
    return value or None


def _several(args: MultiDict[str, str], name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
    values = {part for value in args.getlist(name) for part in value.split(",") if part}
    if values - set(allowed):
        raise BadQuestion(_("%(name)s can be %(allowed)s.", name=name, allowed=", ".join(allowed)))
    return tuple(value for value in allowed if value in values)


def _person(args: MultiDict[str, str]) -> uuid.UUID | None:
    text = _only(args, "person")
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise BadQuestion(_("Nobody is known by that person.")) from None
