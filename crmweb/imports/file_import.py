"""A file of customers taken over, from its bytes to the words that say what became of it."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from crmweb import clock
from crmweb.accounts.actor import Actor
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.reaching.countries import region_of
from crmweb.customers.tiers import Tier
from crmweb.imports.columns import find_columns
from crmweb.imports.customer_import import CustomerImport
from crmweb.imports.entries import Entry, EntryReader
from crmweb.imports.reading import read_tables
from crmweb.imports.report import RejectedRows, Report
from crmweb.imports.tables import Unreadable


class FileImport:
    """One run of `crmweb import customers`. Works in a session that sees every customer.

    The file is read to its end, and every option is checked, before anything is written: raises Unreadable.
    """

    def __init__(
        self,
        file: Path,
        *,
        by: Actor | None = None,
        owner: str | None = None,
        chosen: Sequence[str] = (),
        source: str = "import",
        country: str = "VN",
        dry_run: bool = False,
    ) -> None:
        self.file, self.by, self.source, self.dry_run = file, by, source, dry_run
        self.table, self.columns = find_columns(read_tables(file), [_pair(given) for given in chosen])
        self.reader = EntryReader(self.columns, frozenset(Tier.intervals()), _region(country))
        self.owner = _person(owner) if owner else None

    def run(self) -> Iterator[str]:
        """Take the rows over; the report, line by line."""
        with closing(RejectedRows(self._rejected_path(), self.columns.header)) as rejected:

            def keep(entry: Entry, reason: str) -> None:
                if not self.dry_run:
                    rejected.add(entry.line.number, reason, entry.line.cells)

            taking = CustomerImport(
                self._entries(),
                by=self.by,
                at=clock.now(),
                owner=self.owner,
                source=self.source,
                dry_run=self.dry_run,
                on_reject=keep,
            )
            yield from self._said(taking.run(), rejected)

    def _entries(self) -> Iterator[Entry]:
        return (
            self.reader.read(line) for line in self.table.lines() if line.number > self.columns.header_line
        )

    def _rejected_path(self) -> Path:
        stamp = clock.now().strftime("%Y%m%d-%H%M%S-%f")
        return current_settings().home / "imports" / f"{self.file.stem}-rejected-{stamp}.csv"

    def _said(self, report: Report, rejected: RejectedRows) -> Iterator[str]:
        yield f"{self.file.name} ({self.table.form}){': a trial, nothing was written' if self.dry_run else ''}"
        if self.table.remark:
            yield self.table.remark
        if self.columns.unused:
            yield f"Columns not used: {', '.join(self.columns.unused)}"
        yield from report.lines()
        if rejected:
            yield f"The rejected rows, with reasons: {rejected.path}"


def _pair(given: str) -> tuple[str, str]:
    field, equals, column = given.partition("=")
    if not (field.strip() and equals and column.strip()):
        raise Unreadable(f'--map takes FIELD=COLUMN, not "{given}".')
    return field, column


def _region(country: str) -> str:
    region = region_of(country)
    if region is None:
        raise Unreadable(f'There is no country "{country}".')
    return region


def _person(email: str) -> User:
    person = User.with_email(email)
    if person is None or not person.active:
        raise Unreadable(f"Nobody active here has the email {email}.")
    return person
