"""Passwords: argon2id, a few rules that help, and no composition rules (OWASP ASVS 5.0, V6)."""

from __future__ import annotations

import unicodedata
from threading import BoundedSemaphore, Lock

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from crmweb.languages import gettext as _
from crmweb.names import fold, stream_safe

SHORTEST, LONGEST = 12, 128
JUDGED = 64
"""Characters that are judged: enough for any sentence, and a tenth of a second for the worst of them."""

PRODUCT = "crmweb"
GUESSES = 10**8
"""Tries that a password must cost somebody who knows what people choose."""

AROUND_HERE = (
    "matkhau anhyeuem emyeuanh yeuem yeuanh toiyeu giadinh khachhang congty banhang dangnhap giamdoc quanly "
    "vietnam saigon hanoi danang haiphong cantho hochiminh nguyen tran pham hoang huynh phan dang ngo duong xinchao "
    "password passw0rd salesforce salesman customer admin"
)
"""What people here choose and zxcvbn's lists, which are of English, do not have; without accents."""

_hasher = PasswordHasher(memory_cost=19 * 1024, time_cost=2, parallelism=1)
_one_judged = Lock()
"""zxcvbn keeps the words that it is told in one place for all threads."""

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
    if _easy(prepared.casefold(), context):
        return _("Too easy to guess. Choose words that only you would put together.")
    if _names_somebody(prepared, context):
        return _("Leave your name and email out of the password.")
    return None


def _easy(lowered: str, context: tuple[str, ...]) -> bool:
    """Named for us, of few letters, a short word over and over, or soon found by who knows what people choose."""
    return (
        PRODUCT in lowered
        or len(set(lowered)) < 5
        or lowered in lowered[1:] + lowered[:-1]
        or min(_guesses(lowered, context), _guesses(fold(lowered).replace(" ", ""), context)) < GUESSES
    )


def _guesses(password: str, context: tuple[str, ...]) -> float:
    """How many tries a password costs by Wheeler's estimate (zxcvbn, USENIX Security 2016).

    Imported here: its lists take 14 MB, and few processes ever see a new password.
    """
    from zxcvbn import zxcvbn

    known = [PRODUCT, *AROUND_HERE.split(), *(word for part in context for word in fold(part).split())]
    with _one_judged:
        return float(zxcvbn(password[:JUDGED], user_inputs=known)["guesses"])


def _names_somebody(password: str, context: tuple[str, ...]) -> bool:
    """Whether it is made of what everybody knows; case, accents and spaces hide nothing."""
    plain = fold(password).replace(" ", "")
    known = [fold(part.partition("@")[0]) for part in context]
    words = [word for part in known for word in (part.replace(" ", ""), *part.split())]
    return any(len(word) > 3 and word in plain for word in words)
