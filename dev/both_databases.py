"""Run the tests on both databases at once, a core for each: what `make test` does.

SQLite, which has the browsers, is watched; what PostgreSQL said is told after it. What is given on the command line
goes to both.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTEST = (sys.executable, "-m", "pytest")
WATCHED = (*PYTEST, "--database=sqlite")
BESIDE = (*PYTEST, "--database=postgresql", "-m", "not browser")


def main() -> int:
    """The exit status: 0 when both went well."""
    given = sys.argv[1:]
    return side_by_side([*WATCHED, *given], [*BESIDE, *given])


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
