"""The folder in which the web processes count is this house's alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmweb.supervisor import counts
from crmweb.supervisor.counts import shared_counts

SHARED = "PROMETHEUS_MULTIPROC_DIR"


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(SHARED, "")
    monkeypatch.setattr(counts, "MEMORY", tmp_path)
    return tmp_path


def test_what_a_killed_house_left_is_taken_away(memory: Path) -> None:
    (shared_counts(memory / "home") / "counter_7.db").write_bytes(b"old")
    folder = shared_counts(memory / "home")
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o077 == 0


def test_two_houses_count_apart(memory: Path) -> None:
    assert shared_counts(memory / "home") != shared_counts(memory / "other")


def test_a_link_that_a_stranger_left_there_is_not_followed(memory: Path) -> None:
    theirs = memory / "theirs"
    theirs.mkdir()
    (theirs / "letter").write_text("mine")
    folder = shared_counts(memory / "home")
    folder.rmdir()
    folder.symlink_to(theirs)
    assert shared_counts(memory / "home") != folder
    assert (theirs / "letter").read_text() == "mine"
