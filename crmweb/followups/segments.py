"""How many messages an SMS costs, and the same words without accents.

Source: 3GPP TS 23.038, 6.2.1 (the default alphabet and its extension) and TS 23.040, 9.2.3.24.1 (the parts of a long
message are shorter, for they carry their number).
"""

from __future__ import annotations

import unicodedata
from typing import Final, NamedTuple

_DEFAULT: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")
_PLAIN: Final = str.maketrans(
    {"đ": "d", "Đ": "D", "“": '"', "”": '"', "‘": "'", "’": "'", "–": "-", "—": "-", "…": "..."}
)


class Segments(NamedTuple):
    """`units` of the alphabet (septets, or 16 bits each) in `messages`; `plain`: of the cheap alphabet."""

    messages: int
    units: int
    plain: bool


def segments(text: str) -> Segments:
    """What it costs to send a text."""
    if all(char in _DEFAULT or char in _EXTENDED for char in text):
        units = len(text) + sum(char in _EXTENDED for char in text)
        return Segments(_parts(units, 160, 153), units, plain=True)
    units = len(text.encode("utf-16-be")) // 2
    return Segments(_parts(units, 70, 67), units, plain=False)


def _parts(units: int, alone: int, each: int) -> int:
    return 1 if units <= alone else -(-units // each)


def without_accents(text: str) -> str:
    """`Chào chị Hạnh` → `Chao chi Hanh`: read as well, and half as dear or less."""
    apart = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return unicodedata.normalize("NFC", "".join(char for char in apart if not unicodedata.combining(char)))
