"""What makes it safe to fork the app, and that a part which cannot start does not spin."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from crmweb.supervisor.parts import Part, Program

OPENED = """
import threading
from crmweb import create_app
from crmweb.db import db
app = create_app()
with app.app_context():
    print(threading.active_count(), db.engine.pool.checkedin() + db.engine.pool.checkedout())
"""


@pytest.mark.slow
def test_the_app_starts_no_thread_and_opens_no_database_before_it_is_forked(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CRMWEB_HOME", str(tmp_path))
    told = subprocess.run([sys.executable, "-c", OPENED], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["1", "0"]


def test_a_part_that_dies_at_once_is_started_ever_more_slowly() -> None:
    part = Part("web", Program(["/bin/false"], {}))
    waits = []
    for _ in range(4):
        part.start()
        while (code := part.died()) is None:
            time.sleep(0.01)
        assert code == 1
        waits.append(part.next_start - time.monotonic())
    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]


def test_words_that_come_in_pieces_are_passed_on_as_lines() -> None:
    part = Part(
        "web", Program(["/bin/sh", "-c", "printf 'one\ntw'; sleep 0.2; printf 'o\nthr\\303\\251e'"], {})
    )
    part.start()
    said: list[str] = []
    while not part.ended_speaking:
        said += part.lines()
        time.sleep(0.02)
    part.bury()
    assert said == ["one", "two", "thrée"]
