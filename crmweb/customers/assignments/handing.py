"""All customers of one person to another at once: a few statements, however many they are."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, insert, or_, select, update
from sqlalchemy.orm import selectinload

from crmweb import timeline
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.db import db, new_id

COPIED = (
    "customer_id", "line", "until", "last_visit_at", "next_route_day", "next_due", "last_touch_at", "last_touch",
    "quiet_after", "cell", "lat", "lng", "tier", "status",
)  # fmt: skip
"""What goes on with whoever takes over."""


def hand_over_all(
    person: User, to: User, *, by: Actor | None, at: datetime, only: Collection[uuid.UUID] | None = None
) -> list[uuid.UUID]:
    """What `person` looks after is `to`'s from now on, also what begins later; returns the customers. `only` these.

    Where `to` looks after one for the same line already, their own goes on.
    """
    some = [] if only is None else [Assignment.customer_id.in_(only)]
    theirs = db.session.scalars(select(Assignment).where(*_own(person.id), *some)).unique().all()
    ids = list(dict.fromkeys(each.customer_id for each in theirs))
    known = _known(to, ids)
    today = at.astimezone(ZoneInfo(to.zone)).date()
    rows = []
    for each in theirs:
        if (standing := known.get((each.customer_id, each.line))) is not None:
            _go_on(standing, each, today, at)
        else:
            rows.append(_row(each, to, today, at))
    ends = update(Assignment).where(Assignment.id.in_([each.id for each in theirs]))
    db.session.execute(ends.values(ended_at=at), execution_options={"synchronize_session": False})
    if rows:
        db.session.execute(insert(Assignment), rows, execution_options={"render_nulls": True})
    _tell(ids, person, to, by=by, at=at)
    db.session.flush()
    db.session.expire_all()
    return ids


def _own(person_id: uuid.UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Assignment.person_id == person_id,
        Assignment.stands_in_for_id.is_(None),
        Assignment.ended_at.is_(None),
    )


def _known(to: User, ids: list[uuid.UUID]) -> dict[tuple[uuid.UUID, str], Assignment]:
    found = select(Assignment).where(*_own(to.id), Assignment.customer_id.in_(ids))
    return {(each.customer_id, each.line): each for each in db.session.scalars(found).unique()}


def _go_on(standing: Assignment, given: Assignment, today: date, at: datetime) -> None:
    """One that was to begin later begins now, one that was to end lasts as long as the other was to."""
    if given.started_at is not None and standing.started_at is None:
        standing.started_at, standing.since = at, today
    if standing.until is not None:
        standing.until = max(standing.until, given.until) if given.until else None


def _row(given: Assignment, to: User, today: date, at: datetime) -> dict[str, Any]:
    begun = given.started_at is not None
    return {
        "id": new_id(), "person_id": to.id, "stands_in_for_id": None, "created_at": at, "ended_at": None,
        "since": today if begun else given.since, "started_at": at if begun else None,
        **{name: getattr(given, name) for name in COPIED},
    }  # fmt: skip


def _tell(ids: list[uuid.UUID], person: User, to: User, *, by: Actor | None, at: datetime) -> None:
    told = {
        "person": to.name, "person_id": str(to.id), "before": person.name, "before_id": str(person.id),
    }  # fmt: skip
    rows = [{"customer_id": each, "payload": told} for each in ids]
    timeline.record_many("assignment.handed_over", rows, by=by, at=at)


def handed_over_at(moment: datetime, person_id: uuid.UUID, to_id: uuid.UUID) -> list[uuid.UUID]:
    """The customers who went from one person to another at that very moment, and are there still."""
    given = select(Assignment.customer_id).where(
        Assignment.person_id == person_id, Assignment.stands_in_for_id.is_(None),
        Assignment.ended_at == moment,
    )  # fmt: skip
    there = select(Assignment.customer_id).where(*_own(to_id), Assignment.customer_id.in_(given))
    return list(db.session.scalars(there.distinct()))


def end_covers_at(
    customer_ids: Collection[uuid.UUID], person_id: uuid.UUID, *, by: Actor | None, at: datetime
) -> None:
    """Nobody stands in for this person with these customers any more."""
    covers = select(Assignment).where(
        Assignment.stands_in_for_id == person_id, Assignment.ended_at.is_(None),
        Assignment.customer_id.in_(customer_ids),
    )  # fmt: skip
    with_all = covers.options(selectinload(Assignment.customer), selectinload(Assignment.stands_in_for))
    for cover in db.session.scalars(with_all).unique().all():
        cover.end(by=by, at=at)
    db.session.flush()


def end_covers(person_id: uuid.UUID, *, by: Actor | None, at: datetime) -> int:
    """Nobody stands in for this person any more, nor they for anybody; returns how many customers that were."""
    covers = select(Assignment).where(
        Assignment.stands_in_for_id.is_not(None), Assignment.ended_at.is_(None),
        or_(Assignment.stands_in_for_id == person_id, Assignment.person_id == person_id),
    )  # fmt: skip
    with_all = covers.options(selectinload(Assignment.customer), selectinload(Assignment.stands_in_for))
    found = db.session.scalars(with_all).unique().all()
    for cover in found:
        cover.end(by=by, at=at)
    db.session.flush()
    return len(found)


def unseen_by(person: User, customer_ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Those customers whom the person may not see now. Asked by whoever sees all."""
    ids = set(customer_ids)
    if not ids or "customers:read:all" in person.permissions:
        return set()
    seen = (
        select(Assignment.customer_id)
        .join(Oversight, Oversight.person_id == Assignment.person_id)
        .where(
            Assignment.customer_id.in_(ids),
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
            Oversight.viewer_id == person.id,
        )
    )
    return ids - set(db.session.scalars(seen))


def keepers(customer_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, User]:
    """Who looks after each of them now and works here: of several, whoever began first."""
    standing = (
        select(Assignment)
        .join(User, User.id == Assignment.person_id)
        .where(
            Assignment.customer_id.in_(list(customer_ids)),
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
            Assignment.stands_in_for_id.is_(None),
            User.active,
        )
        .order_by(Assignment.created_at.desc())
    )
    return {each.customer_id: each.person for each in db.session.scalars(standing).unique()}
