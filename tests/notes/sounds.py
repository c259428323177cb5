"""Recordings as containers tell of them; nobody hears these, the browser's stories make real ones."""

from __future__ import annotations

WEBM = b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm\x18\x53\x80\x67\x01\xff\xff\xff\xff\xff\xff\xff"
WEBM_OPUS = WEBM + b"\x16\x54\xae\x6b\xbf\x86\x86A_OPUSV_" + bytes(range(256)) * 8
OGG_OPUS = b"OggS\x00\x02" + bytes(22) + b"OpusHead\x01\x01" + bytes(500)


def mp4(*tracks: bytes) -> bytes:
    """One whose tracks are told at its end, as a file of a phone's recorder may be."""
    told = b"".join(b"\0\0\0\x20hdlr" + bytes(8) + track + bytes(12) for track in tracks)
    return b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42" + bytes(5000) + told


M4A = mp4(b"soun")
