"""`crmweb audit verify`: whether the audit is still what was written."""

from __future__ import annotations

from collections.abc import Callable

import click
from flask import Flask


@click.group()
def audit() -> None:
    """Look after the record of who changed what."""


@audit.command()
@click.pass_obj
def verify(application: Callable[[], Flask]) -> None:
    """Check every seal and every entry; exits 1 when something was altered, and says what."""
    from crmweb.audit.seals import Seal, broken
    from crmweb.scope import system_access

    with application().app_context(), system_access("audit verify"):
        found = list(broken())
        newest = Seal.newest()
    for finding in found:
        click.echo(finding, err=True)
    if found:
        raise click.ClickException("the audit does not hold")
    if newest is None:
        click.echo("The audit holds; nothing is sealed yet.")
    else:
        click.echo(f"The audit holds up to entry {newest.last}. Seal {newest.number}: {newest.hash.hex()}")
