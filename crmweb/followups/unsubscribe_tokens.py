"""The signed word in an unsubscribe link: which follow-up it came with. Short, since an SMS carries it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from typing import Final

from crmweb.config import current_settings

SEAL: Final = 10
"""Bytes of the seal: 80 bits, which nobody guesses over a network."""


def token_for(followup_id: uuid.UUID) -> str:
    """35 characters that only we can make."""
    raw = followup_id.bytes + seal("unsubscribe", followup_id.bytes)
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def followup_of(token: str) -> uuid.UUID | None:
    """The follow-up that a token came with; None for what we did not make."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + SEAL or base64.urlsafe_b64encode(raw).decode().rstrip("=") != token:
        return None
    return uuid.UUID(bytes=raw[:16]) if is_ours(raw[16:], "unsubscribe", raw[:16]) else None


def seal(purpose: str, content: bytes) -> bytes:
    """What only we can put beside a content, for one purpose."""
    return next(_seals(purpose, content))


def is_ours(sealed: bytes, purpose: str, content: bytes) -> bool:
    """Whether we put it there, with the key in force or one before it: letters long sent go on to work."""
    return any(hmac.compare_digest(sealed, ours) for ours in _seals(purpose, content))


def _seals(purpose: str, content: bytes) -> Iterator[bytes]:
    settings = current_settings()
    for secret in (settings.secret_key, *settings.old_secret_keys):
        yield hmac.digest(f"{purpose} {secret}".encode(), content, hashlib.sha256)[:SEAL]
