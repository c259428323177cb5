"""WebM as a browser writes it down while somebody speaks: it does not know yet how long it will be, and never says.

A player that does not hear the length lets nobody jump within it; so we count it, and write it where it belongs.
Source: RFC 8794 (EBML), RFC 9559 (Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final, NamedTuple

_SEGMENT, _INFO, _SCALE, _DURATION = 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489
_CLUSTER, _GROUP, _TIME, _BLOCKS = 0x1F43B675, 0xA0, 0xE7, (0xA3, 0xA1)
_PLACES: Final = (0x114D9B74, 0x1C53BB6B)
"""Elements that say at which byte others stand: nothing may be put before those."""
_OPEN: Final = (_SEGMENT, _INFO, _CLUSTER, _GROUP)
"""Elements that are looked into."""
_MOST: Final = 20_000
"""Elements that are looked at; a minute has some three thousand."""
_MILLISECOND: Final = b"\x0f\x42\x40"
_LAST_MS: Final = 60
"""What the last block holds at most."""
_LONGEST_BODY: Final = 0x7E
"""Bytes of an element whose size is told in one."""


class _Element(NamedTuple):
    """Where it stands in the data; `size` is None for one that goes on until the next of its kind."""

    id: int
    told_at: int
    body: int
    size: int | None


def counted(data: bytes) -> tuple[bytes, float | None]:
    """The recording with its length in it, and that in seconds; as it was, and None, where that cannot be told."""
    info: _Element | None = None
    start = last = 0
    for element in _elements(data):
        body = data[element.body : element.body + (element.size or 0)]
        if element.id in (_DURATION, *_PLACES) or (element.id == _SCALE and body != _MILLISECOND):
            return data, None
        if element.id == _SEGMENT and element.size is not None:
            return data, None
        if element.id == _INFO:
            info = element
        elif element.id == _TIME:
            start = int.from_bytes(body)
        elif element.id in _BLOCKS and len(body) > 4:
            last = max(last, start + int.from_bytes(body[1:3], signed=True))
    if info is None or not last:
        return data, None
    length = last + _LAST_MS
    return _with_length(data, info, length), length / 1000


def _elements(data: bytes) -> Iterator[_Element]:
    """All of them in their order, up to where the data ends or is no EBML."""
    at = 0
    for _ in range(_MOST):
        id_length = _leading(data, at, most=4)
        told_at = at + id_length
        size_length = _leading(data, told_at, most=8) if id_length else 0
        if not size_length:
            return
        name, body = int.from_bytes(data[at:told_at]), told_at + size_length
        size = int.from_bytes(data[told_at:body]) & ((1 << 7 * size_length) - 1)
        endless = size == (1 << 7 * size_length) - 1
        if endless and name not in _OPEN:
            return
        yield _Element(name, told_at, body, None if endless else size)
        at = body if name in _OPEN else body + size


def _leading(data: bytes, at: int, *, most: int) -> int:
    """How many bytes the number that begins here has, by its leading zeros; 0 where there is none."""
    if at >= len(data) or not data[at]:
        return 0
    length = 9 - data[at].bit_length()
    return length if length <= most and at + length <= len(data) else 0


def _with_length(data: bytes, info: _Element, length_ms: int) -> bytes:
    told = _DURATION.to_bytes(2) + b"\x88" + struct.pack(">d", length_ms)
    if info.size is None or info.body - info.told_at != 1 or info.size + len(told) > _LONGEST_BODY:
        return data
    end = info.body + info.size
    size = bytes([0x80 | (info.size + len(told))])
    return data[: info.told_at] + size + data[info.body : end] + told + data[end:]
