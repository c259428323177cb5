"""The settings are told in one place and read in one place."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from crmweb.config import Settings

READ_ELSEWHERE = re.compile(r"os\.environ(?:\.get\(|\[)|os\.getenv\(")


def _row(metadata: dict[str, str]) -> str:
    default = metadata["shown"] or f"`{metadata['default']}`"
    return f"| `{metadata['name']}` | {default} | {metadata['meaning']} |"


def test_the_readme_lists_every_setting_as_the_code_knows_it(project: Path) -> None:
    expected = [_row(dict(setting.metadata)) for setting in fields(Settings)]
    listed = [line for line in (project / "README.md").read_text().splitlines() if line.startswith("| `")]
    assert listed == expected


def test_nothing_but_the_settings_reads_the_environment(project: Path) -> None:
    readers = [path for path in (project / "crmweb").rglob("*.py") if READ_ELSEWHERE.search(path.read_text())]
    assert [str(path) for path in readers] == []
