"""A Firefox for the tests of push: `FIREFOX`, else the machine's firefox-esr, else Debian's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.machine.debian import FONTS, ROOT, Program

FIREFOX = Program(
    title="Firefox",
    variable="FIREFOX",
    packages=("firefox-esr", *FONTS),
    names=("firefox-esr",),  # newer ones speak another dialect than Playwright 1.64
    inside="usr/lib/firefox-esr/firefox-esr",
    folder=ROOT / ".firefox",
)


@cache
def where() -> Path:
    """The program to start. Raises `Missing`."""
    return FIREFOX.where()


def environment() -> dict[str, str]:
    """What it needs in its environment."""
    return FIREFOX.environment(where())
