"""Passwords: argon2id, a few rules that help, and no composition rules (OWASP ASVS 5.0, V6)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crmweb.languages import gettext as _

SHORTEST, LONGEST = 12, 128
COMMON = frozenset(
    [
        "password1234",
        "123456789012",
        "qwertyuiop12",
        "matkhau123456",
        "matkhau12345",
        "111111111111",
        "000000000000",
        "abcdefghijkl",
        "iloveyou1234",
        "administrator",
        "passwordpassword",
        "letmein12345",
        "welcome12345",
        "changeme1234",
        "1q2w3e4r5t6y",
        "anhyeuem1234",
        "emyeuanh1234",
        "vietnam12345",
        "crmwebcrmweb",
        "salesforce12",
        "khachhang123",
    ]
)

_hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
_at_once = BoundedSemaphore(2)
"""Hashing takes 19 MiB and a core: more at once would let a stranger fill the machine."""


def _prepared(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(_prepared(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the one stored; takes as long for a person without one."""
    with _at_once:
        try:
            _hasher.verify(stored or _nobody(), _prepared(password))
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("a person who does not exist")


def flaw(password: str, *context: str) -> str | None:
    """What is wrong with a new password, in words, or None. `context` is what others know: name, email."""
    lowered = _prepared(password).casefold()
    if len(password) < SHORTEST:
        return _("Use at least %(count)s characters. A short sentence is good.", count=SHORTEST)
    if len(password) > LONGEST:
        return _("Use at most %(count)s characters.", count=LONGEST)
    if lowered in COMMON or len(set(lowered)) < 5:
        return _("Too easy to guess. Choose words that only you would put together.")
    if any(word in lowered for part in context for word in part.casefold().split("@")[:1] if len(word) > 3):
        return _("Leave your name and email out of the password.")
    return None
