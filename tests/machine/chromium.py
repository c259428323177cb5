"""A Chromium for the browser tests: `CHROMIUM`, else the machine's, else Debian's.

Root gets Debian's package installed; anyone else gets it unpacked with its libraries into `.chromium/`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.machine import Missing

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".chromium"
PACKAGES = ["chromium", "fonts-noto-core", "fonts-noto-color-emoji"]
NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
BY_HAND = f"Install a Chromium (Debian: apt-get install {' '.join(PACKAGES)}), or set CHROMIUM to its path."
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
    named = os.environ.get("CHROMIUM")
    if named:
        return _working(Path(named))
    found = _on_the_machine()
    if found is None:
        _install() if os.geteuid() == 0 else _unpack()
        found = _on_the_machine()
    if found is None:
        raise Missing(BY_HAND)
    return _working(found)


def environment() -> dict[str, str]:
    """What the tests' Chromium needs in its environment: its libraries and fonts, if it was unpacked."""
    return _environment(where())


def _environment(program: Path) -> dict[str, str]:
    if program != _unpacked():
        return {}
    folders = (folder for part in ("lib", "usr/lib") for folder in LOCAL.glob(f"{part}/*-linux-gnu*"))
    libraries = {str(path.parent) for folder in folders for path in folder.rglob("*.so*")}
    return {
        "LD_LIBRARY_PATH": os.pathsep.join(sorted(libraries)),
        "FONTCONFIG_FILE": str(LOCAL / "fonts.conf"),
    }


def _unpacked() -> Path:
    return LOCAL / "usr" / "lib" / "chromium" / "chromium"


def _on_the_machine() -> Path | None:
    if _unpacked().exists():
        return _unpacked()
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Path(found) if found else None


def _working(program: Path) -> Path:
    try:
        _run(program, "--version", "--no-sandbox", extra=_environment(program))
    except OSError as reason:
        raise Missing(f"{program} does not start: {reason}") from reason
    return program


def _install() -> None:
    if not shutil.which("apt-get"):
        return
    print("Installing Chromium …", flush=True)
    quietly = {"DEBIAN_FRONTEND": "noninteractive"}
    _run("apt-get", "update", extra=quietly)
    _run("apt-get", "install", "-y", "--no-install-recommends", *PACKAGES, extra=quietly)


def _unpack() -> None:
    """Debian's packages, and every library they need that is not installed, without any right."""
    if not (shutil.which("apt-get") and shutil.which("dpkg")):
        return
    print("Fetching Chromium …", flush=True)
    partial = LOCAL.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    for needed in ("apt/lists/partial", "apt/archives/partial", "debs"):
        (partial / needed).mkdir(parents=True)
    apt = _own_apt(partial)
    _run(*apt, "update")
    plan = _run(*apt, "install", "--simulate", "--no-install-recommends", *PACKAGES)
    _run(*apt, "download", *re.findall(r"^Inst (\S+)", plan, re.MULTILINE), folder=partial / "debs")
    for package in sorted((partial / "debs").glob("*.deb")):
        _run("dpkg", "--extract", package, partial)
    shutil.rmtree(partial / "debs")
    shutil.rmtree(partial / "apt")
    (partial / "fonts.conf").write_text(_fonts())
    partial.rename(LOCAL)


def _own_apt(folder: Path) -> list[str]:
    """apt-get with lists and archives of its own, and the machine's idea of what is installed."""
    options = {
        "Dir::State::Lists": folder / "apt" / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "apt",
        "Debug::NoLocking": "1",
    }
    return ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in options.items())]


def _fonts() -> str:
    folders = "".join(f"<dir>{folder}/usr/share/fonts</dir>" for folder in (LOCAL, ""))
    return f"<fontconfig>{folders}<cachedir>{LOCAL}/font-cache</cachedir></fontconfig>\n"


def _run(*command: str | Path, extra: Mapping[str, str] | None = None, folder: Path = ROOT) -> str:
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **(extra or {})}, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        words = " ".join(map(str, command[:6]))
        raise Missing(f"{words} … failed: {done.stderr.strip()[-400:]}\n{BY_HAND}")
    return done.stdout
