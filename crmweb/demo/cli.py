"""`crmweb demo`: make the demo company, or remove it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import Flask

from crmweb.demo import Refused, ensure_demo, remove_demo


@click.command("demo")
@click.option("--remove", is_flag=True, help="Remove what the demo made; what people added since stays.")
@click.pass_obj
def demo(application: Callable[[], Flask], remove: bool) -> None:
    """Fill an empty database with a made-up tea distributor."""
    with application().app_context(), _told_in_one_line():
        dissolve() if remove else found()


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    try:
        yield
    except Refused as refused:
        raise click.ClickException(str(refused)) from None


def found() -> None:
    """Make the company and say how large it is."""
    made = ensure_demo()
    if made is None:
        raise Refused("the database holds people or customers already: nothing was added")
    click.echo(f"Made {made.people} people, {made.customers} customers and {made.events} events.")


def dissolve() -> None:
    """Remove the company and say what is gone and what had to stay."""
    removed = remove_demo()
    click.echo(
        f"Removed {removed.people} people, {removed.customers} customers"
        f" and {removed.contacts} contacts of the demo."
    )
    for name in removed.kept:
        click.echo(f"Kept {name}: others' work still names them.")
