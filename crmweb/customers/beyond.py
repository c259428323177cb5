"""Customers beyond one's own, where a visit is right all the same: a teammate's, or one's own until lately."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from flask import abort
from sqlalchemy import and_, or_, select

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.customers.assignments.models import Assignment
from crmweb.customers.models import Customer
from crmweb.db import db
from crmweb.scope import Principal, act_for, system_access

OLDEST = timedelta(days=30)
"""How far back one may still write by the rights that one had then."""


def widen(actor: Actor, why: str) -> None:
    """Let the rest of this request write beyond what the actor sees; whoever calls has checked that it is right."""
    act_for(Principal(actor.id, sees_all=True, why=why))


def open_way(customer_id: uuid.UUID, *, by: Actor, at: datetime, why: str, helping: bool = False) -> bool:
    """Let `by` write about this customer as of the moment `at`, by the rights that they had then.

    `helping`: a teammate's customer is right too; returns whether it is that. 404 for a stranger's.
    """
    if sees(customer_id, by):
        return False
    theirs = at >= clock.now() - OLDEST and looked_after_at(customer_id, by, at)
    if not theirs and not (helping and is_a_teammates(customer_id, by)):
        abort(404)
    widen(by, why)
    return not theirs


def narrow(actor: Actor) -> None:
    """What was to be written is written: what is shown from here on is only what the actor sees."""
    act_for(actor.principal)


def sees(customer_id: uuid.UUID, actor: Actor) -> bool:
    """Whether the customer is among those whom the actor may see now."""
    return db.session.scalar(Customer.visible_to(actor).where(Customer.id == customer_id)) is not None


def may_see(person: User, customer_id: uuid.UUID) -> bool:
    """The same of somebody who is not at work: whoever sends them something asks as the house, before it leaves."""
    if "customers:read:all" in person.permissions:
        return True
    standing = (
        select(Assignment.id)
        .join(Oversight, Oversight.person_id == Assignment.person_id)
        .where(
            Assignment.customer_id == customer_id,
            Assignment.started_at.is_not(None),
            Assignment.ended_at.is_(None),
            Oversight.viewer_id == person.id,
        )
    )
    return db.session.scalar(standing.limit(1)) is not None


def looked_after_at(customer_id: uuid.UUID, actor: Actor, at: datetime) -> bool:
    """Whether the actor looked after the customer at that moment: a visit that arrives late is judged by it."""
    then = and_(Assignment.started_at <= at, or_(Assignment.ended_at.is_(None), Assignment.ended_at >= at))
    theirs = select(Assignment.id).where(
        Assignment.customer_id == customer_id, Assignment.person_id == actor.id, then
    )
    with system_access("who looked after them then"):
        return db.session.scalar(theirs.limit(1)) is not None


def is_a_teammates(customer_id: uuid.UUID, actor: Actor) -> bool:
    """Whether somebody under the same manager looks after the customer now."""
    head = db.session.scalar(select(User.manager_id).where(User.id == actor.id))
    if head is None:
        return False
    mates = Oversight.team_of(head)
    standing = select(Assignment.id).where(
        Assignment.customer_id == customer_id, Assignment.person_id.in_(mates),
        Assignment.started_at.is_not(None), Assignment.ended_at.is_(None),
    )  # fmt: skip
    with system_access("is this a teammate's customer"):
        return db.session.scalar(standing.limit(1)) is not None
