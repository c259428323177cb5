"""What holds for a person: the word of the nearest manager up the line who has one, else the company's, else the
default.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import g
from sqlalchemy import CTE, ColumnElement, Select, bindparam, literal, null, or_, select
from sqlalchemy.orm import aliased

from crmweb.accounts.models import User
from crmweb.accounts.policy_kinds import POLICIES, Policy, Value
from crmweb.accounts.rulings import Ruling
from crmweb.db import db

HIGHEST = 40
"""So many managers above somebody are looked at; a line never closes, and this makes sure that it ends."""


class Said(NamedTuple):
    """One word on a policy, of a team's head so many steps above a person, or of the company (no `steps`)."""

    name: str
    value: Value | None
    locked: bool
    set_at: datetime
    ended_at: datetime | None
    steps: int | None

    def holds(self, at: datetime | None) -> bool:
        """Whether it was in force then; now, where no moment is named."""
        if at is None:
            return self.ended_at is None
        return self.set_at <= at and (self.ended_at is None or self.ended_at > at)


def policy(name: str, person_id: uuid.UUID | None = None) -> Value:
    """What this policy says for a person, or for the company. Raises KeyError for one that is not known.

    One that is the same for everybody is asked of the company, so that a request asks once for all of those.
    """
    return policies_of(person_id if POLICIES[name].teams else None)[name]


def policies_of(person_id: uuid.UUID | None, *, at: datetime | None = None) -> Mapping[str, Value]:
    """All of them for a person, now or as they were in force at a moment; who leads whom is as it is now.

    One statement, once a request: what was ever said is little.
    """
    known: dict[uuid.UUID | None, list[Said]] = g.setdefault("policies", {})
    if person_id not in known:
        statement = _OF_A_PERSON if person_id else _OF_THE_COMPANY
        rows = db.session.connection().execute(statement, {"person": person_id})
        known[person_id] = [Said(*row) for row in rows]
    said = [each for each in known[person_id] if each.holds(at)]
    return {each.name: weighed(each, said) for each in POLICIES.values()}


def weighed(policy: Policy, said: Iterable[Said]) -> Value:
    """Of all the words on policies that reach a person, what this policy says."""
    about = [each for each in said if each.name == policy.name]
    companys = next((each for each in about if each.steps is None), None)
    teams = [each for each in about if each.steps is not None and each.value is not None]
    nearest = min(teams, key=lambda each: each.steps or 0, default=None)
    for each in (nearest if policy.teams and not (companys and companys.locked) else None, companys):
        if each is not None and each.value is not None:
            return each.value
    return policy.default


def said_by_company(policy: Policy) -> ColumnElement[Any]:
    """The company's word on a policy now, as a column of another statement; null where it says nothing.

    Only of one that is the same for everybody: a team's may deviate.
    """
    assert not policy.teams, policy.name
    standing = (Ruling.name == policy.name, Ruling.head_id.is_(None), Ruling.ended_at.is_(None))
    return select(Ruling.value).where(*standing).scalar_subquery()


def _line() -> CTE:
    """Somebody and everyone above, with how many steps it is to each."""
    first = select(User.id, User.manager_id, literal(0).label("steps")).where(User.id == bindparam("person"))
    line, above = first.cte("line", recursive=True), aliased(User)
    further = select(above.id, above.manager_id, line.c.steps + 1)
    return line.union_all(further.join(line, above.id == line.c.manager_id).where(line.c.steps < HIGHEST))


def _said(steps: ColumnElement[Any]) -> Select[Any]:
    return select(Ruling.name, Ruling.value, Ruling.locked, Ruling.set_at, Ruling.ended_at, steps)


def _said_in(line: CTE) -> Select[Any]:
    """The company's words, and those of a person and everybody above."""
    said = _said(line.c.steps).outerjoin(line, line.c.id == Ruling.head_id)
    return said.where(or_(Ruling.head_id.is_(None), line.c.id.is_not(None)))


# Built once: every request asks, and building costs more than running.
_OF_THE_COMPANY = _said(null()).where(Ruling.head_id.is_(None))
_OF_A_PERSON = _said_in(_line())


@dataclass(frozen=True)
class Standing:
    """A policy as a page shows it: of the company, or of one team."""

    policy: Policy
    companys: Ruling | None
    own: Ruling | None
    teams: tuple[Ruling, ...]

    @property
    def locked(self) -> bool:
        return self.companys is not None and self.companys.locked

    @property
    def of_the_company(self) -> Value:
        has_word = self.companys is not None and self.companys.value is not None
        return self.companys.value if has_word else self.policy.default  # type: ignore[union-attr, return-value]


def standings(head_id: uuid.UUID | None) -> dict[str, Standing]:
    """What the company says on each policy, that team on its own, and which teams deviate."""
    rulings = (
        select(Ruling).where(Ruling.ended_at.is_(None)).join(Ruling.head, isouter=True).order_by(User.name)
    )
    found: dict[str, list[Ruling]] = {name: [] for name in POLICIES}
    for ruling in db.session.scalars(rulings):
        found.setdefault(ruling.name, []).append(ruling)
    return {name: _standing(each, found[name], head_id) for name, each in POLICIES.items()}


def _standing(policy: Policy, rulings: list[Ruling], head_id: uuid.UUID | None) -> Standing:
    of = {ruling.head_id: ruling for ruling in rulings}
    teams = tuple(ruling for ruling in rulings if ruling.head_id is not None and ruling.value is not None)
    return Standing(policy, of.get(None), of.get(head_id) if head_id else None, teams)
