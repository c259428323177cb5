"""Taking customers over from a file: each row whole or not at all, and a second time only what changed."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import datetime
from itertools import islice

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User, email_key
from crmweb.customers.models import Customer
from crmweb.customers.newcomers import Newcomer, Newcomers
from crmweb.db import Busy, db, writing
from crmweb.imports.branches import Branches
from crmweb.imports.entries import Entry
from crmweb.imports.known import Contradiction, Known
from crmweb.imports.merging import introduce, merged_lists, place
from crmweb.imports.report import Outcome, Report

BATCH = 250  # rows a write transaction: others wait for a fraction of a second
PATIENCE = 60.0  # seconds that one batch tries for its turn to write
OWNER = ""  # stands among the people's emails for the one whom the import names for all rows

log = logging.getLogger(__name__)


class Rejected(str):
    """Why a row cannot stand."""

    __slots__ = ()


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
        self._seen: set[tuple[str, str]] = set()

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
            self._reject(entry, outcome)
        else:
            self.report.count(outcome, entry.flags)
            self._branches.note(entry, outcome)

    def _write(self, batch: Sequence[Entry]) -> list[Outcome | Rejected]:
        outcomes: dict[int, Outcome | Rejected] = {}
        with self._transaction(), db.session.no_autoflush:
            people = self._people(batch)
            rest = batch
            while rest:
                rest = self._pass(rest, people, outcomes)
        db.session.expunge_all()
        return [outcomes[entry.line.number] for entry in batch]

    def _pass(
        self, entries: Sequence[Entry], people: dict[str, User], outcomes: dict[int, Outcome | Rejected]
    ) -> Sequence[Entry]:
        """Take over all but the rows that speak of somebody whom a row before them adds; returns those."""
        known, newcomers = Known.of(entries, self.source), Newcomers(self.by, self.at)
        added: set[tuple[str, str]] = set()
        later: list[Entry] = []
        for entry in entries:
            if entry.keys & added:
                later.append(entry)
                continue
            outcome = outcomes[entry.line.number] = self._outcome(entry, known, people, newcomers)
            added |= entry.keys if outcome == "created" else set()
        if not self.dry_run:
            newcomers.write()
            db.session.flush()
        return later

    def _transaction(self) -> AbstractContextManager[None]:
        return _nothing_written() if self.dry_run else _patient_writing()

    def _people(self, batch: Sequence[Entry]) -> dict[str, User]:
        keys = {email_key(entry.responsible) for entry in batch if entry.responsible}
        wanted = select(User).where(User.email_key.in_(list(keys)) | (User.id == self.owner_id))
        people = list(db.session.scalars(wanted.where(User.deactivated_at.is_(None))))
        named = {person.email_key: person for person in people if person.email_key}
        owner = next((person for person in people if person.id == self.owner_id), None)
        return named if owner is None else {**named, OWNER: owner}

    def _outcome(
        self, entry: Entry, known: Known, people: dict[str, User], newcomers: Newcomers
    ) -> Outcome | Rejected:
        named = people.get(email_key(entry.responsible)) if entry.responsible else None
        if entry.responsible and named is None:
            return Rejected("unknown responsible person")
        try:
            customer = known.customer_of(entry)
        except Contradiction as contradiction:
            return Rejected(str(contradiction))
        if customer is None:
            return self._create(entry, named or people.get(OWNER), newcomers)
        return self._update(customer, entry, known, named)

    def _create(self, entry: Entry, responsible: User | None, newcomers: Newcomers) -> Outcome:
        if self.dry_run:
            return self._tried(entry)
        entry.customer_id = newcomers.add(
            Newcomer(
                facts=entry.facts,
                phones=entry.phones,
                emails=entry.emails,
                tags=entry.tags,
                pin=(entry.pin.lat, entry.pin.lng, entry.pin.flaw) if entry.pin else None,
                contact=entry.contact,
                responsible=responsible,
                source=self.source,
                external_id=entry.external_id,
            )
        )
        return "created"

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

    def _tried(self, entry: Entry) -> Outcome:
        """What a real import would do: a row whose id a row before has brought finds the customer it added."""
        met = bool(entry.keys & self._seen)
        self._seen |= entry.keys
        return "updated" if met else "created"


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
