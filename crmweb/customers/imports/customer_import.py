"""Taking customers over from a file: each row whole or not at all, and a second time only what changed."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User, email_key
from crmweb.customers.imports.branches import Branches
from crmweb.customers.imports.entries import Entry
from crmweb.customers.imports.known import Contradiction, Known
from crmweb.customers.imports.merging import introduce, merged_lists, place
from crmweb.customers.imports.report import Outcome, Report
from crmweb.customers.models import Customer
from crmweb.db import Busy, db, writing

BATCH = 500  # rows a write transaction: others wait for less than a second
PATIENCE = 60.0  # seconds that one batch tries for its turn to write
OWNER = ""  # stands among the people's emails for the one whom the import names for all rows

log = logging.getLogger(__name__)


class Rejected(Exception):
    """The row cannot stand; the text says why."""


class CustomerImport:
    """Rows of a file become customers. Works in the session at hand, which must see every customer.

    `source` names the system whose ids the rows have; `owner` looks after each customer that is created.
    `on_reject` is handed each row that cannot stand, with the reason.
    """

    def __init__(
        self,
        entries: Iterable[Entry],
        *,
        by: Actor | None,
        at: datetime,
        owner: User | None = None,
        source: str = "import",
        dry_run: bool = False,
        on_reject: Callable[[Entry, str], None] = lambda entry, reason: None,
    ) -> None:
        self.entries = entries
        self.by, self.at = by, at
        self.owner_id = owner.id if owner else None
        self.source = source
        self.dry_run = dry_run
        self.on_reject = on_reject
        self.report = Report()
        self._branches = Branches(source)
        self._seen: set[str] = set()

    def run(self) -> Report:
        """Take all rows over, batch by batch; what was written stays when a later batch is cut off."""
        rows = iter(self.entries)
        while batch := list(islice(rows, BATCH)):
            self.report.read += len(batch)
            self._take(self._standing(batch))
        with self._transaction():
            self._branches.tie(self.report, by=self.by, at=self.at)
        return self.report

    def _standing(self, batch: Sequence[Entry]) -> list[Entry]:
        for entry in batch:
            if entry.rejection:
                self._reject(entry, entry.rejection)
        return [entry for entry in batch if not entry.rejection]

    def _reject(self, entry: Entry, reason: str) -> None:
        self.report.reject(reason)
        self.on_reject(entry, reason)

    def _take(self, batch: Sequence[Entry]) -> None:
        """Write a batch; when the database refuses it, find the row that is to blame."""
        try:
            outcomes = self._write(batch)
        except SQLAlchemyError as refusal:
            self._take_singly(batch, refusal)
        else:
            for entry, outcome in zip(batch, outcomes, strict=True):
                self._count(entry, outcome)

    def _take_singly(self, batch: Sequence[Entry], refusal: SQLAlchemyError) -> None:
        if len(batch) == 1:
            log.warning("line %d refused: %s", batch[0].line.number, refusal)
            self._reject(batch[0], "the database refused it")
        else:
            for entry in batch:
                self._take([entry])

    def _count(self, entry: Entry, outcome: Outcome | Rejected) -> None:
        if isinstance(outcome, Rejected):
            self._reject(entry, str(outcome))
        else:
            self.report.count(outcome, entry.flags)
            self._branches.note(entry, outcome)

    def _write(self, batch: Sequence[Entry]) -> list[Outcome | Rejected]:
        with self._transaction(), db.session.no_autoflush:
            people = self._people(batch)
            known = Known.of(batch, self.source)
            outcomes = [self._outcome(entry, known, people) for entry in batch]
        db.session.expunge_all()
        return outcomes

    def _transaction(self) -> AbstractContextManager[None]:
        return _nothing_written() if self.dry_run else _patient_writing()

    def _people(self, batch: Sequence[Entry]) -> dict[str, User]:
        keys = {email_key(entry.responsible) for entry in batch if entry.responsible}
        wanted = select(User).where(User.email_key.in_(list(keys)) | (User.id == self.owner_id))
        people = list(db.session.scalars(wanted.where(User.deactivated_at.is_(None))))
        named = {person.email_key: person for person in people if person.email_key}
        owner = next((person for person in people if person.id == self.owner_id), None)
        return named if owner is None else {**named, OWNER: owner}

    def _outcome(self, entry: Entry, known: Known, people: dict[str, User]) -> Outcome | Rejected:
        try:
            return self._take_over(entry, known, people)
        except Rejected as rejection:
            return rejection

    def _take_over(self, entry: Entry, known: Known, people: dict[str, User]) -> Outcome:
        named = people.get(email_key(entry.responsible)) if entry.responsible else None
        if entry.responsible and named is None:
            raise Rejected("unknown responsible person")
        try:
            customer = known.customer_of(entry)
        except Contradiction as contradiction:
            raise Rejected(str(contradiction)) from contradiction
        if customer is None:
            return self._create(entry, known, named or people.get(OWNER))
        return self._update(customer, entry, known, named)

    def _create(self, entry: Entry, known: Known, responsible: User | None) -> Outcome:
        facts: dict[str, Any] = {
            **entry.facts,
            "phones": entry.phones,
            "emails": entry.emails,
            "tags": entry.tags,
        }
        customer = Customer.add(by=self.by, at=self.at, responsible=responsible, **facts)
        place(customer, entry, by=self.by, at=self.at)
        introduce(customer, entry, at=self.at)
        known.remember(entry, customer, self.source)
        entry.customer_id = customer.id
        return "updated" if self._tried_before(entry) else "created"

    def _update(self, customer: Customer, entry: Entry, known: Known, named: User | None) -> Outcome:
        entry.customer_id = customer.id
        lists = merged_lists(customer, entry)
        changes = [
            bool(customer.change(by=self.by, at=self.at, **entry.facts, **lists)),
            place(customer, entry, by=self.by, at=self.at),
            introduce(customer, entry, at=self.at),
            known.remember(entry, customer, self.source),
            named is not None and self._assign(customer, named),
        ]
        return "updated" if any(changes) else "unchanged"

    def _assign(self, customer: Customer, person: User) -> bool:
        standing = [assignment for assignment in customer.assignments if assignment.ended_at is None]
        if any(assignment.person_id == person.id for assignment in standing):
            return False
        customer.assign(person, by=self.by, at=self.at)
        return True

    def _tried_before(self, entry: Entry) -> bool:
        """Whether a trial has met the row's id already: a real import would find the customer it created."""
        key = entry.external_id or entry.facts.get("code", "")
        met = self.dry_run and key in self._seen
        if self.dry_run and key:
            self._seen.add(key)
        return met


@contextmanager
def _patient_writing() -> Iterator[None]:
    """A write transaction that waits for its turn longer than a request would. Raises Busy after a minute."""
    with ExitStack() as stack:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                stack.enter_context(writing())
                break
            except Busy:
                if time.monotonic() > deadline:
                    raise
        yield


@contextmanager
def _nothing_written() -> Iterator[None]:
    """A trial: whatever was done to rows in memory is forgotten, and nothing is sent to the database."""
    db.session.rollback()
    try:
        with db.session.no_autoflush:
            yield
    finally:
        db.session.rollback()
