"""A program for the tests out of Debian's packages: the one that is named, else the machine's, else Debian's.

Root gets Debian's package installed; anyone else gets it unpacked with its libraries into a folder of this project.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.machine import Missing

ROOT = Path(__file__).resolve().parents[2]
FONTS = ("fonts-noto-core", "fonts-noto-color-emoji")


@dataclass(frozen=True)
class Program:
    """``variable`` of the environment names one. ``names`` are what it is called on a PATH, ``inside`` where it lies
    in its package, ``folder`` the one to unpack into; ``shows`` is how it is asked whether it works. One that is not
    ``movable`` runs only where Debian installs it.
    """

    title: str
    variable: str
    packages: tuple[str, ...]
    names: tuple[str, ...]
    inside: str
    folder: Path
    shows: tuple[str, ...] = ("--version",)
    movable: bool = True

    @property
    def by_hand(self) -> str:
        packages = " ".join(self.packages)
        return (
            f"Install {self.title} (Debian: apt-get install {packages}), or set {self.variable} to its path."
        )

    def where(self) -> Path:
        """The program to start. Raises `Missing`."""
        if named := os.environ.get(self.variable):
            return self._working(Path(named))
        found = self._on_the_machine()
        if found is None:
            self._fetch()
            found = self._on_the_machine()
        if found is None:
            raise Missing(self.by_hand)
        return self._working(found)

    def environment(self, program: Path) -> dict[str, str]:
        """What it needs in its environment: its libraries and fonts, if it was unpacked."""
        if program != self.folder / self.inside:
            return {}
        folders = (
            folder for part in ("lib", "usr/lib") for folder in self.folder.glob(f"{part}/*-linux-gnu*")
        )
        libraries = {str(path.parent) for folder in folders for path in folder.rglob("*.so*")}
        return {
            "LD_LIBRARY_PATH": os.pathsep.join(sorted(libraries)),
            "FONTCONFIG_FILE": str(self.folder / "fonts.conf"),
        }

    def _on_the_machine(self) -> Path | None:
        if (unpacked := self.folder / self.inside).exists():
            return unpacked
        found = next(filter(None, map(shutil.which, self.names)), None)
        return Path(found) if found else None

    def _working(self, program: Path) -> Path:
        try:
            self._run(program, *self.shows, extra=self.environment(program))
        except OSError as reason:
            raise Missing(f"{program} does not start: {reason}") from reason
        return program

    def _fetch(self) -> None:
        if os.geteuid() == 0:
            self._install()
        elif self.movable:
            self._unpack()

    def _install(self) -> None:
        if not shutil.which("apt-get"):
            return
        print(f"Installing {self.title} …", flush=True)
        quietly = {"DEBIAN_FRONTEND": "noninteractive"}
        self._run("apt-get", "update", extra=quietly)
        self._run("apt-get", "install", "-y", "--no-install-recommends", *self.packages, extra=quietly)

    def _unpack(self) -> None:
        """Debian's packages, and every library they need that is not installed, without any right."""
        if not (shutil.which("apt-get") and shutil.which("dpkg")):
            return
        print(f"Fetching {self.title} …", flush=True)
        partial = self.folder.with_suffix(".partial")
        shutil.rmtree(partial, ignore_errors=True)
        for needed in ("apt/lists/partial", "apt/archives/partial", "debs"):
            (partial / needed).mkdir(parents=True)
        apt = _own_apt(partial)
        self._run(*apt, "update")
        plan = self._run(*apt, "install", "--simulate", "--no-install-recommends", *self.packages)
        self._run(*apt, "download", *re.findall(r"^Inst (\S+)", plan, re.MULTILINE), folder=partial / "debs")
        for package in sorted((partial / "debs").glob("*.deb")):
            self._run("dpkg", "--extract", package, partial)
        shutil.rmtree(partial / "debs")
        shutil.rmtree(partial / "apt")
        (partial / "fonts.conf").write_text(self._fonts())
        partial.rename(self.folder)

    def _fonts(self) -> str:
        folders = "".join(f"<dir>{folder}/usr/share/fonts</dir>" for folder in (self.folder, ""))
        return f"<fontconfig>{folders}<cachedir>{self.folder}/font-cache</cachedir></fontconfig>\n"

    def _run(self, *command: str | Path, extra: Mapping[str, str] | None = None, folder: Path = ROOT) -> str:
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, **(extra or {})},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            words = " ".join(map(str, command[:6]))
            raise Missing(f"{words} … failed: {done.stderr.strip()[-400:]}\n{self.by_hand}")
        return done.stdout


def _own_apt(folder: Path) -> list[str]:
    """apt-get with lists and archives of its own, and the machine's idea of what is installed."""
    options = {
        "Dir::State::Lists": folder / "apt" / "lists",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": folder / "apt",
        "Debug::NoLocking": "1",
    }
    return ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in options.items())]
