"""One terminal for all parts: each line begins with the name of who said it, coloured where a person
looks.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import Final, TextIO

import click

_COLOURS: Final = {"crmweb": "1;36", "redis": "31", "web": "32", "bell": "33", "slow": "35", "clock": "34"}
_WIDTH: Final = max(map(len, _COLOURS))


class Terminal:
    """Writes whole lines to ``out``; colours only when that is a terminal and NO_COLOR is not set."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._coloured = out.isatty() and "NO_COLOR" not in os.environ

    def say(self, who: str, lines: Iterable[str]) -> None:
        """Each of ``lines``, after the name of ``who``."""
        name = f"{who:<{_WIDTH}} │"
        if self._coloured:
            name = f"\x1b[{_COLOURS.get(who, '37')}m{name}\x1b[0m"
        self.write("".join(f"{name} {line}\n" for line in lines))

    def complain(self, line: str) -> None:
        """Why it does not start, to standard error."""
        click.echo(f"crmweb: {line}", err=True)

    def write(self, text: str) -> None:
        """As it is. A terminal that is gone stops nobody's work."""
        try:
            self._out.write(text)
            self._out.flush()
        except OSError:
            pass
