"""Run the tests in two processes at once, a core for each: what `make test` and `make test-fast` do.

One is watched, and what the other said is told after it. `all` is SQLite with the browsers beside PostgreSQL, `fast`
one half of the files beside the other. What else is given on the command line goes to both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest")
FAST = (*PYTEST, "--database=sqlite", "-m", "not browser and not slow")
RUNS = {
    "all": ((*PYTEST, "--database=sqlite"), (*PYTEST, "--database=postgresql", "-m", "not browser")),
    "fast": ((*FAST, "--share=1/2"), (*FAST, "--share=2/2")),
}


def main() -> int:
    """The exit status: 0 when both went well."""
    name, *given = sys.argv[1:]
    watched, beside = RUNS[name]
    return side_by_side([*watched, *given], [*beside, *given])


def side_by_side(watched: Sequence[str], beside: Sequence[str]) -> int:
    """Run two commands at once; returns the first status that is not 0, or 0."""
    with tempfile.TemporaryFile() as told:
        running = [
            subprocess.Popen(watched, cwd=ROOT),
            subprocess.Popen(beside, cwd=ROOT, stdout=told, stderr=subprocess.STDOUT),
        ]
        try:
            statuses = [each.wait() for each in running]
        except KeyboardInterrupt:  # the terminal told all of us: they clean up and end by themselves
            statuses = [each.wait() for each in running]
        print(f"\n{' '.join(beside[1:])}\n")
        told.seek(0)
        print(told.read().decode(errors="replace"), flush=True)
    return next(filter(None, statuses), 0)


if __name__ == "__main__":
    sys.exit(main())
