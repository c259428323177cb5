"""The tests themselves: what is written is run, everywhere."""

from __future__ import annotations

import re
from pathlib import Path

LOOKS_AWAY = re.compile(r"pytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b")


def test_no_test_looks_away(project: Path) -> None:
    """What a machine lacks is a failure that says what to install."""
    tests = [path for path in (project / "tests").rglob("*.py") if path != Path(__file__)]
    assert [str(path) for path in tests if LOOKS_AWAY.search(path.read_text())] == []
