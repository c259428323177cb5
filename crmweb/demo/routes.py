"""The demo reps' routes: through every shop of their book, and today through a full day's number of them.

A shop stands on the weekday of its due date and is led to since then, so that who is overdue stays overdue.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from sqlalchemy import insert

from crmweb.db import db
from crmweb.demo.people import demo_id
from crmweb.routes.models import Route, RouteStop
from crmweb.routes.next_days import plan_next_days
from crmweb.routes.weeks import EVEN, EVERY, ODD

FULL_DAY = 28
"""Stops that a rep makes in a day."""


_PARTED = {1: EVEN, 3: ODD}
"""Weekdays that have a second route, for C shops that come every other week."""
_SUNDAY = 6


class Routed(NamedTuple):
    """A shop in a rep's book: the day on which it was, is or will be visited next, and where along the ward it lies."""

    customer_id: uuid.UUID
    tier: str
    day: dt.date
    along: tuple[str, str]


Days = dict[tuple[int, str], dict[uuid.UUID, Routed]]
"""Weekday and weeks → the shops of that route."""


def lay_routes(books: dict[str, list[Routed]], *, today: dt.date, at: dt.datetime) -> None:
    """Write the routes of every rep, by their key, and tell customers when the rep comes next."""
    routes: list[dict[str, Any]] = []
    stops: list[dict[str, Any]] = []
    for person, book in books.items():
        for (weekday, weeks), shops in sorted(_days(book, today).items()):
            route_id = demo_id("route", f"{person} {weekday} {weeks}")
            routes.append(
                {
                    "id": route_id, "person_id": demo_id("person", person), "name": "", "weekdays": 1 << weekday,
                    "weeks": weeks, "created_at": at, "changed_at": at,
                }
            )  # fmt: skip
            stops += _stops(route_id, shops.values())
    db.session.execute(insert(Route), routes)
    db.session.execute(insert(RouteStop), stops)
    for person, book in books.items():
        plan_next_days(demo_id("person", person), [shop.customer_id for shop in book])


def _days(book: list[Routed], today: dt.date) -> Days:
    """Each shop on the weekday of its day, some C shops every other week; today is filled up with the next ones."""
    days: Days = defaultdict(dict)
    book = [_on_a_workday(shop, today) for shop in book]
    for shop in book:
        days[_day_of(shop, today)][shop.customer_id] = shop
    full = days[today.weekday(), EVERY]
    room = max(FULL_DAY - sum(shop.day <= today for shop in full.values()), 0)
    later = [shop for shop in book if shop.day > today]
    for shop in sorted(later, key=lambda shop: (shop.tier == "C", shop.day, shop.along))[:room]:
        full[shop.customer_id] = shop._replace(day=today)
    return days


def _on_a_workday(shop: Routed, today: dt.date) -> Routed:
    """Nobody is led anywhere on a Sunday, but for whoever tries the demo on one."""
    if shop.day.weekday() != _SUNDAY or shop.day == today:
        return shop
    return shop._replace(day=shop.day - dt.timedelta(days=1))


def _day_of(shop: Routed, today: dt.date) -> tuple[int, str]:
    weekday, week = shop.day.weekday(), ODD if shop.day.isocalendar().week % 2 else EVEN
    if shop.tier == "C" and shop.day > today and _PARTED.get(weekday) == week:
        return weekday, week
    return weekday, EVERY


def _stops(route_id: uuid.UUID, shops: Iterable[Routed]) -> Iterator[dict[str, Any]]:
    for position, shop in enumerate(sorted(shops, key=lambda shop: shop.along)):
        yield {"route_id": route_id, "customer_id": shop.customer_id, "position": position, "since": shop.day}
