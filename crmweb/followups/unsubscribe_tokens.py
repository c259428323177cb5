"""The signed word in an unsubscribe link: which follow-up it came with. Short, since an SMS carries it."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import uuid
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
    if len(raw) != 16 + SEAL or not hmac.compare_digest(raw[16:], seal("unsubscribe", raw[:16])):
        return None
    found = uuid.UUID(bytes=raw[:16])
    return found if token_for(found) == token else None


def seal(purpose: str, content: bytes) -> bytes:
    """What only we can put beside a content, for one purpose."""
    key = f"{purpose} {current_settings().secret_key}".encode()
    return hmac.digest(key, content, hashlib.sha256)[:SEAL]
