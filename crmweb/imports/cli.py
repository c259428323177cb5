"""`crmweb import …`: what an admin types to take data over. Loads nothing heavy, for `crmweb --help` loads it."""

from collections.abc import Callable, Sequence
from pathlib import Path

import click
from flask import Flask


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
    "--source", default="import", show_default=True, help="The system that the ids in FILE come from."
)
@click.option("--country", default="VN", show_default=True, help="Where phone numbers without a country are.")
@click.option("--dry-run", is_flag=True, help="Only say what would happen.")
@click.pass_obj
def import_customers(
    application: Callable[[], Flask],
    file: Path,
    owner: str | None,
    chosen: Sequence[str],
    source: str,
    country: str,
    dry_run: bool,
) -> None:
    """Import customers from FILE: CSV, XLSX or vCard, told apart by what is in it.

    A row whose id or code is known updates that customer; blank cells never erase. A row that cannot stand is
    rejected and written, with its reason, to a file under the data folder's imports/.
    """
    from crmweb.imports.file_import import FileImport
    from crmweb.imports.tables import Unreadable
    from crmweb.scope import system_access

    with application().app_context(), system_access(f"import {file.name}"):
        try:
            taking = FileImport(
                file, owner=owner, chosen=chosen, source=source, country=country, dry_run=dry_run
            )
            for line in taking.run():
                click.echo(line)
        except Unreadable as reason:
            click.echo(str(reason), err=True)
            raise SystemExit(1) from None
