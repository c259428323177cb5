"""The list of what holds the door names tests, and they are there."""

from __future__ import annotations

import re
from pathlib import Path

NAMED = re.compile(r"`(tests/[a-z0-9_/]+\.py)(?:::(test_[a-z0-9_]+))?`")


def test_every_test_that_the_security_list_names_exists(project: Path) -> None:
    named = NAMED.findall((project / "docs" / "security.md").read_text())
    assert len(named) > 30
    missing = [(file, test) for file, test in named if not _is_there(project / file, test)]
    assert missing == []


def _is_there(file: Path, test: str) -> bool:
    return file.exists() and (
        not test or re.search(rf"^ *def {test}\(", file.read_text(), re.MULTILINE) is not None
    )
