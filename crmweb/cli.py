"""`crmweb …`: what an admin types."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from crmweb.config import BadSettings, Settings
from crmweb.customers.imports.cli import import_group
from crmweb.demo.cli import demo


class Crmweb(click.Group):
    """Commands that load late, so that `crmweb --help` is quick; wrong settings are told in one clear line each."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BadSettings as wrong:
            click.echo(str(wrong), err=True)
            sys.exit(2)


@click.group(cls=Crmweb)
def main() -> None:
    """crmweb: a CRM for people who sell on foot."""


main.add_command(demo)
main.add_command(import_group)


@contextmanager
def _house(why: str) -> Iterator[Settings]:
    """The application, with the house's own rights."""
    from crmweb import create_app
    from crmweb.scope import system_access

    app = create_app()
    with app.app_context(), system_access(why):
        yield app.extensions["settings"]


@main.command("sign-in-link")
@click.argument("email")
def sign_in_link(email: str) -> None:
    """Print a link that signs EMAIL in once, within 15 minutes."""
    from crmweb import clock
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User
    from crmweb.db import writing

    with _house("sign-in link") as settings, writing():
        user = User.with_email(email)
        if user is None or not user.active:
            raise click.ClickException(f"nobody active has the email {email}")
        click.echo(f"{settings.address}/join/{OneTimeLink.issue(user, at=clock.now())}")


@main.command("create-admin")
@click.argument("email")
@click.option("--name", default="", help="Their name; the part before the @ when left out.")
def create_admin(email: str, name: str) -> None:
    """Make EMAIL an admin, and print the link that signs them in for the first time."""
    from email_validator import EmailNotValidError, validate_email

    from crmweb import clock
    from crmweb.accounts.links import OneTimeLink
    from crmweb.accounts.models import User
    from crmweb.db import writing

    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError as wrong:
        raise click.ClickException(f"{email} is not an email: {wrong}") from None
    with _house("first admin") as settings, writing():
        if User.with_email(email):
            raise click.ClickException(f"{email} is known already; use: crmweb sign-in-link {email}")
        admin = User.add(name or email.split("@")[0], role="admin", email=email, at=clock.now())
        click.echo(f"{settings.address}/join/{OneTimeLink.issue(admin, at=clock.now())}")
