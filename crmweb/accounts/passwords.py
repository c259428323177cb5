"""Passwords: argon2id, a few rules that help, and no composition rules (OWASP ASVS 5.0, V6)."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crmweb.languages import gettext as _
from crmweb.names import fold, stream_safe

SHORTEST, LONGEST = 12, 128
PRODUCT = "crmweb"
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

NOBODYS = "$argon2id$v=19$m=19456,t=2,p=1$Gt+aq6qNpJ9JJJrqcTtsjw$wP+vsvIaRuRXdeoa32HhkjwYuOg6awDPj+/VxYpVF6E"
"""What is worked through for people who are not there, so that they take as long."""


def _prepared(password: str) -> str:
    return unicodedata.normalize("NFKC", stream_safe(password))


def hash_password(password: str) -> str:
    with _at_once:
        return _hasher.hash(_prepared(password))


def matches(password: str, stored: str | None) -> bool:
    """Whether the password is the one stored; takes as long for a person without one."""
    with _at_once:
        try:
            _hasher.verify(stored or NOBODYS, _prepared(password))
        except (VerificationError, InvalidHashError):
            return False
    return bool(stored)


def flaw(password: str, *context: str) -> str | None:
    """What is wrong with a new password, in words, or None. `context` is what others know: name, email."""
    prepared = _prepared(password)
    if len(prepared) < SHORTEST:
        return _("Use at least %(count)s characters. A short sentence is good.", count=SHORTEST)
    if len(password) > LONGEST or len(prepared) > LONGEST:
        return _("Use at most %(count)s characters.", count=LONGEST)
    if _easy(prepared.casefold()):
        return _("Too easy to guess. Choose words that only you would put together.")
    if _names_somebody(prepared, context):
        return _("Leave your name and email out of the password.")
    return None


def _easy(lowered: str) -> bool:
    """Known, named for us, of few letters, or a short word over and over."""
    return (
        lowered in COMMON
        or PRODUCT in lowered
        or len(set(lowered)) < 5
        or lowered in lowered[1:] + lowered[:-1]
    )


def _names_somebody(password: str, context: tuple[str, ...]) -> bool:
    """Whether it is made of what everybody knows; case, accents and spaces hide nothing."""
    plain = fold(password).replace(" ", "")
    known = [fold(part.partition("@")[0]) for part in context]
    words = [word for part in known for word in (part.replace(" ", ""), *part.split())]
    return any(len(word) > 3 and word in plain for word in words)
