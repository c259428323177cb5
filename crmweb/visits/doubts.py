"""Check-ins that a manager should look at: which, what belongs together, and in which order."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.db import db
from crmweb.visits.models import DOUBTFUL, Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.reviews import Review
from crmweb.visits.verdicts import AWAY, LATEST

LOOKED_BACK = timedelta(days=14)
WHAT_BELONGS_TOGETHER = ("person_id", "cause", "customer_id", "one_day")
A_DAY = 15
"""Matters of one day that a manager is shown: more, and nobody would look at any of them with care."""


@dataclass(frozen=True)
class Doubt:
    """One doubtful check-in as its manager sees it."""

    visit: Visit
    visitor: str
    zone: str
    review: Review | None
    photo_ids: Sequence[uuid.UUID]


@dataclass(frozen=True)
class Matter:
    """One thing to look at: a doubtful check-in, or what one person repeated; the latest first.

    A check-in away from its shop repeats those of the same person there; one without a place that proves anything
    repeats those of its day with the same reason, wherever they were. `day` is that of the latest.
    """

    day: date
    place: int
    doubts: Sequence[Doubt]

    @property
    def first(self) -> Doubt:
        return self.doubts[0]

    @property
    def visit_ids(self) -> list[uuid.UUID]:
        return [each.visit.id for each in self.doubts]


class Waiting(NamedTuple):
    """How many matters of a day wait: those that are shown, and the less doubtful rest. `last`: its last place."""

    day: date
    shown: int
    rest: int
    last: int


def matters(
    actor: Actor,
    *,
    at: datetime,
    days: Collection[date] | None = None,
    person_id: uuid.UUID | None = None,
    after: int = 0,
    most: int = A_DAY,
) -> list[Matter]:
    """What waits of the last 14 days, or of some of them: the newest day first, and the most doubtful of it.

    Of each day those whose place in it is beyond `after`, and `most` of them at most.
    """
    placed, each = _placed(actor, at, person_id), _doubtful(actor, at, person_id)
    found = (
        select(Visit, User.name, User.zone, Review, placed.c.at_day, placed.c.place)
        .select_from(placed)
        .join(
            each, and_(*(placed.c[name].is_not_distinct_from(each.c[name]) for name in WHAT_BELONGS_TOGETHER))
        )
        .join(Visit, Visit.id == each.c.id)
        .join(User, User.id == Visit.person_id)
        .outerjoin(Review, Review.visit_id == Visit.id)
        .where(each.c.waits == 1, placed.c.place > after, placed.c.place <= after + most)
        .options(joinedload(Visit.note))
        .order_by(placed.c.at_day.desc(), placed.c.place, Visit.started_at.desc(), Visit.id)
    )
    if days is not None:
        found = found.where(placed.c.at_day.in_(days))
    rows = db.session.execute(found).all()
    photos = photos_of([row.Visit.id for row in rows])
    return [
        Matter(day, place, [
            Doubt(row.Visit, row.name, row.zone, row.Review, photos.get(row.Visit.id, ())) for row in those
        ])
        for (day, place), those in groupby(rows, lambda row: (row.at_day, row.place))
    ]  # fmt: skip


def count_matters(actor: Actor, *, at: datetime) -> int:
    """How many wait for this manager, as far as they are shown."""
    return sum(each.shown for each in count_by_day(actor, at=at))


def count_by_day(actor: Actor, *, at: datetime, person_id: uuid.UUID | None = None) -> list[Waiting]:
    """The same for each day on which some wait, the newest first."""
    placed = _placed(actor, at, person_id)
    shown = func.count(case((placed.c.place <= A_DAY, placed.c.place)))
    days = (
        select(placed.c.at_day, shown, func.count(), func.max(placed.c.place))
        .where(placed.c.waits > 0)
        .group_by(placed.c.at_day)
        .order_by(placed.c.at_day.desc())
    )
    return [Waiting(day, few, whole - few, last) for day, few, whole, last in db.session.execute(days)]


def doubted_people(actor: Actor, *, at: datetime) -> list[tuple[uuid.UUID, str]]:
    """Of whom something waits, by name."""
    each = _doubtful(actor, at, None)
    theirs = select(each.c.person_id).where(each.c.waits == 1)
    found = select(User.id, User.name).where(User.id.in_(theirs)).order_by(User.name, User.id)
    return [(person_id, name) for person_id, name in db.session.execute(found)]


def waiting_of(actor: Actor, day: date, *, at: datetime) -> dict[uuid.UUID, int]:
    """How many doubtful check-ins of that day wait, by person."""
    each = _doubtful(actor, at, None)
    found = select(each.c.person_id, func.count().label("waiting")).where(
        each.c.waits == 1, each.c.day == day
    )
    return {row.person_id: row.waiting for row in db.session.execute(found.group_by(each.c.person_id))}


def asked(actor: Actor) -> list[tuple[Review, Visit, str]]:
    """What this manager's team has been asked and has not answered yet, the latest first."""
    unanswered = (Review.question.is_not(None), Review.answered_at.is_(None), Review.accepted_at.is_(None))
    found = (
        select(Review, Visit, User.name)
        .join(Visit, Visit.id == Review.visit_id)
        .join(User, User.id == Review.person_id)
        .where(*unanswered, Review.person_id != actor.id, _works_below(actor, Review.person_id))
        .order_by(Review.asked_at.desc())
        .limit(2 * A_DAY)
    )
    return [(review, visit, name) for review, visit, name in db.session.execute(found)]


