"""When the certificate of an address ends, asked as a browser does."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC, datetime
from typing import Final

WITHIN: Final = 5.0
"""Seconds for each step: nobody waits for this but the clock."""


class NotRead(Exception):
    """Nobody answered, or not in TLS."""


class NotTrusted(Exception):
    """It is not for this host, is over, or nobody vouches for it."""


def ends_at(host: str, port: int) -> datetime:
    """When it ends. Raises `NotRead`, `NotTrusted`."""
    context = ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), timeout=WITHIN) as plain,
            context.wrap_socket(plain, server_hostname=host) as secure,
        ):
            told = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as wrong:
        raise NotTrusted(wrong.verify_message) from wrong
    except (OSError, ValueError) as away:
        raise NotRead(getattr(away, "strerror", None) or type(away).__name__) from away
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC)
