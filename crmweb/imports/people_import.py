"""Making the people of a file: batch by batch, each planned anew under the lock, each row whole or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.db import db, writing
from crmweb.imports.people import PersonEntry
from crmweb.imports.people_plan import Plan, Planned, Planner

BATCH = 50
"""People a write transaction: others wait for a fraction of a second."""


class PeopleImport:
    """Rows become people; `made` is who they became, by line, and `plan` what became of the others."""

    def __init__(self, entries: Sequence[PersonEntry], *, by: Actor, at: datetime) -> None:
        self.entries, self.by, self.at = entries, by, at
        self.made: dict[int, uuid.UUID] = {}
        self.plan = Plan()

    def run(self) -> None:
        """Make all who can be made; those of a batch that was written stay when a later one is cut off."""
        lines = [planned.entry.line for planned in Planner(self.entries, self.by).run().made]
        for begin in range(0, len(lines), BATCH):
            self._take(frozenset(lines[begin : begin + BATCH]))
        self.plan = Planner(self.entries, self.by, self.made).run()

    def _take(self, lines: frozenset[int]) -> None:
        try:
            added = self._write(lines)
        except IntegrityError:  # somebody took an email at that moment: the plan sees it now
            added = self._write(lines)
        self.made |= added

    def _write(self, lines: frozenset[int]) -> dict[int, uuid.UUID]:
        added: dict[int, uuid.UUID] = {}
        with writing():
            for planned in Planner(self.entries, self.by, self.made).run().made:
                if planned.entry.line in lines:
                    added[planned.entry.line] = self._add(planned, {**self.made, **added})
        return added

    def _add(self, planned: Planned, made: dict[int, uuid.UUID]) -> uuid.UUID:
        facts = planned.facts
        head = planned.manager_id or (
            made[planned.manager_line] if planned.manager_line is not None else None
        )
        return User.add(
            facts.name, role=facts.role, email=facts.email or None, phone=facts.phone or None, zone=facts.zone,
            manager=db.session.get_one(User, head) if head else None, by=self.by, at=self.at,
        ).id  # fmt: skip
