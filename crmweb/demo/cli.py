"""`crmweb demo`: make the demo company, or remove it."""

from __future__ import annotations

import click
from flask import Flask

from crmweb.demo import Refused, ensure_demo, remove_demo


def make(app: Flask) -> None:
    """What `crmweb demo` does. Raises `click.ClickException` with one clear line where it may not."""
    with app.app_context():
        try:
            founded = ensure_demo()
        except Refused as refused:
            raise click.ClickException(str(refused)) from None
    if founded is None:
        raise click.ClickException("the database holds people or customers already: nothing was added")
    click.echo(f"Made {founded.people} people, {founded.customers} customers and {founded.events} events.")


def remove(app: Flask) -> None:
    """What `crmweb demo --remove` does."""
    with app.app_context():
        try:
            removed = remove_demo()
        except Refused as refused:
            raise click.ClickException(str(refused)) from None
    click.echo(
        f"Removed {removed.people} people, {removed.customers} customers"
        f" and {removed.contacts} contacts of the demo."
    )
    for name in removed.kept:
        click.echo(f"Kept {name}: others' work still names them.")