def _placed(actor: Actor, at: datetime, person_id: uuid.UUID | None) -> Subquery:
    """Each matter, its day, and its place in it; `waits`: how many of its check-ins.

    Those that were looked at keep their places: whoever is through with the most doubtful ones of a day is through.
    """
    each = _doubtful(actor, at, person_id)
    matter = [each.c[name] for name in WHAT_BELONGS_TOGETHER]
    weighed = (
        select(
            *matter, func.max(each.c.day).label("at_day"), func.min(each.c.kind).label("kind"),
            func.max(each.c.far).label("far"), func.max(each.c.started_at).label("latest"),
            func.count().label("times"), func.sum(each.c.waits).label("waits"),
        )
        .group_by(*matter)
        .subquery()
    )  # fmt: skip
    of = weighed.c
    most_doubtful_first = of.kind, of.far.desc(), of.times.desc(), of.latest.desc(), of.person_id, of.cause
    place = func.row_number().over(partition_by=of.at_day, order_by=(*most_doubtful_first, of.customer_id))
    return select(*of, place.label("place")).subquery()


def _doubtful(actor: Actor, at: datetime, person_id: uuid.UUID | None) -> Subquery:
    """Each by itself, looked at or not. What its visitor said to it comes first, then away and far, then faster than
    anybody travels, then what a phone could not say better.

    `customer_id` stands where the customer tells matters apart, `one_day` where the date does.
    """
    away = Visit.verdict == AWAY
    kind = case((Review.answered_at.is_not(None), 0), (away, 1), (Visit.reason == "too_fast", 2), else_=3)
    far = case((away, Visit.distance_m), (Visit.reason == "too_fast", Visit.speed_kmh), else_=0.0)
    found = (
        select(
            Visit.id, Visit.person_id, Visit.day, Visit.started_at, kind.label("kind"),
            func.coalesce(far, 0.0).label("far"),
            case((away, AWAY), else_=func.coalesce(Visit.reason, "")).label("cause"),
            case((away, Visit.customer_id)).label("customer_id"), case((~away, Visit.day)).label("one_day"),
            case((_unreviewed(), 1), else_=0).label("waits"),
        )
        .outerjoin(Review, Review.visit_id == Visit.id)
        .where(*_to_be_looked_at(actor, at))
    )  # fmt: skip
    return (found if person_id is None else found.where(Visit.person_id == person_id)).subquery()


def _unreviewed() -> ColumnElement[bool]:
    """Nobody accepted it, and no answer is waited for."""
    return or_(
        Review.id.is_(None),
        and_(Review.accepted_at.is_(None), or_(Review.question.is_(None), Review.answered_at.is_not(None))),
    )


def _to_be_looked_at(actor: Actor, at: datetime) -> list[ColumnElement[bool]]:
    """Doubtful, of somebody below; while its place may still come, nobody doubts it."""
    place_may_come = and_(Visit.judged_at.is_(None), Visit.started_at > at - LATEST)
    return [
        DOUBTFUL,  # type: ignore[list-item]
        Visit.day >= actor.today(at) - LOOKED_BACK,
        Visit.person_id != actor.id,
        _works_below(actor, Visit.person_id),
        ~place_may_come,
    ]


def _works_below(actor: Actor, person_id: Any) -> ColumnElement[bool]:
    """True for the people whose work the actor sees; everybody's for those who see every customer."""
    overseen = aliased(Oversight)
    below = select(overseen.person_id).where(overseen.viewer_id == actor.id)
    if actor.may("customers:read:all"):
        below = select(User.id)
    found: ColumnElement[bool] = person_id.in_(below)
    return found


def photos_of(visit_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[uuid.UUID]]:
    kept = select(VisitPhoto.visit_id, VisitPhoto.id).where(
        VisitPhoto.visit_id.in_(visit_ids), VisitPhoto.removed_at.is_(None)
    )
    found: dict[uuid.UUID, list[uuid.UUID]] = {}
    for visit_id, photo_id in db.session.execute(kept.order_by(VisitPhoto.taken_at)):
        found.setdefault(visit_id, []).append(photo_id)
    return found
