"""What keeps the code's shape: the ladder, small modules, no drawer for odds and ends."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

LONGEST_MODULE = 300
DRAWERS = {"helpers", "managers", "misc", "services", "utils"}


def _modules(project: Path) -> Iterator[Path]:
    yield from (project / "crmweb").rglob("*.py")


def test_a_slice_imports_only_from_below(project: Path) -> None:
    lint_imports = Path(sys.executable).parent / "lint-imports"
    checked = subprocess.run(
        [lint_imports, "--no-logo"], cwd=project, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout


def test_no_module_outgrows_its_reader(project: Path) -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in _modules(project)}
    assert {str(path): length for path, length in lengths.items() if length > LONGEST_MODULE} == {}


def test_no_module_is_a_drawer_for_odds_and_ends(project: Path) -> None:
    assert [str(path) for path in _modules(project) if DRAWERS & {path.stem, *path.parent.parts}] == []


def test_every_module_says_what_it_is_for(project: Path) -> None:
    assert [
        str(path) for path in _modules(project) if not ast.get_docstring(ast.parse(path.read_text()))
    ] == []


def test_only_the_edge_commits(project: Path) -> None:
    """Models never commit: `writing()` in db.py does, once, where a request or a job ends."""
    committing = [path for path in _modules(project) if "session.commit(" in path.read_text()]
    assert {path.relative_to(project / "crmweb").as_posix() for path in committing} <= {"db.py"}
