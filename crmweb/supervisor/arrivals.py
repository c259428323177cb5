"""How much of a request has come: what the web server asks before it gives the request to a thread.

It only judges when a request is whole. What it says is read by gunicorn's own parser, from the same bytes and no
others, so that a misjudged request is refused and never read in two ways.
"""

from __future__ import annotations

import re
from time import monotonic
from typing import Final

from crmweb.web import LARGEST_UPLOAD

HEAD_WITHIN, ALL_WITHIN = 10.0, 60.0
"""Seconds for the head and for the whole request; a phone at the edge of the net sends 150 KB in 60."""

SLOWEST: Final = 64 * 1024
"""Bytes a second at which a large body has to come: a photo as the camera made it, over a bad line."""

LARGEST_HEAD: Final = 64 * 1024
LONGEST_CHUNK_LINE: Final = 8190

_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r\n")
_CHUNK = re.compile(rb"([0-9a-f]{1,8})[ \t]*(?:;.*)?", re.IGNORECASE | re.DOTALL)


class Arrival:
    """One request on its way in."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.begun = monotonic()
        self.expects_word = False
        self._body_at = 0
        self._length: int | None = None
        self._chunk_at = 0

    @property
    def deadline(self) -> float:
        if not self._body_at:
            return self.begun + HEAD_WITHIN
        return self.begun + ALL_WITHIN + min(self._length or 0, LARGEST_UPLOAD) / SLOWEST

    @property
    def head_too_large(self) -> bool:
        return not self._body_at and len(self.data) > LARGEST_HEAD

    def take(self, more: bytes) -> None:
        seen = max(0, len(self.data) - len(_HEAD_ENDS) + 1)
        self.data += more
        if not self._body_at and (end := self.data.find(_HEAD_ENDS, seen)) >= 0:
            self._read_head(end + len(_HEAD_ENDS))

    def _read_head(self, end: int) -> None:
        head = bytes(self.data[:end]).lower()
        self._body_at = self._chunk_at = end
        self.expects_word = b"\r\nexpect: 100-continue\r\n" in head
        if b"\r\ntransfer-encoding:" not in head:
            said = _LENGTH.search(head)
            self._length = int(said[1]) if said else 0

    @property
    def whole(self) -> bool:
        """Whether the server has to wait for nothing more, be it because the rest is too large to be read."""
        if not self._body_at:
            return False
        come = len(self.data) - self._body_at
        if self._length is not None:
            return come >= self._length or self._length > LARGEST_UPLOAD
        return come > LARGEST_UPLOAD or self._last_chunk_came()

    def _last_chunk_came(self) -> bool:
        """RFC 9112, section 7.1. What is no chunk is whole, too: the parser says what is wrong with it."""
        while (end := self.data.find(b"\r\n", self._chunk_at)) >= 0:
            size = _CHUNK.fullmatch(bytes(self.data[self._chunk_at : end]))
            if size is None:
                return True
            if int(size[1], 16) == 0:
                return self.data.find(_HEAD_ENDS, end) >= 0 or self._too_long(end)
            self._chunk_at = end + 2 + int(size[1], 16) + 2
        return self._too_long(self._chunk_at)

    def _too_long(self, line_at: int) -> bool:
        return len(self.data) - line_at > LONGEST_CHUNK_LINE
