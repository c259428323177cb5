"""What a browser hands over when it subscribes to push, checked: where to push to, and the keys to encrypt for."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PUSH_SERVICES: Final = (
    "fcm.googleapis.com",  # Chrome, Opera, Samsung, and Edge on Android
    "jmt17.google.com",  # some Chromes
    "push.services.mozilla.com",
    "push.apple.com",
    "notify.windows.com",  # Edge
)
"""The hosts of the browsers' push services; what stands before them with a dot is theirs, too."""

LONGEST: Final = 1000

_ENDPOINT: Final = re.compile(r"https://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::443)?/[!-\"$-\[\]-~]*")
_HOST_FITS: Final = 100

# The curve P-256 (FIPS 186-5, SP 800-186 3.2.1.3): y² = x³ − 3x + B modulo P.
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


class BadEndpoint(ValueError):
    """This is nothing that we push to."""


@dataclass(frozen=True)
class Endpoint:
    """Where one browser gets its messages (RFC 8030), and its keys (RFC 8291) in base64url.

    ``host`` names the push service, with its port where that is not 443.
    """

    url: str
    host: str
    p256dh: str
    auth: str

    @classmethod
    def read(cls, url: str, p256dh: str, auth: str, services: Iterable[str] = ()) -> Endpoint:
        """Checked, before it is kept and again before each message. ``services`` are hosts beside the known ones,
        and origins on loopback. Raises BadEndpoint.
        """
        host = _host_of(url, tuple(services))
        point, secret = _bytes(p256dh), _bytes(auth)
        if not _on_the_curve(point):
            raise BadEndpoint("p256dh is no point of P-256")
        if len(secret) != 16:
            raise BadEndpoint("auth has 16 bytes")
        return cls(url, host, _text(point), _text(secret))

    @property
    def origin(self) -> str:
        """Scheme, host and port, as the signature names them (RFC 8292, ``aud``)."""
        return "/".join(self.url.split("/", 3)[:3]).removesuffix(":443")


def _host_of(url: str, services: tuple[str, ...]) -> str:
    """The push service, if it is one that we know. Raises BadEndpoint."""
    if len(url) > LONGEST:
        raise BadEndpoint("no endpoint is so long")
    for inside in services:
        if inside.startswith("http://") and url.startswith(f"{inside}/"):
            return inside.removeprefix("http://")
    match = _ENDPOINT.fullmatch(url)
    if not match or len(match[1]) > _HOST_FITS:
        raise BadEndpoint("an endpoint is a plain https address on port 443")
    host = match[1]
    if not any(host == known or host.endswith(f".{known}") for known in (*PUSH_SERVICES, *services)):
        raise BadEndpoint(f"{host} is no push service that we know")
    return host


def _bytes(text: str) -> bytes:
    plain = text.strip().rstrip("=").translate(str.maketrans("+/", "-_"))
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as wrong:
        raise BadEndpoint("its keys are not in base64url") from wrong


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _on_the_curve(point: bytes) -> bool:
    """Whether these are 65 bytes that hold an uncompressed point; any other would give our side of the secret away."""
    if len(point) != 65 or point[0] != 4:
        return False
    x, y = int.from_bytes(point[1:33]), int.from_bytes(point[33:])
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0
