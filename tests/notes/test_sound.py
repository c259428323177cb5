"""What is a recording, by its content."""

from __future__ import annotations

import pytest
from flask import Flask

from crmweb.notes.sound import LARGEST, NotARecording, read, seconds
from tests.notes import sounds


@pytest.mark.parametrize(
    ("data", "mime", "suffix"),
    [
        (sounds.WEBM_OPUS, "audio/webm", ".webm"),
        (sounds.OGG_OPUS, "audio/ogg", ".ogg"),
        (sounds.M4A, "audio/mp4", ".m4a"),
    ],
)
def test_what_browsers_and_phones_record_is_known_by_its_content(data: bytes, mime: str, suffix: str) -> None:
    assert read(data) == (data, mime, suffix)


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


@pytest.mark.parametrize(
    ("said", "counted"),
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
    said: str | None, counted: int | None
) -> None:
    assert seconds(said) == counted
