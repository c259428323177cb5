"""Secrets that must be read again: sealed under keys that come from SECRET_KEY, one for each purpose.

Sources: HKDF (RFC 5869), AES-GCM (NIST SP 800-38D). A key is changed with overlap: what a former one of SECRET_KEY_OLD
sealed opens still, and is sealed anew when it is used.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator

from crmweb.config import current_settings

_NONCE = 12
"""Bytes; random ones repeat after some billions of seals under one key."""


def seal(content: bytes, purpose: str, *, bound_to: bytes) -> bytes:
    """Encrypted under the key in force; opens only beside what it is bound to, such as its row's id."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE)
    return nonce + AESGCM(next(_keys(purpose))).encrypt(nonce, content, bound_to)


def unseal(sealed: bytes, purpose: str, *, bound_to: bytes) -> tuple[bytes, bool] | None:
    """What was sealed, and whether by the key in force; None where no key opens it.

    Imported inside: few requests need it, and it is megabytes.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    for number, key in enumerate(_keys(purpose)):
        try:
            content = AESGCM(key).decrypt(sealed[:_NONCE], sealed[_NONCE:], bound_to)
        except InvalidTag:
            continue
        return content, number == 0
    return None


def fingerprints(content: bytes, purpose: str) -> list[bytes]:
    """How something short is kept that is only compared: by each key, the one in force first.

    Without the key nobody finds it by trying all there are.
    """
    return [hmac.digest(key, content, hashlib.sha256) for key in _keys(purpose)]


def _keys(purpose: str) -> Iterator[bytes]:
    settings = current_settings()
    for secret in (settings.secret_key, *settings.old_secret_keys):
        extracted = hmac.digest(bytes(32), secret.encode(), hashlib.sha256)
        yield hmac.digest(extracted, f"crmweb {purpose}".encode() + b"\x01", hashlib.sha256)
