"""`crmweb import customers`: a file in, counts out."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import click
from flask.cli import with_appcontext

from crmweb import clock
from crmweb.accounts.models import User
from crmweb.config import current_settings
from crmweb.customers.countries import region_of
from crmweb.customers.imports.columns import Columns, find_columns
from crmweb.customers.imports.customer_import import CustomerImport
from crmweb.customers.imports.entries import EntryReader
from crmweb.customers.imports.reading import read_tables
from crmweb.customers.imports.report import RejectedRows, Report
from crmweb.customers.imports.tables import Table, Unreadable
from crmweb.customers.tiers import Tier
from crmweb.scope import system_access


@click.group("import")
def import_group() -> None:
    """Take data over from files."""


@import_group.command("customers")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--owner", metavar="EMAIL", help="The person who looks after every customer that is created.")
@click.option(
    "--map", "chosen", metavar="FIELD=COLUMN", multiple=True, help="Say which column a field is in."
)
@click.option(
    "--source", default="import", show_default=True, help="The system that the ids in the file come from."
)
@click.option(
    "--country", default="VN", show_default=True, help="Where phone numbers without a country code are."
)
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@with_appcontext
def import_customers(
    file: Path, owner: str | None, chosen: Sequence[str], source: str, country: str, dry_run: bool
) -> None:
    """Import customers from FILE: CSV, XLSX or vCard, told apart by what is in it.

    A row whose id or code is known updates that customer; blank cells never erase. A row that cannot stand is
    rejected and written, with its reason, to a file under the data folder's imports/.
    """
    try:
        table, columns = find_columns(read_tables(file), [_pair(given) for given in chosen])
        region = _region(country)
        with system_access(f"import {file.name}"):
            _run(file, table, columns, _person(owner), source, region, dry_run)
    except Unreadable as reason:
        raise SystemExit(_failed(str(reason))) from reason


def _run(
    file: Path, table: Table, columns: Columns, owner: User | None, source: str, region: str, dry_run: bool
) -> None:
    reader = EntryReader(columns, frozenset(Tier.intervals()), region)
    entries = (reader.read(line) for line in table.lines() if line.number > columns.header_line)
    rejected = RejectedRows(_rejected_path(file), columns.header)
    with closing(rejected):
        taking = CustomerImport(
            entries,
            by=None,
            at=clock.now(),
            owner=owner,
            source=source,
            dry_run=dry_run,
            on_reject=lambda entry, reason: (
                None if dry_run else rejected.add(entry.line.number, reason, entry.line.cells)
            ),
        )
        report = taking.run()
    for said in _said(file, table, columns, report, rejected, dry_run):
        click.echo(said)


def _said(
    file: Path, table: Table, columns: Columns, report: Report, rejected: RejectedRows, dry_run: bool
) -> Iterator[str]:
    yield f"{file.name} ({table.form}){': a trial, nothing was written' if dry_run else ''}"
    if table.remark:
        yield table.remark
    if columns.unused:
        yield f"Columns not used: {', '.join(columns.unused)}"
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


def _person(email: str | None) -> User | None:
    person = User.with_email(email) if email else None
    if email and (person is None or not person.active):
        raise Unreadable(f"Nobody here has the email {email}.")
    return person


def _rejected_path(file: Path) -> Path:
    stamp = clock.now().strftime("%Y%m%d-%H%M%S-%f")
    return current_settings().home / "imports" / f"{file.stem}-rejected-{stamp}.csv"


def _failed(reason: str) -> int:
    click.echo(reason, err=True)
    return 1
