"""`crmweb doctor`: says, line by line, how the house is and what to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from crmweb.doctor import examine
from crmweb.lights.findings import Mark

if TYPE_CHECKING:
    from flask import Flask


@click.command()
@click.pass_obj
def doctor(application: Callable[[], Flask]) -> None:
    """Look at everything and say what to do. Exits with 1 when something is bad."""
    with application().app_context():
        found = examine()
    for finding in found:
        click.echo(str(finding))
    raise SystemExit(int(any(finding.mark is Mark.BAD for finding in found)))
