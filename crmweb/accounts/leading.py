"""Everybody who works under somebody, moved under somebody else at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from crmweb import audit
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User, managers
from crmweb.accounts.tree import Circle, chain, wait_for_the_tree
from crmweb.db import db


def hand_people(person: User, to: User, *, by: Actor | None, at: datetime) -> int:
    """Whoever works under `person` works under `to`, those who left too; returns how many.

    One of them may take over: then they work under whom `person` does. Raises `Circle` for somebody further below.
    """
    wait_for_the_tree()
    people = list(db.session.scalars(select(User).where(User.manager_id == person.id)))
    above = chain(to.id, managers())
    if any(each.id in above and each.id != to.id for each in people):
        raise Circle(f"{to.name} works under one of them")
    for each in people:
        head = person.manager_id if each.id == to.id else to.id
        each.manager_id = head
        audit.record(
            "user.moved", by=by, at=at, about=each.reference,
            before={"manager": person.id}, after={"manager": head},
        )  # fmt: skip
    db.session.flush()
    Oversight.rebuild()
    return len(people)
