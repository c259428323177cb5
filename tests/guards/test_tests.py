"""The tests themselves: what is written is run, everywhere."""

from __future__ import annotations

import re
from pathlib import Path

LOOKS_AWAY = re.compile(r"pytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b")
WITHOUT_REAL_LISTS = {"tests/nearby/test_nearest.py", "tests/imports/conftest.py"}
"""These run on real lists, which stand beside the repository and are not ours to commit."""


def test_no_test_looks_away(project: Path) -> None:
    """What a machine lacks is a failure that says what to install."""
    tests = [path for path in (project / "tests").rglob("*.py") if path != Path(__file__)]
    looking_away = {str(path.relative_to(project)) for path in tests if LOOKS_AWAY.search(path.read_text())}
    assert looking_away - WITHOUT_REAL_LISTS == set()
