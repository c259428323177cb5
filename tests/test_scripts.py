"""The scripts' own tests, those beside them that need no browser."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.machine import node


def test_what_the_scripts_reckon_is_right(project: Path) -> None:
    command = [str(node.where()), "--test", "static/js/"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stdout
    assert "# pass 0" not in done.stdout
