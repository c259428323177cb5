"""What is a recording, by its content."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis.strategies import binary, integers

from crmweb.notes.sound import LARGEST, NotARecording, read, seconds
from crmweb.notes.webm import counted
from tests.notes import sounds

BEEPS = (Path(__file__).parent / "beeps.webm").read_bytes()
"""Two beeps, as Chromium records them."""


@pytest.mark.parametrize(
    ("data", "mime", "suffix"),
    [
        (sounds.WEBM_OPUS, "audio/webm", ".webm"),
        (sounds.OGG_OPUS, "audio/ogg", ".ogg"),
        (sounds.M4A, "audio/mp4", ".m4a"),
    ],
)
def test_what_browsers_and_phones_record_is_known_by_its_content(data: bytes, mime: str, suffix: str) -> None:
    assert read(data) == (data, mime, suffix, None)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"x",
        b"<!doctype html><script>alert(1)</script>",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"ID3\x04" + bytes(500),
        b"RIFF\0\0\0\0WAVEfmt ",
        sounds.WEBM + bytes(500),
        sounds.WEBM + b"\x86\x86A_OPUS" + b"\x86\x85V_VP8" + bytes(500),
        sounds.WEBM.replace(b"webm", b"mkv ") + b"\x86\x86A_OPUS",
        b"OggS" + bytes(24) + b"\x80theora" + bytes(500),
        sounds.mp4(),
        sounds.mp4(b"soun", b"vide"),
        sounds.mp4(b"vide"),
    ],
)
def test_anything_else_is_refused_in_words(app: Flask, data: bytes) -> None:
    with app.test_request_context(), pytest.raises(NotARecording, match=r"^This .*\.$"):
        read(data)


def test_a_recording_has_at_most_a_megabyte_and_a_half(app: Flask) -> None:
    whole = sounds.WEBM_OPUS.ljust(LARGEST, b"\0")
    assert read(whole).data == whole
    with app.test_request_context(), pytest.raises(NotARecording, match="too large"):
        read(whole + b"\0")


def test_what_a_browser_did_not_know_yet_is_counted_and_written_into_it() -> None:
    sound = read(BEEPS)
    assert sound.seconds == 2
    assert (len(sound.data), counted(sound.data)) == (len(BEEPS) + 11, (sound.data, None))
    assert struct.pack(">d", 2280) in sound.data


def test_what_is_longer_than_a_minute_is_refused(app: Flask) -> None:
    """The moment of the last blocks is told by two bytes, of the clusters before them by as many as it takes."""
    begin = b"\x1f\x43\xb6\x75\x01" + b"\xff" * 7 + b"\xe7\x82"
    block = b"\xa3\x86\x81\x00\x00\x80\xfb\x03"
    assert read(BEEPS + begin + (60_900).to_bytes(2) + block).seconds == 60
    with app.test_request_context(), pytest.raises(NotARecording, match="longer than a minute"):
        read(BEEPS + begin + (62_900).to_bytes(2) + block)


@given(at=integers(0, len(BEEPS)), noise=binary(max_size=40))
def test_no_broken_recording_breaks_us(at: int, noise: bytes) -> None:
    whole, _length = counted(BEEPS[:at] + noise + BEEPS[at:])
    assert len(whole) - len(BEEPS) - len(noise) in {0, 11}
    counted(BEEPS[:at])
    counted(noise)


@pytest.mark.parametrize(
    ("said", "seen"),
    [
        ("12", 12),
        (" 60 ", 60),
        ("0", 1),
        ("999", 60),
        ("", None),
        (None, None),
        ("-5", None),
        ("4e3", None),
        ("١٢", None),
    ],
)
def test_the_length_is_what_the_phone_counted_and_a_minute_at_most(
    said: str | None, seen: int | None
) -> None:
    assert seconds(said) == seen
