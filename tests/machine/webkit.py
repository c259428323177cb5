"""WebKitGTK, the nearest thing to Safari on iOS, with its WebDriver and a screen to draw on (Xvfb)."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from tests.machine import Missing
from tests.machine.debian import FONTS, ROOT, Program

WEBKIT = Program(
    title="WebKitGTK",
    variable="WEBKIT_DRIVER",
    packages=("webkit2gtk-driver", "xvfb", *FONTS),
    names=("WebKitWebDriver",),
    inside="usr/bin/WebKitWebDriver",
    folder=ROOT / ".webkit",
    shows=("--help",),
    movable=False,
)
SCREEN = "800x1000x24"


@cache
def where() -> Path:
    """Its WebDriver. Raises `Missing`."""
    return WEBKIT.where()


@cache
def browser() -> Path:
    """The browser that it drives. Raises `Missing`."""
    found = sorted(where().parents[1].glob("lib*/**/webkit2gtk-4.*/MiniBrowser"))
    if not found:
        raise Missing(f"{where()} has no MiniBrowser beside it. {WEBKIT.by_hand}")
    return found[-1]


@contextmanager
def screen(home: Path) -> Iterator[dict[str, str]]:
    """A screen of its own, for as long as this lasts; what a program needs in its environment to draw there.

    Nothing moves on it: WebKitGTK 2.50 under a driver falls over a transition from page to page.
    """
    settings = home / "gtk-3.0" / "settings.ini"
    settings.parent.mkdir(parents=True)
    settings.write_text("[Settings]\ngtk-enable-animations=0\n")
    program = shutil.which("Xvfb")
    if program is None:
        raise Missing(f"Xvfb is not here. {WEBKIT.by_hand}")
    ours, its = os.pipe()
    command = [program, "-displayfd", str(its), "-screen", "0", SCREEN, "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[its], stderr=subprocess.DEVNULL)
    os.close(its)
    try:
        with os.fdopen(ours) as told:
            number = told.readline().strip()
        yield {
            "DISPLAY": f":{number}",
            "XDG_CONFIG_HOME": str(home),
            "GDK_BACKEND": "x11",
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "NO_AT_BRIDGE": "1",
            "DBUS_SESSION_BUS_ADDRESS": "",
        }
    finally:
        process.terminate()
        process.wait()
