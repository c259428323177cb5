"""Set-up does what is needed, says what is missing, and does nothing twice."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from dev import prepare
from dev.prepare import SetUpError, Step


class Kitchen:
    """A folder with one recipe and one cook who counts the dishes."""

    def __init__(self, folder: Path) -> None:
        self.recipe, self.dish = folder / "recipe", folder / "dish"
        self.recipe.write_text("boil")
        self.cooked = 0
        self.step = Step("dish", "Cooking", lambda: [self.recipe], [self.dish], self.cook)

    def cook(self) -> None:
        self.cooked += 1
        self.dish.write_text(self.recipe.read_text())


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kitchen:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    monkeypatch.setattr(prepare, "STAMPS", tmp_path / "stamps")
    return Kitchen(tmp_path)


def test_a_step_is_not_done_twice(kitchen: Kitchen) -> None:
    kitchen.step.run()
    kitchen.step.run()
    assert kitchen.cooked == 1


def test_a_step_is_done_again_when_what_it_reads_has_changed(kitchen: Kitchen) -> None:
    kitchen.step.run()
    kitchen.recipe.write_text("fry")
    kitchen.step.run()
    assert kitchen.dish.read_text() == "fry"


def test_a_step_is_not_done_again_for_a_file_that_was_only_touched(kitchen: Kitchen) -> None:
    kitchen.step.run()
    os.utime(kitchen.recipe, (0, 0))
    kitchen.step.run()
    assert kitchen.cooked == 1


def test_a_step_is_done_again_when_what_it_made_is_gone(kitchen: Kitchen) -> None:
    kitchen.step.run()
    kitchen.dish.unlink()
    kitchen.step.run()
    assert kitchen.cooked == 2


def test_a_step_that_failed_is_tried_again(kitchen: Kitchen) -> None:
    kitchen.dish.mkdir()
    with pytest.raises(IsADirectoryError):
        kitchen.step.run()
    kitchen.dish.rmdir()
    kitchen.step.run()
    assert kitchen.dish.read_text() == "boil"


def test_a_failure_tells_the_command_and_what_it_said() -> None:
    with pytest.raises(SetUpError, match=r"no salt\nThis failed: sh -c"):
        prepare._call("sh", "-c", "echo no salt; exit 1")


class Machine:
    """A machine whose only programs are the ones put there."""

    def __init__(self, folder: Path, project: Path) -> None:
        self._folder, self._project = folder, project
        self.has("dirname", 'exec /usr/bin/dirname "$@"')

    def has(self, program: str, script: str) -> None:
        file = self._folder / program
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(0o755)

    def find_python(self) -> subprocess.CompletedProcess[str]:
        """What set-up would run on. PYTHON names the candidates, so that this project's own is left out."""
        only = {"PATH": str(self._folder), "PYTHON": "python3 python3.11"}
        command = ["/bin/sh", str(self._project / "dev" / "find-python")]
        return subprocess.run(command, env=only, capture_output=True, text=True, check=False)


OLD = "exit 1"
WITHOUT_VENV = 'case "$2" in *ensurepip*) exit 1;; esac'
COMPLETE = 'case "$2" in *ensurepip*) echo /usr/bin/python-of-mine;; esac'


@pytest.fixture
def machine(tmp_path: Path, project: Path) -> Machine:
    return Machine(tmp_path, project)


def test_a_machine_without_python_is_told_what_to_install_in_one_line(machine: Machine) -> None:
    machine.has("python3", OLD)
    found = machine.find_python()
    assert found.returncode == 1
    assert "needs Python 3.11 or newer" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_python_without_venv_is_told_what_to_install_in_one_line(machine: Machine) -> None:
    machine.has("python3", WITHOUT_VENV)
    found = machine.find_python()
    assert found.returncode == 1
    assert "apt-get install python3-venv" in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_complete_python_is_preferred_to_one_without_venv(machine: Machine) -> None:
    machine.has("python3", WITHOUT_VENV)
    machine.has("python3.11", COMPLETE)
    assert machine.find_python().stdout == "/usr/bin/python-of-mine\n"


def test_a_shim_that_starts_nothing_is_passed_over(machine: Machine) -> None:
    machine.has("python3", "echo 'no version is set' >&2; exit 127")
    machine.has("python3.11", COMPLETE)
    found = machine.find_python()
    assert (found.stdout, found.stderr) == ("/usr/bin/python-of-mine\n", "")


def test_the_locks_pin_every_package_with_hashes_and_name_no_registry(project: Path) -> None:
    for lock in (project / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert "://" not in text, lock
        assert "--index" not in text, lock
        pinned = [block for block in text.split("\n") if "==" in block]
        assert pinned, lock
        assert all(line.endswith("\\") for line in pinned), lock


def test_the_test_lock_holds_what_the_product_runs_on(project: Path) -> None:
    def pins(name: str) -> set[str]:
        text = (project / "requirements" / name).read_text()
        return {line.split(" ")[0] for line in text.splitlines() if "==" in line and not line.startswith(" ")}

    assert pins("run.txt") <= pins("dev.txt")
