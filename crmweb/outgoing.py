"""HTTP to addresses that people or settings supply: to the open internet alone, pinned to what was checked.

Every address that a name resolves to is looked at, and the connection goes to one of those; nothing is resolved twice.
No redirects, no proxies, no cookies, and no more time than was given, however slowly the far end talks. httpcore (which
httpx stands on) is spoken to directly, since only there the way to connect can be given.
"""

from __future__ import annotations

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import urlsplit

import certifi
import httpcore
from flask import Flask, current_app

CONNECT_WITHIN: Final = 3.0
"""Seconds for finding a name's addresses, and again for connecting to one."""
WITHIN: Final = 10.0
"""Seconds for all of it."""
LONGEST_ANSWER: Final = 65_536
"""Bytes of an answer that are read."""
IDLE: Final = 30.0
"""Seconds that a connection stays open for the next message to the same place."""

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NOT_OUT_THERE: Final = [
    ipaddress.ip_network(block)
    for block in (
        "192.0.0.0/24",  # of protocols, RFC 6890; Python's own idea of it changed
        "::/96",  # IPv4-compatible, RFC 4291
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64, RFC 6052
        "64:ff9b:1::/48",  # local NAT64, RFC 8215
        "2001::/32",  # Teredo, RFC 4380
        "2002::/16",  # 6to4, RFC 3056
        "fec0::/10",  # site-local, RFC 3879
    )
]
"""What Python takes for global and is not: IPv6 that carries an IPv4 address in it, above all."""


class Refused(Exception):
    """We do not send there, now or later."""


class Unreachable(Exception):
    """It could not be asked, or gave no whole answer in time; it may work later."""


@dataclass(frozen=True)
class Answer:
    """What came back. ``headers`` have lower-case names; ``content`` is cut at ``LONGEST_ANSWER``."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Outgoing:
    """The way out, for any number of threads. Plain http goes to origins on loopback alone that were allowed."""

    def __init__(self) -> None:
        self._inside: set[str] = set()

    def allow_inside(self, origin: str) -> None:
        """Let an origin on loopback be asked, such as ``http://127.0.0.1:8025``. Raises ValueError for no origin."""
        target = httpcore.URL(origin)
        if target.scheme != b"http" or target.target not in (b"", b"/") or "@" in origin:
            raise ValueError(f"{origin} is not an origin in plain http")
        self._inside.add(str(target.origin))

    def close(self) -> None:
        """End the connections that are kept open for more."""
        self._pool.close()

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        """Made when it is needed: reading the authorities' certificates takes 50 ms."""
        trusted = ssl.create_default_context()
        trusted.load_verify_locations(certifi.where())  # where the system has none
        return httpcore.ConnectionPool(
            ssl_context=trusted,
            max_connections=None,  # who hangs at one place must not hold up another
            max_keepalive_connections=50,
            keepalive_expiry=IDLE,
            network_backend=_Guarded(self._inside),
        )

    def send(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        within: float = WITHIN,
    ) -> Answer:
        """One request and its answer, whatever its status, within so many seconds.

        Raises Refused for an address that is not out in the open, Unreachable when there was no answer.
        """
        target = self._checked(url)
        _deadline.at = time.monotonic() + within
        try:
            with self._pool.stream(
                method, target, headers=_headers(target, headers), content=content
            ) as answer:
                return Answer(answer.status, _named(answer.headers), _read(answer))
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Unreachable(f"{_host(target)}: {str(error) or type(error).__name__}") from error

    def _checked(self, url: str) -> httpcore.URL:
        """Its parts, read once for all. Raises Refused."""
        if not url.isascii() or not url.isprintable() or " " in url or "\\" in url or "#" in url:
            raise Refused("this is no address")
        try:
            target = httpcore.URL(url)
            origin = str(target.origin)
        except (ValueError, KeyError, UnicodeError) as wrong:
            raise Refused("this is no address") from wrong
        if "@" in urlsplit(url).netloc or not target.host:
            raise Refused("an address names a host, and nobody who signs in there")
        if target.scheme != b"https" and origin not in self._inside:
            raise Refused("only https leaves the house")
        return target


