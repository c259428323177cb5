"""What a phone calls a recording: known by its content, sound alone, small enough to be heard anywhere."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from crmweb.languages import gettext as _
from crmweb.notes.webm import counted

LARGEST: Final = 1_500_000
"""Bytes: a minute as any phone records it, and far more than our own page makes of it (some 200 KB)."""
LONGEST: Final = 60
"""Seconds."""
LEEWAY: Final = 2
"""Seconds that a phone may take to stop."""
WEBM: Final = ("audio/webm", ".webm")

_EBML, _OGG, _FTYP = b"\x1a\x45\xdf\xa3", b"OggS", b"ftyp"
_HEAD: Final = 4096
"""Bytes in which a container says what it is and which codecs it carries."""
_WEBM_TRACK = re.compile(rb"\x86([\x81-\x9f])([AVS]_[A-Z0-9/_]+)")
"""The element that names a track's codec: its length, and the name, A_ for sound."""
_MP4_TRACK = re.compile(rb"hdlr.{8}(soun|vide)", re.DOTALL)


class NotARecording(ValueError):
    """Why it cannot be kept, in words."""


class Sound(NamedTuple):
    """A recording; `mime` and `suffix` are ours, whatever it was called. `seconds` where it tells of them."""

    data: bytes
    mime: str
    suffix: str
    seconds: int | None = None


def read(data: bytes) -> Sound:
    """The recording, if it is one that browsers make. Raises NotARecording."""
    if not data:
        raise NotARecording(_("This recording is empty. Record it once more."))
    if len(data) > LARGEST:
        raise NotARecording(_("This recording is too large. A minute fits, at most %(most)s MB.", most="1.5"))
    kind = _kind(data)
    if kind is None:
        raise NotARecording(_("This is no recording: WebM, Ogg and MP4 with nothing but sound can be kept."))
    whole, length = counted(data) if kind == WEBM else (data, None)
    if length is not None and length > LONGEST + LEEWAY:
        raise NotARecording(_("This recording is longer than a minute."))
    return Sound(whole, *kind, None if length is None else _seconds(length))


def _seconds(length: float) -> int:
    return min(max(round(length), 1), LONGEST)


def _kind(data: bytes) -> tuple[str, str] | None:
    head = data[:_HEAD]
    if head.startswith(_EBML):
        tracks = {name[: length[0] & 0x7F] for length, name in _WEBM_TRACK.findall(head)}
        sound_alone = bool(tracks) and tracks <= {b"A_OPUS", b"A_VORBIS"}
        return WEBM if b"webm" in head[:64] and sound_alone else None
    if head.startswith(_OGG):
        sound_alone = b"OpusHead" in head[:64] or b"\x01vorbis" in head[:64]
        return ("audio/ogg", ".ogg") if sound_alone else None
    if head[4:8] == _FTYP:  # where a file is no stream, its tracks may be told at its end
        return ("audio/mp4", ".m4a") if set(_MP4_TRACK.findall(data)) == {b"soun"} else None
    return None


def seconds(text: str | None) -> int | None:
    """How long it is, as the phone that made it counted; a file that was chosen says nothing."""
    said = (text or "").strip()
    if not said.isascii() or not said.isdecimal() or len(said) > 3:
        return None
    return _seconds(int(said))
