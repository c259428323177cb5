"""Finding a customer as one types: without accents, by name, code, address, tax number or the end of a phone number."""

from __future__ import annotations

from crmweb.names import fold

TAILS = range(3, 10)
"""How many last digits of a number one may type."""


def search_text(*texts: str | None, numbers: list[str]) -> str:
    """All by which a customer is found: folded words, each after a space, and the tails of the numbers."""
    words = fold(" ".join(text for text in texts if text))
    tails = dict.fromkeys(tail for number in numbers for tail in _tails(number))
    return " " + " ".join([words, *tails])


def _tails(number: str) -> list[str]:
    digits = "".join(filter(str.isdigit, number))
    national = "0" + digits.removeprefix("84") if digits.startswith("84") else digits
    return [national, *(digits[-length:] for length in TAILS if length < len(digits))]
