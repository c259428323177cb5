"""Files that are kept for good."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from crmweb import files
from crmweb.config import Settings

House = Callable[[], AbstractContextManager[None]]


def test_what_was_kept_is_read_again_as_it_was(house: House, settings: Settings) -> None:
    with house():
        name = files.keep(b"a picture", ".jpg")
        with files.open(name) as kept:
            assert kept.read() == b"a picture"
    assert (settings.home / "files" / name[:2] / name).stat().st_mode & 0o777 == 0o600
    assert list((settings.home / "files.unfinished").iterdir()) == []


def test_the_same_bytes_twice_are_two_files(house: House) -> None:
    with house():
        assert files.keep(b"twice", ".jpg") != files.keep(b"twice", ".jpg")


@pytest.mark.parametrize(
    "name", ["../secret-key", "ab/../../x.jpg", "", "g" * 32 + ".jpg", "a" * 32 + ".jpg"]
)
def test_a_name_that_is_none_of_ours_opens_nothing(house: House, name: str) -> None:
    with house(), pytest.raises(FileNotFoundError):
        files.open(name)
