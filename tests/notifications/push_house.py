"""A push service on loopback and the browsers that subscribed there: really asked, and really decrypted for.

What the service checks and the browser opens is written down here from RFC 8030, 8188, 8291 and 8292, without the
package that encrypts.
"""

from __future__ import annotations

import base64
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message as Headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Says:
    """What the service answers; ``hangs`` seconds later."""

    status: int = 201
    headers: dict[str, str] = field(default_factory=dict)
    hangs: float = 0.0


@dataclass
class Got:
    """One message as it came."""

    path: str
    headers: Headers
    content: bytes


class PushService:
    """Takes messages on a port of its own; says in turn what ``answers`` holds, then 201."""

    def __init__(self) -> None:
        self.got: list[Got] = []
        self.answers: list[Says] = []
        self.usual = Says()
        self._server = _Server(("127.0.0.1", 0), _Desk)
        self._server.service = self
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, got: Got) -> Says:
        """A message came: what to answer."""
        self.got.append(got)
        return self.answers.pop(0) if self.answers else self.usual


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    service: PushService


class _Desk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        service = cast(_Server, self.server).service
        content = self.rfile.read(int(self.headers["Content-Length"]))
        says = service.take(Got(self.path, self.headers, content))
        time.sleep(says.hangs)
        self.send_response(says.status)
        for name, value in {"Content-Length": "0", **says.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: it is a test."""


class Browser:
    """One that subscribed: it alone can open what is sent to it."""

    def __init__(self, service: PushService, name: str = "a") -> None:
        self.endpoint = f"{service.origin}/wpush/{name}"
        self._private = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        self._public = self._private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.p256dh, self.auth = base64url(self._public), base64url(self._auth)

    @property
    def form(self) -> dict[str, str]:
        """What it hands over."""
        return {"endpoint": self.endpoint, "p256dh": self.p256dh, "auth": self.auth}

    def opened(self, content: bytes) -> dict[str, Any]:
        """What a message says (RFC 8188 in one record, with the keys of RFC 8291)."""
        salt, size, length = content[:16], int.from_bytes(content[16:20]), content[20]
        theirs, sealed = content[21 : 21 + length], content[21 + length :]
        assert len(content) <= 4096
        assert len(sealed) <= size
        key, nonce = self._keys(salt, theirs)
        plain = AESGCM(key).decrypt(nonce, sealed, None)
        text, delimiter, padding = plain.rpartition(b"\x02")
        assert delimiter
        assert not padding.strip(b"\0")
        said: dict[str, Any] = json.loads(text)
        return said

    def _keys(self, salt: bytes, theirs: bytes) -> tuple[bytes, bytes]:
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        secret = self._private.exchange(ec.ECDH(), point)
        shared = _hkdf(self._auth, secret, b"WebPush: info\0" + self._public + theirs, 32)
        return (
            _hkdf(salt, shared, b"Content-Encoding: aes128gcm\0", 16),
            _hkdf(salt, shared, b"Content-Encoding: nonce\0", 12),
        )


def _hkdf(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def signed_by(headers: Headers, origin: str) -> tuple[str, dict[str, Any]]:
    """The key that signed a message for this push service, and what it says; raises when anything is wrong."""
    token, _, key = str(headers["Authorization"]).removeprefix("vapid t=").partition(", k=")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), from_base64url(key))
    return key, jwt.decode(token, public, algorithms=["ES256"], audience=origin)


@contextmanager
def open_service() -> Iterator[PushService]:
    service = PushService()
    yield service
    service.close()
