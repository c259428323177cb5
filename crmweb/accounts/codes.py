"""The code on a card, which somebody types: short, read in one way only, and untouched by a Vietnamese keyboard."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

from crmweb.config import current_settings

ALPHABET: Final = "23456789CFHJKLMNPQRTVX"
"""No vowels, D or W, which Telex and VNI turn into other letters (`DD` is `Đ`), and none of two that look alike."""

LOOK_ALIKES: Final = str.maketrans("ZSBG", "2586")
"""What is easily read for a digit stands for it."""

LENGTH: Final = 12
"""Signs: 22 to the 12th are 53 bits."""

LONGEST: Final = 60
"""Characters that are looked at, with all that somebody puts between."""


def new_code() -> str:
    """A fresh one, as it is printed: `4KFT-9XRH-27QM`."""
    signs = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(signs[at : at + 4] for at in range(0, LENGTH, 4))


def code_hash(typed: str) -> bytes | None:
    """How a code is kept; None for what cannot be one. Case, spaces and dashes do not count.

    Under our key: 53 bits alone would be tried out by whoever got hold of the database.
    """
    signs = "".join(sign for sign in unicodedata.normalize("NFKC", typed[:LONGEST]).upper() if sign.isalnum())
    signs = signs.translate(LOOK_ALIKES)
    if len(signs) != LENGTH or not set(signs) <= set(ALPHABET):
        return None
    return hmac.digest(f"card {current_settings().secret_key}".encode(), signs.encode(), hashlib.sha256)