def _headers(target: httpcore.URL, headers: Mapping[str, str] | None) -> list[tuple[str, str]]:
    return [("User-Agent", "crmweb"), ("Accept", "*/*"), *(headers or {}).items()]


def _named(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}


def _read(answer: httpcore.Response) -> bytes:
    content = b""
    for part in answer.iter_stream():
        content += part
        if len(content) >= LONGEST_ANSWER:
            break
    return content[:LONGEST_ANSWER]


def _host(target: httpcore.URL) -> str:
    return target.host.decode("ascii")


# --- connecting -------------------------------------------------------------------------------------

_deadline = threading.local()
"""When the request of this thread must be over; a request is sent and read by the thread that asked."""


def _left(most: float | None = None) -> float:
    """Seconds that this thread's request still has. Raises httpcore.ReadTimeout when there are none."""
    left: float = _deadline.at - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("it took too long")
    return left if most is None else min(left, most)


class _Guarded(httpcore.NetworkBackend):
    """Connects to nothing but what was looked at."""

    def __init__(self, inside: set[str]) -> None:
        self._inside = inside
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """To the first of the host's addresses that answers."""
        addresses = _resolved(host, port)
        ours = f"http://{host}:{port}" in self._inside
        for address in addresses:
            if not (ours and address.is_loopback):
                refuse_inside(address)
        return self._first(addresses, port)

    def _first(self, addresses: list[Address], port: int) -> httpcore.NetworkStream:
        for at, address in enumerate(addresses, start=1):
            try:
                stream = self._network.connect_tcp(str(address), port, timeout=_left(CONNECT_WITHIN))
                return _Timed(stream)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if at == len(addresses):
                    raise
        raise httpcore.ConnectError("the name has no address")


def refuse_inside(address: Address) -> None:
    """Raises Refused for what is not out in the open internet."""
    special = any(address in block for block in _NOT_OUT_THERE)  # of the other version, never
    if special or not address.is_global or address.is_multicast or address.is_reserved:
        raise Refused(f"{address} is not on the open internet")


def _resolved(host: str, port: int) -> list[Address]:
    """Every address of a name, in the system's order. A resolver that hangs is not waited for."""
    found: queue.SimpleQueue[list[Address] | OSError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.put([ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows])
        except (OSError, UnicodeError) as error:
            found.put(OSError(str(error)))

    threading.Thread(target=look_up, daemon=True).start()
    try:
        answer = found.get(timeout=_left(CONNECT_WITHIN))
    except queue.Empty:
        raise httpcore.ConnectTimeout("its name was not found in time") from None
    if isinstance(answer, OSError):
        raise httpcore.ConnectError(str(answer))
    return answer


class _Timed(httpcore.NetworkStream):
    """A connection on which each request has its own time, whatever httpcore would wait for a single word."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """See httpcore."""
        return self._stream.read(max_bytes, timeout=_left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """See httpcore."""
        self._stream.write(buffer, timeout=_left())

    def close(self) -> None:
        """See httpcore."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """See httpcore."""
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, timeout=_left()))

    def get_extra_info(self, info: str) -> Any:
        """See httpcore."""
        return self._stream.get_extra_info(info)


# --- of the app -------------------------------------------------------------------------------------


def outgoing() -> Outgoing:
    """The way out of the current app."""
    found: Outgoing = current_app.extensions["outgoing"]
    return found


def init_app(app: Flask) -> None:
    """Give ``app`` its way out."""
    app.extensions["outgoing"] = Outgoing()


def allow_inside(app: Flask, origin: str) -> None:
    """Let ``app`` ask an origin on loopback, which a setting names: in development and tests alone."""
    if app.extensions["settings"].env != "production":
        app.extensions["outgoing"].allow_inside(origin)
