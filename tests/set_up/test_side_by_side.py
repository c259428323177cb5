"""Runs of the tests at once: all are told, and any one that fails is a failure."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crmweb.config import PROJECT
from dev.side_by_side import side_by_side


def says(word: str, *, status: int = 0) -> list[str]:
    return [sys.executable, "-c", f"import sys; print('{word}', flush=True); sys.exit({status})"]


@pytest.mark.parametrize(("first", "second"), [(0, 0), (1, 0), (0, 1), (2, 1)])
def test_either_failure_is_a_failure_and_both_are_told(
    first: int, second: int, capfd: pytest.CaptureFixture[str]
) -> None:
    status = side_by_side(says("watched", status=first), says("beside", status=second))
    assert bool(status) == bool(first or second)
    told = capfd.readouterr().out
    assert told.index("watched\n") < told.rindex("beside\n")


def test_they_run_at_once(tmp_path: Path) -> None:
    """Each waits for the other's sign."""
    wait = "import pathlib, sys, time\n"
    wait += "mine, theirs = map(pathlib.Path, sys.argv[1:])\nmine.touch()\n"
    wait += "while not theirs.exists(): time.sleep(0.01)"
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    begun = time.monotonic()
    run = [sys.executable, "-c", wait]
    assert side_by_side([*run, one, two], [*run, two, one]) == 0
    assert time.monotonic() - begun < 60


def test_a_third_begins_when_one_of_the_two_has_ended(tmp_path: Path) -> None:
    """The third lets the second end, and would come too late if it waited for it."""
    sign = tmp_path / "sign"
    wait = f"import pathlib, time\nwhile not pathlib.Path({str(sign)!r}).exists(): time.sleep(0.01)"
    touch = f"import pathlib; pathlib.Path({str(sign)!r}).touch()"
    assert side_by_side(says("one"), [sys.executable, "-c", wait], [sys.executable, "-c", touch]) == 0


def test_a_third_that_fails_is_a_failure_and_told(capfd: pytest.CaptureFixture[str]) -> None:
    assert side_by_side(says("one"), says("two"), says("three", status=3)) == 3
    assert "three" in capfd.readouterr().out


def test_whoever_stops_them_stops_both_and_lets_them_clean_up(tmp_path: Path) -> None:
    clean = "import pathlib, sys, time\nsign = pathlib.Path(sys.argv[1])\ntry:\n    sign.touch()\n    time.sleep(60)\n"
    clean += "finally:\n    time.sleep(0.5)\n    sign.unlink()\n"
    one, two = ([sys.executable, "-c", clean, str(tmp_path / name)] for name in ("one", "two"))
    call = f"side_by_side({one!r}, {two!r})"
    # Whoever runs the tests in the background has told them not to hear Ctrl-C.
    hears = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    program = f"import sys; {hears}; from dev.side_by_side import side_by_side; sys.exit({call})"
    running = subprocess.Popen([sys.executable, "-c", program], cwd=PROJECT, start_new_session=True)
    begun = time.monotonic()
    while len(list(tmp_path.iterdir())) < 2:
        assert time.monotonic() - begun < 60
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(30) != 0
    assert list(tmp_path.iterdir()) == []
