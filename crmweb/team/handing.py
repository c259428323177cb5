"""Some customers of one person, or all, go to another: with their routes, and with a way back."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.handing import end_covers_at, hand_over_all
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db, new_id
from crmweb.followups.leaving import planned_customers
from crmweb.followups.models import cancel_planned
from crmweb.names import fold
from crmweb.notifications import Notice
from crmweb.routes.handing import hand_over_stops
from crmweb.routes.models import RouteStop

HANDED: Final = "work.handed_over"
NEEDED: Final = frozenset({"customers:read:own", "visits:write"})
"""The rights without which somebody could do nothing with customers."""
A_PAGE = 100


class Kept(NamedTuple):
    """One customer in the list to choose from."""

    id: uuid.UUID
    name: str
    address: str
    tier: str | None


@dataclass(frozen=True)
class Book:
    """Those of one person's own customers whom the words `q` and a route leave over."""

    person_id: uuid.UUID
    q: str = ""
    route_id: uuid.UUID | None = None

    def count(self) -> int:
        return db.session.scalar(select(func.count()).select_from(self._asked().subquery())) or 0

    def ids(self) -> list[uuid.UUID]:
        return list(db.session.scalars(self._asked()))

    def page(self, number: int) -> list[Kept]:
        """By name; the first page is 1."""
        columns = (Customer.id, Customer.name, Customer.address, Customer.tier)
        named = select(*columns).where(Customer.id.in_(self._asked()))
        rows = named.order_by(Customer.sort_name, Customer.id).offset((number - 1) * A_PAGE).limit(A_PAGE)
        return [
            Kept(each, name, address or "", tier) for each, name, address, tier in db.session.execute(rows)
        ]

    def _asked(self) -> Select[Any]:
        own = select(Assignment.customer_id).where(
            Assignment.person_id == self.person_id, Assignment.stands_in_for_id.is_(None),
            Assignment.ended_at.is_(None),
        )  # fmt: skip
        asked: list[ColumnElement[bool]] = [
            Customer.folded.contains(word, autoescape=True) for word in self._words
        ]
        if self.route_id is not None:
            led = select(RouteStop.customer_id).where(
                RouteStop.route_id == self.route_id, RouteStop.left_out_at.is_(None)
            )
            asked.append(Customer.id.in_(led))
        return select(Customer.id).where(Customer.id.in_(own), Customer.archived_at.is_(None), *asked)

    @property
    def _words(self) -> list[str]:
        return fold(self.q).split()


def hand_over(
    customer_ids: Collection[uuid.UUID],
    person: User,
    to: User,
    *,
    by: Actor,
    at: datetime,
    back: bool = False,
) -> int:
    """They are `to`'s from now on, on the same days; returns how many. Asked by whoever sees all.

    What was planned to be written to them is not sent: it speaks in the name of `person`. Their reminders stay, since
    they gave their word. `back`: it is taken back.
    """
    wait_for_turn(person.id, to.id)
    end_covers_at(customer_ids, person.id, by=by, at=at)
    moved = hand_over_all(person, to, by=by, at=at, only=customer_ids)
    routes = hand_over_stops(person, to, moved, at=at)
    for customer_id in set(planned_customers(person.id)).intersection(moved):
        cancel_planned(customer_id, "handed_over", at=at, person_id=person.id)
    if moved:
        _tell(moved, routes, person, to, by=by, at=at)
        told = {"to": to.name, "customers": len(moved), "routes": routes}
        action = "customers.moved_back" if back else "customers.moved"
        audit.record(action, by=by, at=at, about=person.reference, after=told)
    return len(moved)


def _tell(
    moved: Sequence[uuid.UUID], routes: int, person: User, to: User, *, by: Actor, at: datetime
) -> None:
    if to.id != by.id:
        told = {"person": person.name, "customers": len(moved), **({"routes": routes} if routes else {})}
        dedupe = f"work handed over {new_id()}"
        Notice.file(to.id, HANDED, dedupe=dedupe, about_id=person.id, at=at, payload=told)
