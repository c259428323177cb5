"""Node.js, for checkers that come from npm."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

from tests.machine import Missing

ROOT = Path(__file__).resolve().parents[2]
OLDEST = 20


@cache
def where() -> Path:
    """The machine's Node.js, or the one that set-up put into .venv/bin."""
    path = os.pathsep.join([str(ROOT / ".venv" / "bin"), os.environ.get("PATH", "")])
    found = shutil.which("node", path=path)
    if not found or _major(found) < OLDEST:
        raise Missing(f"Node.js {OLDEST} or newer is needed; `make lint` fetches one.")
    return Path(found)


def _major(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(answer.strip().lstrip("v").split(".")[0])


def run_package(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of an installed npm package, html-validate for one. Raises `Missing`."""
    script = ROOT / "node_modules" / ".bin" / name
    if not script.exists():
        raise Missing(f"{name} is not among the installed front-end packages; run `make lint`.")
    command = [str(where()), str(script.resolve()), *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
