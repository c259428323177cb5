"""Pin the newest allowed packages, with hashes, for every platform and Python from 3.11 on.

What `requirements/*.in` and `pyproject.toml` ask for becomes `requirements/*.txt`. The test lock holds
everything the product runs on at the same versions.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUN = "pyproject.toml requirements/run.in"
LOCKS = {
    "setup": "requirements/setup.in",
    "run": RUN,
    "dev": f"{RUN} requirements/dev.in --constraints requirements/run.txt",
    "node": "requirements/node.in",
    "security": "requirements/security.in",
}
HOW = "--universal --python-version 3.11 --generate-hashes --no-annotate --upgrade --quiet"


def main() -> None:
    """Write every lock; the header names `make lock`, whoever runs it."""
    environment = {**os.environ, "UV_CUSTOM_COMPILE_COMMAND": "make lock"}
    for name, sources in LOCKS.items():
        lock = f"requirements/{name}.txt"
        uv = str(ROOT / ".venv" / "bin" / "uv")
        command = [uv, "pip", "compile", *HOW.split(), *sources.split(), "--output-file", lock]
        subprocess.run(command, cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    main()
