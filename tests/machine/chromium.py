"""A Chromium for the browser tests: `CHROMIUM`, else the machine's, else Debian's."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tests.machine.debian import FONTS, ROOT, Program

CHROMIUM = Program(
    title="Chromium",
    variable="CHROMIUM",
    packages=("chromium", *FONTS),
    names=("chromium", "chromium-browser", "google-chrome-stable", "google-chrome"),
    inside="usr/lib/chromium/chromium",
    folder=ROOT / ".chromium",
    shows=("--version", "--no-sandbox"),
)
FLAGS = [
    "--no-sandbox",  # root and containers; the tests open our own pages alone
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@cache
def where() -> Path:
    """The program to start. Raises `Missing`."""
    return CHROMIUM.where()


def environment() -> dict[str, str]:
    """What it needs in its environment."""
    return CHROMIUM.environment(where())
