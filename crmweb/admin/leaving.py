"""Somebody leaves: what they look after goes to others in one step, and the door closes behind them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import distinct, func, or_, select

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.leading import hand_people
from crmweb.accounts.models import User
from crmweb.accounts.tree import wait_for_the_tree
from crmweb.accounts.turns import wait_for_turn
from crmweb.customers.assignments.handing import end_covers, hand_over_all, keepers, unseen_by
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, new_id
from crmweb.followups import leaving as followups
from crmweb.followups.models import PLANNED, Followup
from crmweb.notifications import Notice
from crmweb.reminders import leaving as reminders
from crmweb.reminders.models import OPEN, Reminder
from crmweb.routes.handing import hand_over_routes
from crmweb.routes.models import Route, RouteStop
from crmweb.team.handing import HANDED
from crmweb.team.handing import NEEDED as NEEDED_FOR_CUSTOMERS
from crmweb.visits.models import Visit

KINDS: Final = ("customers", "reminders", "followups", "people")
"""What can go to different people; routes go with their customers."""

NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "customers": NEEDED_FOR_CUSTOMERS,
    "reminders": frozenset({"visits:write"}),
    "followups": frozenset({"customers:read:own", "followups:write"}),
    "people": frozenset({"customers:read:team"}),
}
"""The rights without which somebody could do nothing with what they are given."""


class OutOfSight(ValueError):
    """Who is to get it would not see the customers that it is about. Its argument: which kind."""


@dataclass(frozen=True)
class Load:
    """What one person looks after, in numbers."""

    customers: int
    routes: int
    stops: int
    reminders: int
    followups: int
    people: int
    covers: int

    @classmethod
    def of(cls, person_id: uuid.UUID) -> Load:
        """As it stands. Asked by whoever sees all."""
        standing = Assignment.ended_at.is_(None)
        own = (Assignment.person_id == person_id, Assignment.stands_in_for_id.is_(None), standing)
        away = or_(Assignment.person_id == person_id, Assignment.stands_in_for_id == person_id)
        run = (Route.person_id == person_id, Route.ended_at.is_(None))
        stops = select(func.count()).select_from(RouteStop).join(Route, Route.id == RouteStop.route_id)
        return cls(
            customers=_count(select(func.count(distinct(Assignment.customer_id))).where(*own)),
            routes=_count(select(func.count(Route.id)).where(*run)),
            stops=_count(stops.where(*run, RouteStop.left_out_at.is_(None))),
            reminders=_number(Reminder.id, Reminder.person_id == person_id, OPEN),
            followups=_number(Followup.id, Followup.person_id == person_id, Followup.state == PLANNED),
            people=_number(User.id, User.manager_id == person_id, User.active),
            covers=_number(Assignment.id, away, Assignment.stands_in_for_id.is_not(None), standing),
        )

    def has(self, kind: str) -> bool:
        """Whether there is any of that kind to hand over."""
        return bool(self.customers or self.routes) if kind == "customers" else bool(getattr(self, kind))

    @property
    def anything(self) -> bool:
        return any(asdict(self).values())


def _number(what: Any, *which: Any) -> int:
    return _count(select(func.count(what)).where(*which))


def _count(asked: Any) -> int:
    return db.session.scalar(asked) or 0


Takers = Mapping[str, User]
"""By kind: who gets it. A kind of which there is nothing may lack."""


def wait_for_all(person: User, taker_ids: Iterable[uuid.UUID]) -> None:
    """Nobody else lets one of these leave meanwhile, nor changes who may let people in."""
    wait_for_the_tree()
    wait_for_turn(person.id, *taker_ids)
    db.session.expire_all()


def leave(person: User, takers: Takers, *, by: Actor, at: datetime) -> Load:
    """Hand over, tell the takers, and deactivate; returns what went. Whoever calls sees all and has asked for rights.

    Raises `OutOfSight`, `Circle`, `LastOne`; nothing of it may then be kept.
    """
    load, told = Load.of(person.id), _Told()
    if "people" in takers:
        told.add(takers["people"].id, "people", hand_people(person, takers["people"], by=by, at=at))
    end_covers(person.id, by=by, at=at)
    moved = _hand_customers(person, takers, told, by=by, at=at)
    _hand_reminders(person, takers, moved, told, by=by, at=at)
    unsaid = _hand_followups(person, takers, moved, told, at=at)
    Visit.leave_all(person.id, at=at)
    Notice.drop_all_of(person.id, at=at)
    told.tell(person, by=by, at=at)
    gone = {f"{kind}_to": takers[kind].id for kind in KINDS if kind in takers and load.has(kind)}
    if load.anything:
        went = {**asdict(load), "unsaid": unsaid}
        counts = {name: count for name, count in went.items() if count}
        audit.record("customers.handed_over", by=by, at=at, about=person.reference, after=counts)
    person.deactivate(by=by, at=at, handed=gone)
    return load


class _Told:
    """What each taker gets, so that each hears of it once."""

    def __init__(self) -> None:
        self._by_taker: defaultdict[uuid.UUID, dict[str, int]] = defaultdict(dict)

    def add(self, taker_id: uuid.UUID, kind: str, count: int) -> None:
        if count:
            self._by_taker[taker_id][kind] = count

    def tell(self, person: User, *, by: Actor, at: datetime) -> None:
        for taker_id, counts in self._by_taker.items():
            if taker_id != by.id:
                Notice.file(
                    taker_id, HANDED, dedupe=f"work handed over {new_id()}", about_id=person.id, at=at,
                    payload={"person": person.name, **counts},
                )  # fmt: skip


def _hand_customers(person: User, takers: Takers, told: _Told, *, by: Actor, at: datetime) -> set[uuid.UUID]:
    if (to := takers.get("customers")) is None:
        return set()
    ids = hand_over_all(person, to, by=by, at=at)
    told.add(to.id, "customers", len(ids))
    told.add(to.id, "routes", hand_over_routes(person, to, ids, at=at))
    return set(ids)


def _hand_reminders(
    person: User, takers: Takers, moved: set[uuid.UUID], told: _Told, *, by: Actor, at: datetime
) -> None:
    if (to := takers.get("reminders")) is None:
        return
    instead = _instead(to, reminders.open_customers(person.id), moved, "reminders")
    for taker_id, count in reminders.hand_over_all(person, to, by=by, at=at, instead=instead).items():
        told.add(taker_id, "reminders", count)


def _hand_followups(person: User, takers: Takers, moved: set[uuid.UUID], told: _Told, *, at: datetime) -> int:
    if (to := takers.get("followups")) is None:
        return 0
    instead = _instead(to, followups.planned_customers(person.id), moved, "followups")
    handed = followups.hand_over_all(person, to, at=at, instead=instead)
    for taker_id, count in handed.taken.items():
        told.add(taker_id, "followups", count)
    return handed.unsaid


def _instead(
    to: User, customer_ids: Iterable[uuid.UUID], moved: set[uuid.UUID], kind: str
) -> dict[uuid.UUID, User]:
    """Who gets what is about a customer whom the taker does not see, since somebody else has looked after them longer.

    Raises `OutOfSight` where that customer has only now gone to somebody else.
    """
    unseen = unseen_by(to, customer_ids)
    if unseen & moved:
        raise OutOfSight(kind)
    return keepers(unseen)
