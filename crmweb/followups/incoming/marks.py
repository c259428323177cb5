"""The mark in the address to which answers and bounces of one message go: `answers+mark@example.com`.

Sources: RFC 5233 (subaddresses); VERP, D. J. Bernstein, 1997. In small letters and digits, since mail servers may
change the case of an address, and short: what stands before the @ has at most 64 characters (RFC 5321, 4.5.3.1.1).
"""

from __future__ import annotations

import base64
import binascii
import uuid
from typing import Final

from crmweb.config import current_settings
from crmweb.followups.unsubscribe_tokens import SEAL, is_ours, seal

LENGTH: Final = 42
"""Characters of a mark."""


def marked_address(followup_id: uuid.UUID) -> str:
    """Where to answer it; nothing where no mailbox of ours takes marks."""
    name, at, domain = current_settings().mail_in_address.partition("@")
    return f"{name}+{_mark(followup_id)}{at}{domain}" if at else ""


def marked(address: str) -> uuid.UUID | None:
    """The message that an address is marked with; None for what we did not make."""
    mark = address.rpartition("@")[0].rpartition("+")[2].lower()
    if len(mark) != LENGTH or not mark.isascii():
        return None
    try:
        raw = base64.b32decode(mark.upper() + "=" * (-LENGTH % 8))
    except binascii.Error:
        return None
    if len(raw) != 16 + SEAL or _text(raw) != mark:
        return None
    return uuid.UUID(bytes=raw[:16]) if is_ours(raw[16:], "answers", raw[:16]) else None


def _mark(followup_id: uuid.UUID) -> str:
    return _text(followup_id.bytes + seal("answers", followup_id.bytes))


def _text(raw: bytes) -> str:
    return base64.b32encode(raw).decode().rstrip("=").lower()
