"""Branches find their head office once every row is there: it may stand further down in the file."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from crmweb.accounts.actor import Actor
from crmweb.customers.models import Customer, ExternalId
from crmweb.db import db
from crmweb.imports.entries import Entry
from crmweb.imports.report import Outcome, Report

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Branch:
    """A row that names a head office, by its code or its id."""

    customer_id: uuid.UUID
    parent: str
    outcome: Outcome
    flagged: bool


class Branches:
    """The branches of one import. `source` is where its external ids come from."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._noted: dict[uuid.UUID, Branch] = {}

    def note(self, entry: Entry, outcome: Outcome) -> None:
        """Remember a row that was taken over, if it names a head office."""
        if entry.parent and entry.customer_id:
            earlier = self._noted.get(entry.customer_id)
            first = earlier.outcome if earlier else outcome
            self._noted[entry.customer_id] = Branch(entry.customer_id, entry.parent, first, bool(entry.flags))

    def tie(self, report: Report, *, by: Actor | None, at: datetime) -> None:
        """Give every branch its head office, and correct the counts. One that is not known is flagged."""
        for some in _parcels(list(self._noted.values())):
            parents = self._parents(some)
            rows = db.session.scalars(
                select(Customer).where(Customer.id.in_([branch.customer_id for branch in some]))
            )
            customers = {row.id: row for row in rows}
            for branch in some:
                self._tie_one(branch, customers.get(branch.customer_id), parents, report, by, at)

    def _tie_one(
        self,
        branch: Branch,
        customer: Customer | None,
        parents: dict[str, uuid.UUID],
        report: Report,
        by: Actor | None,
        at: datetime,
    ) -> None:
        parent_id = parents.get(branch.parent)
        if customer is None:
            return
        if parent_id is None or parent_id == customer.id or _is_below(parent_id, customer.id):
            report.flags["parent unknown"] += 1
            report.flagged += not branch.flagged
        elif customer.change(by=by, at=at, parent_id=parent_id) and branch.outcome == "unchanged":
            report.unchanged -= 1
            report.updated += 1

    def _parents(self, branches: Sequence[Branch]) -> dict[str, uuid.UUID]:
        named = list({branch.parent for branch in branches})
        by_id = select(ExternalId.external_id, ExternalId.customer_id).where(
            ExternalId.source == self._source, ExternalId.external_id.in_(named)
        )
        by_code = select(Customer.code, Customer.id).where(Customer.code.in_(named))
        found = [*db.session.execute(by_id), *db.session.execute(by_code)]
        return dict(tuple(row) for row in found)


def _parcels(branches: Sequence[Branch]) -> Iterator[Sequence[Branch]]:
    for start in range(0, len(branches), _AT_ONCE):
        yield branches[start : start + _AT_ONCE]


def _is_below(customer_id: uuid.UUID, head_id: uuid.UUID) -> bool:
    """Whether a customer stands somewhere under another already: tying them would close a circle."""
    step: uuid.UUID | None = customer_id
    met: set[uuid.UUID] = set()
    while step is not None and step not in met:
        if step == head_id:
            return True
        met.add(step)
        step = db.session.scalar(select(Customer.parent_id).where(Customer.id == step))
    return False
