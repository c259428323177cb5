"""`crmweb …`: what an admin types. Each command is loaded when it is asked for, so that a worker stays lean."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flask import Flask

COMMANDS = {
    "audit": "crmweb.audit.cli:audit",
    "backup": "crmweb.backup:backup",
    "clock": "crmweb.supervisor.cli:clock",
    "create-admin": "crmweb.accounts.cli:create_admin",
    "demo": "crmweb.demo.cli:demo",
    "doctor": "crmweb.doctor.cli:doctor",
    "import": "crmweb.imports.cli:import_group",
    "mail-in": "crmweb.followups.incoming.cli:mail_in",
    "restore": "crmweb.backup:restore",
    "run": "crmweb.supervisor.cli:run",
    "sign-in-link": "crmweb.accounts.cli:sign_in_link",
    "worker": "crmweb.supervisor.cli:worker",
}
"""Command → where it is."""

FIRST = {"create-admin", "demo", "import", "sign-in-link"}
"""Commands that may be typed before the product ever ran."""


class Crmweb(click.Group):
    """All commands; wrong settings are told in one clear line each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> object:
        from crmweb.config import BadSettings

        try:
            return super().invoke(ctx)
        except BadSettings as wrong:
            click.echo(str(wrong), err=True)
            sys.exit(2)


@click.group(cls=Crmweb)
@click.pass_context
def main(ctx: click.Context) -> None:
    """crmweb: a CRM for people who sell on foot."""
    # A slice's command may not know the whole app, so it is handed over.
    ctx.obj = _founded if ctx.invoked_subcommand in FIRST else _application


def _application() -> Flask:
    from crmweb import create_app

    return create_app()


def _founded() -> Flask:
    """The application, with the tables made where the database has none yet."""
    from flask_migrate import upgrade

    from crmweb.supervisor.prepare import DatabaseTooNew, Revisions

    app = _application()
    with app.app_context():
        try:
            if Revisions.read().current is None:
                upgrade()
        except DatabaseTooNew as too_new:
            raise click.ClickException(str(too_new)) from None
    return app
