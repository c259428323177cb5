"""`crmweb mail-in`: what a mail server pipes its mail into. Loads nothing heavy, for `crmweb --help` loads it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import IO, Final

import click
from flask import Flask

TRY_AGAIN: Final = 75
"""EX_TEMPFAIL of sysexits.h: the mail server keeps the mail and hands it in later."""


@click.command("mail-in")
@click.pass_obj
def mail_in(application: Callable[[], Flask]) -> None:
    """Take one raw mail from standard input: an answer to a message, or word that one did not arrive.

    Anything else is let go. For an alias such as: answers: "|/srv/crmweb/.venv/bin/crmweb mail-in"
    """
    stream = sys.stdin.buffer
    if stream.isatty():
        raise click.UsageError("give a mail on standard input")
    raise SystemExit(_take(application, stream))


def _take(application: Callable[[], Flask], stream: IO[bytes]) -> int:
    import structlog

    from crmweb.followups.incoming.reading import LOOKED_AT
    from crmweb.followups.incoming.taking import take_mail

    raw = stream.read(LOOKED_AT)
    while stream.read(LOOKED_AT):
        pass  # to its end, or the mail server takes the pipe for broken
    try:
        with application().app_context():
            take_mail(raw)
    except Exception:  # whatever it is, the mail is not lost: the server has it still
        structlog.get_logger(__name__).exception("mail in")
        return TRY_AGAIN
    return 0
