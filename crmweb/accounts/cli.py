"""`crmweb create-admin` and `crmweb sign-in-link`: the ways in that need no password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from flask import Flask

from crmweb.config import Settings


@contextmanager
def _house(app: Flask, why: str) -> Iterator[Settings]:
    """The application in one write transaction, with the house's own rights."""
    from crmweb.db import writing
    from crmweb.scope import system_access

    with app.app_context(), system_access(why), writing():
        yield app.extensions["settings"]


@click.command()
@click.argument("email")
@click.pass_obj
def sign_in_link(application: Callable[[], Flask], email: str) -> None:
    """Print a link that signs EMAIL in once, within 15 minutes."""
    from crmweb import clock
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User

    with _house(application(), "sign-in link") as settings:
        user = User.with_email(email)
        if user is None or not user.active:
            raise click.ClickException(f"nobody active has the email {email}")
        token = OneTimeLink.issue(user, at=clock.now())
    click.echo(f"{settings.address}/join/{token}")


@click.command()
@click.argument("email")
@click.option("--name", default="", help="Their name; the part before the @ when left out.")
@click.pass_obj
def create_admin(application: Callable[[], Flask], email: str, name: str) -> None:
    """Make EMAIL an admin, and print the link that signs them in for the first time."""
    from email_validator import EmailNotValidError, validate_email

    from crmweb import clock
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User

    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as wrong:
        raise click.ClickException(f"{email} is not an email: {wrong}") from None
    with _house(application(), "first admin") as settings:
        if User.with_email(email):
            raise click.ClickException(f"{email} is known already; use: crmweb sign-in-link {email}")
        admin = User.add(name or email.split("@")[0], role="admin", email=email, at=clock.now())
        token = OneTimeLink.issue(admin, at=clock.now())
    click.echo(f"{settings.address}/join/{token}")
