"""Managers and their people as a tree, in one statement whatever its size."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.accounts.roles import Role
from crmweb.db import db

MOST_AT_ONCE = 400
"""People up to whom each stands on the page; past them only who leads others, with a link to their people."""


@dataclass
class Branch:
    """One person and who works under them. `without`: the manager who left, where they stand at the top for that."""

    id: uuid.UUID
    name: str
    role: str
    title: str | None
    manager_id: uuid.UUID | None
    without: str | None = None
    below: list[Branch] = field(default_factory=list)

    people: int = 0
    """Everybody below, those of those below too."""


def tree(actor: Actor, under: uuid.UUID | None = None) -> list[Branch]:
    """The branches at the top of what the actor sees: their own, or everybody's; or the one branch `under` somebody.

    Empty where `under` is not to be seen.
    """
    branches = {branch.id: branch for branch in _everybody(actor)}
    tops = _grown(branches)
    _count(tops)
    if under is not None:
        return [branches[under]] if under in branches else []
    return tops


def _everybody(actor: Actor) -> list[Branch]:
    """Whom the actor sees and who still works here, by name."""
    manager = aliased(User)
    people = (
        select(
            User.id, User.name, User.role, Role.title, User.manager_id, manager.name, manager.deactivated_at
        )
        .outerjoin(manager, manager.id == User.manager_id)
        .outerjoin(Role, Role.name == User.role)
        .where(User.deactivated_at.is_(None))
        .order_by(User.folded, User.id)
    )
    if not actor.may("customers:read:all"):
        people = people.join(Oversight, Oversight.person_id == User.id).where(Oversight.viewer_id == actor.id)
    return [
        Branch(person, name, role, title, head, without=head_name if gone else None)
        for person, name, role, title, head, head_name, gone in db.session.execute(people)
    ]


def _grown(branches: dict[uuid.UUID, Branch]) -> list[Branch]:
    """Hang everybody under their manager; returns those who have none here."""
    tops: list[Branch] = []
    for branch in branches.values():
        head = branches.get(branch.manager_id) if branch.manager_id else None
        (head.below if head else tops).append(branch)
    return tops


def _count(tops: Iterable[Branch]) -> None:
    """From the leaves up, without a call a level: a line of managers may be long."""
    order: list[Branch] = []
    waiting = list(tops)
    while waiting:
        branch = waiting.pop()
        order.append(branch)
        waiting += branch.below
    for branch in reversed(order):
        branch.people = sum(1 + each.people for each in branch.below)
