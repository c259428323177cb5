"""Whose days a manager sees."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple, Self

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.db import db


class Member(NamedTuple):
    """One person of a team, and who leads it."""

    id: uuid.UUID
    name: str
    zone: str
    manager_id: uuid.UUID | None
    manager: str | None


MOST_AT_ONCE = 60
"""People whose days stand on one page; a larger team goes on on the next."""


@dataclass(frozen=True)
class TeamPage:
    """Some people, each with whoever leads them; `heads` are all that may be chosen, `number` begins with 1."""

    teams: Sequence[tuple[str | None, Sequence[Member]]]
    heads: Sequence[tuple[uuid.UUID, str]]
    number: int
    pages: int

    @classmethod
    def of(cls, people: Sequence[Member], *, head: uuid.UUID | None, number: int) -> Self:
        """A page of all of them, or of those whom one person leads; beyond the last page stands the last."""
        heads = list(dict.fromkeys((each.manager_id, each.manager) for each in people))
        asked = [each for each in people if head in (None, each.manager_id)]
        pages = max(-(-len(asked) // MOST_AT_ONCE), 1)
        number = min(max(number, 1), pages)
        shown = asked[(number - 1) * MOST_AT_ONCE : number * MOST_AT_ONCE]
        teams = [
            (name, list(theirs))
            for (name, _id), theirs in groupby(shown, lambda each: (each.manager, each.manager_id))
        ]
        return cls(teams, [(each, name) for each, name in heads if each and name], number, pages)

    @property
    def people(self) -> list[Member]:
        return [each for _name, theirs in self.teams for each in theirs]


def team_of(actor: Actor) -> list[Member]:
    """Everyone below who still works here, team by team; everybody who has a manager, for those who see all."""
    manager = aliased(User)
    people = (
        select(User.id, User.name, User.zone, User.manager_id, manager.name)
        .join(manager, manager.id == User.manager_id)
        .where(User.deactivated_at.is_(None), User.id != actor.id)
        .order_by(manager.name, manager.id, User.name, User.id)
    )
    if not actor.may("customers:read:all"):
        people = people.join(Oversight, Oversight.person_id == User.id).where(Oversight.viewer_id == actor.id)
    return [Member(*row) for row in db.session.execute(people)]


def member(actor: Actor, person_id: uuid.UUID) -> Member | None:
    """One person whose day the actor may see, gone or not; None for anybody else."""
    manager = aliased(User)
    found = (
        select(User.id, User.name, User.zone, User.manager_id, manager.name)
        .outerjoin(manager, manager.id == User.manager_id)
        .where(User.id == person_id)
    )
    if not actor.may("customers:read:all"):
        overseen = select(Oversight.person_id).where(Oversight.viewer_id == actor.id)
        found = found.where(or_(User.id == actor.id, User.id.in_(overseen)))
    row = db.session.execute(found).one_or_none()
    return Member(*row) if row else None
