"""What the papers promise is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from crmweb.cli import COMMANDS


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md", "Procfile"])
def test_every_command_that_is_named_exists(project: Path, paper: str) -> None:
    named = re.findall(
        r"(?:\.venv/bin/|`|-production\} )crmweb ([a-z][a-z-]+)", (project / paper).read_text()
    )
    assert set(named) <= set(COMMANDS)
    assert named or paper == "CONTRIBUTING.md"


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md"])
def test_every_make_target_that_is_named_exists(project: Path, paper: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (project / "Makefile").read_text(), re.MULTILINE))
    assert set(
        re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)", (project / paper).read_text(), re.MULTILINE)
    ) <= {pair for target in targets for pair in ((target, ""), ("", target))}


@pytest.mark.parametrize("paper", ["README.md", "CONTRIBUTING.md"])
def test_every_file_that_is_linked_is_there(project: Path, paper: str) -> None:
    linked = re.findall(r"\]\((?!https?:)([^)]+)\)", (project / paper).read_text())
    assert [link for link in linked if not (project / link).exists()] == []
