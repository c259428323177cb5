"""Check-ins that a manager should look at: which, and in which order."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.db import db
from crmweb.visits.models import DOUBTFUL, Visit
from crmweb.visits.photos import VisitPhoto
from crmweb.visits.reviews import Review
from crmweb.visits.verdicts import AWAY, LATEST

LOOKED_BACK = timedelta(days=14)
A_DAY = 15
"""Doubtful check-ins of one team and day that are shown: more, and nobody would look at any of them with care."""


@dataclass(frozen=True)
class Doubt:
    """One doubtful check-in as its manager sees it, and how many its team has on that day."""

    visit: Visit
    visitor: str
    zone: str
    manager_id: uuid.UUID | None
    review: Review | None
    photo_ids: Sequence[uuid.UUID]
    of_the_day: int


def doubts(
    actor: Actor, *, at: datetime, days: Collection[date] | None = None, most: int | None = A_DAY
) -> list[Doubt]:
    """Unreviewed ones of the last 14 days, or of some: the newest day first, and the most doubtful of it.

    `most` limits them by team and day.
    """
    ranked = _ranked(actor, at, days)
    found = (
        select(Visit, User.name, User.zone, User.manager_id, Review, ranked.c.of_the_day)
        .join(ranked, ranked.c.id == Visit.id)
        .join(User, User.id == Visit.person_id)
        .outerjoin(Review, Review.visit_id == Visit.id)
        .options(joinedload(Visit.note))
        .order_by(Visit.day.desc(), *_most_doubtful_first())
    )
    if most is not None:
        found = found.where(ranked.c.place <= most)
    rows = db.session.execute(found).all()
    photos = photos_of([row.Visit.id for row in rows])
    return [
        Doubt(visit, name, zone, manager_id, review, photos.get(visit.id, ()), count)
        for visit, name, zone, manager_id, review, count in rows
    ]


def count_doubts(actor: Actor, *, at: datetime) -> int:
    """How many wait for this manager, as far as they are shown."""
    return sum(count for _, count in count_by_day(actor, at=at))


def count_by_day(actor: Actor, *, at: datetime) -> list[tuple[date, int]]:
    """The same for each day that has some, the newest first."""
    each = (
        select(Visit.day, func.count().label("many"))
        .select_from(Visit)
        .join(User, User.id == Visit.person_id)
        .outerjoin(Review, Review.visit_id == Visit.id)
        .where(*_waiting(actor, at))
        .group_by(User.manager_id, Visit.day)
        .subquery()
    )
    shown = case((each.c.many > A_DAY, A_DAY), else_=each.c.many)
    days = select(each.c.day, func.sum(shown)).group_by(each.c.day).order_by(each.c.day.desc())
    return [(day, int(count)) for day, count in db.session.execute(days)]


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


def _ranked(actor: Actor, at: datetime, days: Collection[date] | None) -> Any:
    team_day = (User.manager_id, Visit.day)
    place = func.row_number().over(partition_by=team_day, order_by=_most_doubtful_first())
    found = (
        select(Visit.id, place.label("place"), func.count().over(partition_by=team_day).label("of_the_day"))
        .join(User, User.id == Visit.person_id)
        .outerjoin(Review, Review.visit_id == Visit.id)
        .where(*_waiting(actor, at))
    )
    return (found if days is None else found.where(Visit.day.in_(days))).subquery()


def _most_doubtful_first() -> list[ColumnElement[Any]]:
    """Away and far, then faster than anybody travels, then what a phone could not say better."""
    kind = case((Visit.verdict == AWAY, 0), (Visit.reason == "too_fast", 1), else_=2)
    far = case((Visit.verdict == AWAY, Visit.distance_m), else_=Visit.speed_kmh)
    return [kind, func.coalesce(far, 0).desc(), Visit.started_at.desc(), Visit.id.asc()]


def _waiting(actor: Actor, at: datetime) -> list[ColumnElement[bool]]:
    """Doubtful, of somebody below, without an answer; while its place may still come, nobody doubts it."""
    place_may_come = and_(Visit.judged_at.is_(None), Visit.started_at > at - LATEST)
    unreviewed = or_(
        Review.id.is_(None),
        and_(Review.accepted_at.is_(None), or_(Review.question.is_(None), Review.answered_at.is_not(None))),
    )
    return [
        DOUBTFUL,  # type: ignore[list-item]
        Visit.day >= actor.today(at) - LOOKED_BACK,
        Visit.person_id != actor.id,
        _works_below(actor, Visit.person_id),
        ~place_may_come,
        unreviewed,
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
