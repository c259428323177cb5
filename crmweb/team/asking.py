"""What the addresses of the looks from above ask."""

from __future__ import annotations

from datetime import date

from flask import request

FIRST_DAY = date(2000, 1, 1)
LONGEST_NUMBER = 6


def asked_day(name: str = "day", *, until: date) -> date | None:
    """The date that the address asks for; None where it asks for none, or for one that no page shows."""
    try:
        asked_for = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return asked_for if FIRST_DAY <= asked_for <= until else None


def asked_number(name: str) -> int:
    """A page or a place that the address asks for; 0 where it asks for none, or for one that cannot be."""
    text = request.args.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER else 0
