"""Whose work a person may see and hand out."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import Oversight, User
from crmweb.db import db


class Colleague(NamedTuple):
    """A person in a list to choose from."""

    id: uuid.UUID
    name: str


def colleagues(of: Actor) -> list[Colleague]:
    """Oneself and everyone below, by name; everybody, for those who see every customer. Only who still works here."""
    people = select(User.id, User.name).where(User.deactivated_at.is_(None)).order_by(User.name, User.id)
    if not of.may("customers:read:all"):
        people = people.join(Oversight, Oversight.person_id == User.id).where(Oversight.viewer_id == of.id)
    return [Colleague(*row) for row in db.session.execute(people)]
