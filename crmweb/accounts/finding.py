"""By which words people are found: without accents, words in any order, each the beginning of one."""

from __future__ import annotations

import re

from sqlalchemy import String

from crmweb.names import fold

LONGEST = 80
MOST_WORDS = 6

BY_BYTES = String(500).with_variant(String(500, collation="C"), "postgresql")
"""So that both databases put names in the same order."""


def search_text(name: str, email: str | None, phone: str | None) -> str:
    """What is kept of a person to find them by: folded words, each after a space, the name first."""
    words = (fold(name)[:200], fold(email or ""), national(phone or ""))
    return " " + " ".join(word for word in words if word)


def national(number: str) -> str:
    """The digits of a number, a Vietnamese one as it is dialled at home."""
    digits = "".join(re.findall("[0-9]", number))
    return f"0{digits[2:]}" if re.fullmatch(r"84\d{9}", digits) else digits


def patterns(typed: str) -> list[str]:
    """LIKE patterns that must all fit; `fold` leaves nothing that LIKE would read as its own."""
    typed = typed.strip()[:LONGEST]
    if re.fullmatch(r"[+0-9\s().\-]{6,}", typed):
        return [f"% {national(typed)}%"]
    words = sorted(dict.fromkeys(fold(typed).split()), key=len, reverse=True)
    return [f"% {word}%" for word in words[:MOST_WORDS]]
