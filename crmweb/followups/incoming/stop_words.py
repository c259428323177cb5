"""Answers that say nothing but: no more of this. In English, and in Vietnamese with and without its accents.

Sources: CTIA, Messaging Principles and Best Practices, 5.1.3 (STOP and its like); decree 91/2020/ND-CP, article 16 (TC,
from từ chối, and the words that advertisers have to take).
"""

from __future__ import annotations

import re
from typing import Final

from crmweb.followups.segments import without_accents

_WORDS: Final = frozenset(
    (
        "stop", "stop all", "stopall", "stop sms", "unsubscribe", "opt out", "optout", "quit", "end", "no more",
        "no more messages", "huy", "huy bo", "huy qc", "huy tin", "huy sms", "tu choi", "tuchoi", "tu choi qc",
        "tu choi nhan tin", "tc", "tc qc", "khong nhan tin", "khong nhan tin nua", "khong nhan nua",
        "dung nhan tin", "dung gui", "dung gui nua", "dung gui tin", "dung gui tin nua", "ngung nhan tin",
    )
)  # fmt: skip
_LONGEST: Final = 60
_SIGNS: Final = re.compile(r"[\W_]+")
_POLITE: Final = re.compile(
    r"^(?:please|pls|xin|vui long|lam on)\s|\s(?:please|pls|nhe|nha|a|di|thanks|cam on)$"
)


def wants_no_more(text: str) -> bool:
    """Whether a whole answer is such a word. A sentence that holds one is for a person to read."""
    if len(text) > _LONGEST:
        return False
    plain = _SIGNS.sub(" ", without_accents(text).casefold()).strip()
    return plain in _WORDS or _POLITE.sub("", plain).strip() in _WORDS
