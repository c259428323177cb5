"""The key by which push services know us (VAPID, RFC 8292), and what it signs.

It is made when push is first needed and kept with the data, unless a setting names one. Phones subscribe with its
public half: with another key their subscriptions are worth nothing.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from functools import lru_cache
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from crmweb.clock import now
from crmweb.config import VAPID_KEY, Settings
from crmweb.kept import kept

VALID_FOR: Final = timedelta(hours=12)
"""Push services take up to a day; a phone's operator may be strict about clocks."""
RENEWED_AFTER: Final = timedelta(hours=6)


def base64url(raw: bytes) -> str:
    """Without the signs that only fill up (RFC 7515, appendix C)."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Vapid:
    """One key, and the authorisations that it signed. ``contact`` is whom push services may write to."""

    def __init__(self, private: str, contact: str) -> None:
        number = int.from_bytes(base64.urlsafe_b64decode(private + "="))
        self._private = ec.derive_private_key(number, ec.SECP256R1())
        self._contact = contact
        self._signed: dict[str, tuple[float, str]] = {}
        self.public = base64url(
            self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        )

    def authorization(self, audience: str) -> str:
        """The header for messages to an origin, port and all. Signing costs more than encrypting, so one is used for
        hours.
        """
        at = now().timestamp()
        signed_at, header = self._signed.get(audience, (0.0, ""))
        if not header or not 0 <= at - signed_at < RENEWED_AFTER.total_seconds():
            claims = {"aud": audience, "exp": int(at + VALID_FOR.total_seconds()), "sub": self._contact}
            header = f"vapid t={jwt.encode(claims, self._private, algorithm='ES256')}, k={self.public}"
            self._signed[audience] = (at, header)
        return header

    @property
    def pems(self) -> tuple[bytes, bytes]:
        """The private and the public half as PEM."""
        private = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = self._private.public_key()
        return private, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def vapid(settings: Settings) -> Vapid:
    """The key of these settings, made and kept if there is none yet."""
    return _read(settings.vapid_private_key or kept(settings.home / VAPID_KEY, _made), settings.push_contact)


@lru_cache(maxsize=4)
def _read(private: str, contact: str) -> Vapid:
    return Vapid(private, contact)


def _made() -> str:
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64url(number.to_bytes(32))
